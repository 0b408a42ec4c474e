//! Runs: asking for them, waiting for them, ending them.

mod ask;
mod bulk;
mod inputs;
mod operate;
mod played;
mod retry;

use std::sync::Arc;

pub use self::ask::RunNow;
pub use self::bulk::BulkRun;
pub use self::retry::Retry;
use super::{Error, Workspace, shared::Shared};
use crate::{
    domain::{Run, RunId, RunStep, WorkspaceId},
    ports::store::{Change, Changed, RunFilter, StepQuery, StoreError},
};

impl Workspace {
    /// Returns a run, live or ended.
    ///
    /// # Errors
    /// [`Error::Store`] when there is no such run in this workspace, or the store does not answer.
    pub async fn run(&self, id: RunId) -> Result<Run, Error> {
        Ok(self.shared.store.run(&self.id, id).await?)
    }

    /// Lists runs, the newest first, those before `before`.
    ///
    /// # Errors
    /// [`Error::Store`] when the store does not answer.
    pub async fn runs(
        &self,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, Error> {
        Ok(self.shared.store.runs(&self.id, filter, before, limit).await?)
    }

    /// Lists steps of a run in the order of keys and tries.
    ///
    /// # Errors
    /// [`Error::Store`] when there is no such run in this workspace, or the store does not answer.
    pub async fn steps(&self, id: RunId, query: &StepQuery, limit: u32) -> Result<Vec<RunStep>, Error> {
        Ok(self.shared.store.steps(&self.id, id, query, limit).await?)
    }

    /// Returns a handle to a run, to wait for its end.
    pub fn handle(&self, id: RunId) -> RunHandle {
        RunHandle { shared: Arc::clone(&self.shared), workspace: self.id.clone(), id }
    }
}

/// How long to wait before looking again when changes were missed.
const MISSED_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// A run that was asked for. Dropping the handle does not end the run.
#[derive(Clone)]
pub struct RunHandle {
    shared: Arc<Shared>,
    workspace: WorkspaceId,
    id: RunId,
}

impl RunHandle {
    /// Returns the run's id.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Waits until the run has ended and returns it. Dropping the future is safe and leaves the run alone.
    ///
    /// # Errors
    /// [`Error::Store`] when there is no such run. A store that does not answer is waited for.
    /// [`Error::ShuttingDown`] when this engine was shut down before the run ended; others may still play it.
    pub async fn finished(&self) -> Result<Run, Error> {
        let shared = &self.shared;
        let mut changes = shared.insist("listen", || shared.store.changes()).await?;
        loop {
            let read = || shared.store.run(&self.workspace, self.id);
            let run = shared.insist("wait for a run", read).await?;
            if run.status.is_final() {
                return Ok(run);
            }
            let mut look_again = std::pin::pin!(shared.clock.sleep(shared.options.poll_interval));
            loop {
                tokio::select! {
                    biased;
                    change = changes.next() => match change {
                        Some(change) if self.is_meant(&change) => break,
                        Some(_) => {}
                        // Some were missed, perhaps this run's end; a stream that only says so must not make us spin.
                        None => {
                            shared.clock.sleep(MISSED_PAUSE).await;
                            break;
                        }
                    },
                    () = &mut look_again => break,
                    () = shared.out_of_grace.cancelled() => return self.last_look().await,
                }
            }
        }
    }

    async fn last_look(&self) -> Result<Run, Error> {
        let run = self.shared.store.run(&self.workspace, self.id).await?;
        if run.status.is_final() { Ok(run) } else { Err(Error::ShuttingDown) }
    }

    fn is_meant(&self, change: &Change) -> bool {
        matches!(change.changed, Changed::Run { run_id, .. } | Changed::Signal { run_id, .. } if run_id == self.id)
    }
}

impl std::fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunHandle({})", self.id)
    }
}

/// Turns the answer that there is no such run into the engine's words.
pub(super) fn is_absent(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. })
}
