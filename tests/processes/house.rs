//! One test's database, an engine that only asks, and what the workers left in the table of effects.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use maestro::{
    Maestro, PostgresStore, Run, RunStatus, RunStep, Workspace,
    domain::{OrchestraId, RunId, StepStatus},
    ports::store::StepQuery,
};
use maestro_store_postgres_harness::Database;
use serde_json::Value;
use sqlx::Row;

use crate::fleet::effects;

/// How soon a silent worker is taken for dead, in seconds.
pub(crate) const TTL: &str = "3";

/// How much a worker's idea of the server's time may be wrong; a process that repeats an effect comes much later.
const CLOCK_ERROR: TimeDelta = TimeDelta::milliseconds(50);

pub(crate) struct House {
    pub(crate) database: Database,
    pub(crate) store: PostgresStore,
    maestro: Maestro,
}

impl House {
    pub(crate) async fn new() -> Self {
        let database = effects::database().await;
        let store = database.store().await;
        let maestro = effects::asker(&store).await;
        Self { database, store, maestro }
    }

    pub(crate) fn workspace(&self) -> Workspace {
        self.maestro.default_workspace()
    }

    /// Deploys a chain of effects, each of which takes `ms` milliseconds.
    pub(crate) async fn deploy(&self, effects: usize, ms: u64) -> OrchestraId {
        effects::deploy(&self.workspace(), effects, ms).await
    }

    pub(crate) async fn deploy_nodes(&self, name: &str, nodes: Vec<Value>, edges: Vec<Value>) -> OrchestraId {
        effects::deploy_nodes(&self.workspace(), name, nodes, edges).await
    }

    /// Enqueues a run.
    pub(crate) async fn enqueue(&self, orchestra: &OrchestraId) -> RunId {
        self.workspace().run_now(orchestra).await.unwrap().id()
    }

    pub(crate) async fn finished(&self, run: RunId) -> Run {
        self.workspace().handle(run).finished().await.unwrap()
    }

    /// Waits until a step has this status.
    pub(crate) async fn until_step(&self, run: RunId, key: &str, status: StepStatus) {
        let is_meant = |step: &RunStep| step.key.as_str() == key && step.status == status;
        while !self.steps(run).await.iter().any(is_meant) {}
    }

    /// Waits until a run has this status.
    pub(crate) async fn until(&self, run: RunId, status: RunStatus) {
        while self.workspace().run(run).await.unwrap().status != status {}
    }

    pub(crate) async fn steps(&self, run: RunId) -> Vec<RunStep> {
        self.workspace().steps(run, &StepQuery::default(), u32::MAX).await.unwrap()
    }

    /// Waits until the steps of a run are as somebody wants them.
    pub(crate) async fn until_steps(&self, run: RunId, wanted: impl Fn(&[RunStep]) -> bool) {
        while !wanted(&self.steps(run).await) {}
    }

    /// Waits until at least so many effects have happened.
    pub(crate) async fn effects_reach(&self, count: usize) {
        let mut connection = self.database.connection().await;
        let count = i64::try_from(count).unwrap();
        loop {
            let reached = sqlx::query("select count(*) >= $1 from effects").bind(count);
            if reached.fetch_one(&mut connection).await.unwrap().get(0) {
                return;
            }
        }
    }

    /// Returns when each effect happened and in which process, by its key.
    pub(crate) async fn effects(&self) -> BTreeMap<String, Vec<(DateTime<Utc>, u32)>> {
        let mut effects = BTreeMap::<_, Vec<_>>::new();
        let rows = sqlx::query("select idempotency_key, at, worker from effects order by at");
        for row in rows.fetch_all(&mut self.database.connection().await).await.unwrap() {
            let worker = row.get::<String, _>(2).parse().unwrap();
            effects.entry(row.get(0)).or_default().push((row.get(1), worker));
        }
        effects
    }

    /// Checks that a run is whole: it succeeded, of each step there is one success, each effect happened, and none that was
    /// on record happened again. Returns how often effects were repeated.
    pub(crate) async fn check(
        &self,
        run: RunId,
        effects: &BTreeMap<String, Vec<(DateTime<Utc>, u32)>>,
    ) -> usize {
        let ended = self.finished(run).await;
        assert_eq!(ended.status, RunStatus::Succeeded, "{ended:?}");
        let mut done = BTreeMap::new();
        for step in self.steps(run).await {
            if step.status == StepStatus::Succeeded {
                let before = done.insert(step.key.to_string(), step.finished_at.unwrap());
                assert_eq!(before, None, "{run} has two successes of {}", step.key);
            }
        }
        let mut repeated = 0;
        for (key, finished_at) in done {
            let times = effects.get(&format!("{run}/{key}/0")).map_or(&[][..], Vec::as_slice);
            assert!(!times.is_empty(), "the effect of {run} {key} is lost");
            let last = times.last().unwrap().0;
            assert!(
                last <= finished_at + CLOCK_ERROR,
                "{run} {key} was on record at {finished_at} and happened again at {last}"
            );
            repeated += times.len() - 1;
        }
        repeated
    }

    pub(crate) async fn close(self) {
        self.maestro.shutdown(std::time::Duration::ZERO).await;
        self.store.close().await;
    }
}
