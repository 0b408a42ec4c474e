//! A server that crashes and comes back.

use std::sync::Arc;

use maestro_core::{
    domain::WorkspaceId,
    ports::store::{Changed, EventStore},
};
use maestro_store_postgres_harness::{Cluster, Database};
use tokio::task::{self, JoinSet};

use crate::{
    log::Log,
    writing::{demand_versions, insist, save},
};

const VERSIONS: u32 = 300;

#[tokio::test]
async fn a_server_that_crashes_under_load_loses_nothing_and_is_told_of_once() {
    let (log, _listening) = Log::listen();
    let cluster = Arc::new(Cluster::start());
    let database = Database::empty_on(&cluster).await;
    let store = database.store().await;
    store.migrate().await.unwrap();
    let mut changes = store.changes().await.unwrap();
    let ids = ["one", "two", "three"];
    let mut writing = JoinSet::new();
    for id in ids {
        let (store, cluster) = (store.clone(), Arc::clone(&cluster));
        writing.spawn(async move {
            for number in 1..=VERSIONS {
                if id == "one" && number == VERSIONS / 2 {
                    let cluster = Arc::clone(&cluster);
                    task::spawn_blocking(move || cluster.crash_and_restart()).await.unwrap();
                }
                save(&store, id, number).await;
            }
        });
    }
    writing.join_all().await;
    for id in ids {
        demand_versions(&store, id, VERSIONS).await;
    }
    drop(insist(|| store.changes()).await);
    let mut gaps = 0;
    while gaps < 2 {
        gaps += u32::from(changes.next().await.is_none());
    }
    save(&store, "after", 1).await;
    let heard = changes.next().await.unwrap();
    assert_eq!(heard.workspace, WorkspaceId::default());
    assert!(matches!(heard.changed, Changed::Agent(_)), "{heard:?}");
    for (once, level) in [("are not heard", "WARN"), ("are heard again", "INFO")] {
        assert_eq!(log.count_at(level, once), 1, "{:?}", log.lines());
    }
    assert!(log.lines().len() <= 6, "{:?}", log.lines());
    store.close().await;
}
