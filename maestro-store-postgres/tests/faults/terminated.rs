//! Backends that are terminated, in the middle of whatever they do.

use std::sync::Arc;

use maestro_store_postgres_harness::Database;
use tokio::task::JoinSet;

use crate::writing::{demand_versions, save};

const VERSIONS: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn writers_whose_backends_are_terminated_lose_nothing() {
    let database = Arc::new(Database::migrated().await);
    let store = database.store().await;
    let ids = ["one", "two", "three", "four", "five", "six"];
    let mut writing = JoinSet::new();
    for id in ids {
        let (store, database) = (store.clone(), Arc::clone(&database));
        writing.spawn(async move {
            let mut admin = database.connection().await;
            for number in 1..=VERSIONS {
                if number.is_multiple_of(5) {
                    let all = "select pg_terminate_backend(pid) from pg_stat_activity
                               where datname = current_database() and application_name = 'maestro'";
                    sqlx::raw_sql(all).execute(&mut admin).await.unwrap();
                }
                save(&store, id, number).await;
            }
        });
    }
    writing.join_all().await;
    for id in ids {
        demand_versions(&store, id, VERSIONS).await;
    }
    store.close().await;
}
