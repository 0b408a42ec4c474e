//! Asking for many runs at once.

use super::RunHandle;
use crate::{
    domain::{Class, OrchestraId, Payload, RunId, Trigger},
    engine::{Error, Workspace, enlist, input_rule::InputRule, readiness},
};

/// So many runs go to the store in one call.
const BATCH: usize = 1_000;

/// One of many runs.
#[derive(Clone, Debug)]
pub struct BulkRun {
    /// What the root nodes get.
    pub input: Payload,
    /// The queue.
    pub class: Class,
}

impl Workspace {
    /// Enqueues many runs of one orchestra, in batches of 1,000 that are each enqueued whole or not at all. Every input is
    /// checked before the first batch. Runs of one class are begun in the order of `runs`.
    ///
    /// # Errors
    /// As [`run_now`](Self::run_now). [`Error::Store`] between two batches leaves those before it enqueued. Dropping the
    /// future does too.
    pub async fn enqueue_many(
        &self,
        orchestra_id: &OrchestraId,
        runs: Vec<BulkRun>,
    ) -> Result<Vec<RunHandle>, Error> {
        let shared = &self.shared;
        if shared.stopping.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        let orchestra = shared.store.bare_orchestra(&self.id, orchestra_id).await?;
        let score = shared.store.score(&self.id, &orchestra.score_id, None).await?;
        readiness::demand(shared, &self.id, &orchestra, &score).await?;
        let rule = InputRule::of(&score, shared.options.max_value_bytes)?;
        runs.iter().try_for_each(|run| rule.check(&run.input))?;
        let pins = enlist::pins(shared, &self.id, &score).await?;
        let now = shared.now();
        // In the order of `runs`, because runs of one moment are claimed in the order of ids.
        let mut ids: Vec<_> = runs.iter().map(|_| shared.new_run_id(now)).collect();
        ids.sort_unstable();
        let mut handles = Vec::with_capacity(runs.len());
        let mut runs = ids.into_iter().zip(runs).peekable();
        while runs.peek().is_some() {
            let order = |(run_id, run): (RunId, BulkRun)| enlist::Order {
                run_id,
                trigger: Trigger::Api,
                class: run.class,
                input: run.input,
                due_at: now,
                key: None,
            };
            let batch: Vec<_> = runs
                .by_ref()
                .take(BATCH)
                .map(|run| enlist::new_run(&orchestra, score.version, pins.clone(), order(run)))
                .collect();
            shared.store.enqueue(&batch, now).await?;
            shared.work.notify_one();
            handles.extend(batch.iter().map(|run| self.handle(run.run.run_id)));
        }
        Ok(handles)
    }
}
