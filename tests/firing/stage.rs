//! The stage: engines on one store and one clock, and short ways to look at the ledger.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use maestro::{
    Context, EnvSecrets, Maestro, MemoryStore, NewOrchestra, Roles, Run, Score, Skill, StepError, Workspace,
    domain::{Actor, Firing, LiveCount, Orchestra, OrchestraId, ScoreId, Trigger},
    engine::Ticked,
    ports::{Clock, Store, store::RunFilter},
};
use maestro_core::testing::{ManualClock, SeededEntropy};
use serde_json::{Value, json};

/// An engine whose time moves when told to, and what it works on.
pub(crate) struct Stage {
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) maestro: Maestro,
    pub(crate) workspace: Workspace,
}

async fn echo(_: Context, input: Value) -> Result<Value, StepError> {
    Ok(input)
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn skill() -> Skill {
    Skill::new("t").operation("echo", echo).operation("send", echo).secret("key")
}

impl Stage {
    /// Sets the stage: the score `quick` ends at once, `slow` waits for a year, `sends` needs a secret.
    pub(crate) async fn at(now: &str) -> Self {
        let (store, clock) = (MemoryStore::new(), Arc::new(ManualClock::new(at(now))));
        let maestro = process(Arc::new(store.clone()), &clock, 1).await;
        let workspace = maestro.default_workspace();
        for (id, node) in [
            ("quick", json!({"kind": "deterministic", "skill": "t", "operation": "echo"})),
            ("slow", json!({"kind": "delay", "for_s": 31_536_000})),
            ("sends", json!({"kind": "deterministic", "skill": "t", "operation": "send"})),
        ] {
            workspace.save_score(score(id, node)).await.unwrap();
        }
        Self { store, clock, maestro, workspace }
    }

    /// Returns another process on the same store and clock.
    pub(crate) async fn another(&self, seed: u64) -> Maestro {
        process(Arc::new(self.store.clone()), &self.clock, seed).await
    }

    /// Creates an orchestra and enables it.
    pub(crate) async fn enabled(&self, new: NewOrchestra) -> Orchestra {
        let id = self.workspace.create_orchestra(new).await.unwrap().id;
        self.workspace.enable_orchestra(&id).await.unwrap().orchestra
    }

    pub(crate) async fn tick(&self) -> Ticked {
        self.maestro.tick().await.unwrap()
    }

    /// Moves the clock and ticks.
    pub(crate) async fn tick_at(&self, now: &str) -> Ticked {
        self.clock.set(at(now));
        self.tick().await
    }

    /// Ticks every `step` until `end`.
    pub(crate) async fn tick_until(&self, end: &str, step: TimeDelta) {
        while self.clock.now() < at(end) {
            self.clock.advance(step.to_std().unwrap());
            self.tick().await;
        }
    }

    /// Returns the ledger, the earliest slot first.
    pub(crate) async fn ledger(&self, id: &OrchestraId) -> Vec<Firing> {
        let mut rows = Vec::new();
        let mut before = None;
        loop {
            let page = self.workspace.firings(id, before, 7).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.slot);
            rows.extend(page);
        }
        rows.reverse();
        rows
    }

    /// Returns the ledger as lines: slots in UTC, how many, the outcome.
    pub(crate) async fn lines(&self, id: &OrchestraId) -> Vec<String> {
        let show = |at: DateTime<Utc>| at.format("%dT%H:%M").to_string();
        let line = |row: &Firing| match row.count {
            1 => format!("{} {}", show(row.slot), row.outcome),
            count => format!("{}..{} ({count}) {}", show(row.slot), show(row.until_slot), row.outcome),
        };
        self.ledger(id).await.iter().map(line).collect()
    }

    /// Returns every run of an orchestra, the oldest first.
    pub(crate) async fn runs(&self, id: &OrchestraId) -> Vec<Run> {
        let mut filter = RunFilter::default();
        filter.orchestra_id = Some(id.clone());
        let mut runs = self.workspace.runs(&filter, None, u32::MAX).await.unwrap();
        runs.reverse();
        runs
    }

    /// Ends the oldest run that is live.
    pub(crate) async fn end_oldest(&self, id: &OrchestraId) {
        let runs = self.runs(id).await;
        let oldest = runs.iter().find(|run| !run.status.is_final()).unwrap();
        self.workspace.cancel(oldest.id, false, &Actor::host()).await.unwrap();
    }

    pub(crate) async fn live(&self, id: &OrchestraId) -> LiveCount {
        self.workspace.orchestra(id).await.unwrap().live
    }

    /// Checks that the ledger covers `slots` in their order, each once, and that the runs are those that it names.
    pub(crate) async fn assert_covers(&self, id: &OrchestraId, slots: &[DateTime<Utc>]) {
        let rows = self.ledger(id).await;
        let mut left = slots;
        for row in &rows {
            let count = usize::try_from(row.count).unwrap();
            assert!(count >= 1 && count <= left.len(), "{row:?} covers more than there is: {left:?}");
            let (covered, rest) = left.split_at(count);
            assert_eq!(
                (Some(&row.slot), Some(&row.until_slot)),
                (covered.first(), covered.last()),
                "{row:?}"
            );
            left = rest;
        }
        assert_eq!(left, &[] as &[DateTime<Utc>], "slots without a row; the last row is {:?}", rows.last());

        let mut told: Vec<_> = rows.iter().filter_map(|row| Some((row.slot, row.run_id?))).collect();
        let mut made: Vec<_> = self
            .runs(id)
            .await
            .iter()
            .filter_map(|run| match run.trigger {
                Trigger::Cron { slot } => Some((slot, run.id)),
                _ => None,
            })
            .collect();
        told.sort_unstable();
        made.sort_unstable();
        assert_eq!(told, made, "each run is that of one row");
    }
}

/// Returns an engine without tasks of its own.
pub(crate) async fn process(store: Arc<dyn Store>, clock: &Arc<ManualClock>, seed: u64) -> Maestro {
    let builder = Maestro::builder_on(store).skill(skill()).roles(Roles::none());
    let builder = builder.secrets(EnvSecrets::new(|variable| Some(format!("the value of {variable}"))));
    builder.clock(clock.clone()).entropy(Arc::new(SeededEntropy::new(seed))).build().await.unwrap()
}

/// Returns a score of one node.
pub(crate) fn score(id: &str, mut node: Value) -> Score {
    node["id"] = "n".into();
    Score::from_json(&json!({"id": id, "nodes": [node]})).unwrap()
}

pub(crate) fn plays(score: &str) -> NewOrchestra {
    let score: ScoreId = score.parse().unwrap();
    NewOrchestra::new("O", &score)
}

/// Returns all slots of an orchestra after `after` up to `through`.
pub(crate) fn slots(
    orchestra: &Orchestra,
    after: DateTime<Utc>,
    through: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let fires = orchestra.cron.as_ref().unwrap().fires_after(after, &orchestra.timezone);
    fires.take_while(|slot| *slot <= through).collect()
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
