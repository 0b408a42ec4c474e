//! Telling a run something without a lease: signals, and the wish that it ends.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, Failure, Finish, LiveRun, LiveState, RunId, RunStatus, Signal, WorkspaceId},
    ports::store::{CancelAnswer, ConflictReason, News, StoreError},
};

use crate::state::State;

impl State {
    pub(crate) fn signal(
        &mut self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
        news: &mut News,
    ) -> Result<(), StoreError> {
        let row = self.runs.get_mut(workspace, &run_id).ok_or_else(|| StoreError::no_run(run_id))?;
        if row.signals.iter().any(|known| known.id == signal.id) {
            return Ok(());
        }
        if !row.is_live() {
            return Err(StoreError::conflict("run", run_id, ConflictReason::Ended));
        }
        row.signals.push(signal.clone());
        let next = row.live.signalled(signal.at);
        self.index.replace(row, next);
        news.run(&row.live.run);
        news.signal(&row.live.run);
        news.due(&row.live.run.workspace);
        Ok(())
    }

    pub(crate) fn cancel(
        &mut self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
        news: &mut News,
    ) -> Result<CancelAnswer, StoreError> {
        let row = self.runs.get_mut(workspace, &run_id).ok_or_else(|| StoreError::no_run(run_id))?;
        if !row.is_live() {
            return Ok(CancelAnswer::Ended(row.status()));
        }
        news.run(&row.live.run);
        news.signal(&row.live.run);
        if matches!(row.live.state, LiveState::Owned { .. }) && !force {
            let next = row.live.cancel_requested(actor);
            self.index.replace(row, next);
            return Ok(CancelAnswer::Requested);
        }
        row.steps.cancel(now);
        let finish = Finish {
            status: RunStatus::Cancelled,
            output: None,
            result: None,
            error: Some(Failure::cancelled_by(actor)),
            totals: row.steps.totals().clone(),
        };
        // Whoever plays it finds the fence raised.
        let last = LiveRun { claim_no: row.live.claim_no.saturating_add(1), ..row.live.clone() };
        self.index.end(row, last, finish, now);
        Ok(CancelAnswer::Cancelled)
    }
}
