//! A whole engine on a server that crashes and loses its connections: every run ends, and the log stays short.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use maestro_core::{
    domain::{Class, Node, Payload, Score},
    engine::{BulkRun, Context, Maestro, NewOrchestra, Skill},
    ports::{
        StepError,
        store::{RunStore, StepQuery},
    },
};
use maestro_store_postgres_harness::{Cluster, Database};
use tokio::{sync::Notify, task};

use crate::{log::Log, writing::insist};

const RUNS: usize = 150;
/// The server crashes when so many steps have been executed, and again at twice as many.
const STEPS: u32 = 60;

#[tokio::test]
async fn an_engine_goes_on_after_crashes_and_loses_no_run() {
    let (log, _listening) = Log::listen();
    let cluster = Arc::new(Cluster::start());
    let database = Database::empty_on(&cluster).await;
    let store = database.store().await;
    store.migrate().await.unwrap();

    let (executed, progress) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let counts = (Arc::clone(&executed), Arc::clone(&progress));
    let count = move |_: Context, number: u32| {
        if (counts.0.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(STEPS) {
            counts.1.notify_one();
        }
        async move { Ok::<_, StepError>(number + 1) }
    };
    let skill = Skill::new("words").operation("count", count);
    let maestro = Maestro::builder(store.clone()).skill(skill).build().await.unwrap();
    let one = Node::operation("one", "words.count").input("{{ input }}");
    let two = Node::operation("two", "words.count").input("{{ from.one }}");
    let score = Score::builder("Count").node(one).node(two).then("one", "two").build().unwrap();
    let studio = maestro.default_workspace();
    let score = studio.ensure_score(score).await.unwrap();
    let orchestra = studio.ensure_orchestra(NewOrchestra::new("Count", &score.id)).await.unwrap();
    let runs = (0..RUNS)
        .map(|number| BulkRun { input: Payload::from(serde_json::json!(number)), class: Class::Normal });
    let runs = studio.enqueue_many(&orchestra.id, runs.collect()).await.unwrap();
    for _ in 0..2 {
        progress.notified().await;
        let cluster = Arc::clone(&cluster);
        task::spawn_blocking(move || cluster.crash_and_restart()).await.unwrap();
    }
    for run in &runs {
        let ended = run.finished().await.unwrap();
        assert!(ended.status.is_good(), "{ended:?}");
        let all = StepQuery::default();
        let steps = insist(|| store.steps(&ended.workspace, ended.id, &all, 99)).await;
        assert_eq!(steps.len(), 2, "each step has one durable row: {steps:?}");
    }
    maestro.shutdown(Duration::from_secs(5)).await;
    store.close().await;

    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    for line in log.lines().into_iter().filter(|line| line.starts_with("WARN") || line.starts_with("ERROR")) {
        *said.entry(line).or_default() += 1;
    }
    assert!(said.values().all(|times| *times <= 4), "an outage is told once by whoever meets it: {said:?}");
}
