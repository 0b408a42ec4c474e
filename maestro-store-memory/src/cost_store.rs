//! The role that keeps what a workspace may spend, and what it has spent.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{CostSplit, Costs, RunId, Spent, WorkspaceId, WorkspaceSettings},
    ports::store::{ConflictReason, CostStore, StoreError},
};

use crate::{
    MemoryStore,
    state::{RunKey, State},
};

/// So long after an edit of the settings a wait may have begun that knew nothing of it.
const UNAWARE: TimeDelta = TimeDelta::seconds(10);

#[async_trait]
impl CostStore for MemoryStore {
    async fn settings(&self, workspace: &WorkspaceId) -> Result<WorkspaceSettings, StoreError> {
        Ok(self.read(|state| state.settings.get(workspace).cloned().unwrap_or_default()))
    }

    async fn save_settings(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
    ) -> Result<(), StoreError> {
        self.write(|state, news| {
            let present = state.settings.get(workspace);
            if present == Some(settings) {
                return Ok(()); // the call is repeated
            }
            let follows = present.map_or(0, |present| present.revision).checked_add(1);
            if follows != Some(settings.revision) {
                return Err(StoreError::conflict("settings", workspace, ConflictReason::Changed));
            }
            state.settings.insert(workspace.clone(), settings.clone());
            news.workspace(workspace);
            Ok(())
        })
    }

    async fn spent(&self, workspace: &WorkspaceId, since: DateTime<Utc>) -> Result<Spent, StoreError> {
        Ok(self.read(|state| state.costs.spent(workspace, since)))
    }

    async fn costs(
        &self,
        workspace: &WorkspaceId,
        by: &CostSplit,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Costs>, StoreError> {
        Ok(self.read(|state| state.costs.sums(workspace, by, since, until)))
    }

    async fn budget_waits(&self, limit: u32) -> Result<Vec<(WorkspaceId, RunId)>, StoreError> {
        Ok(self.write(|state, _| {
            state.forget_waits_that_are_over();
            let waits = state.budget_waits.iter().filter(|run| state.waits_unaware(run));
            waits.take(limit as usize).map(|run| (run.workspace.clone(), run.id)).collect()
        }))
    }

    async fn prune_costs(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(self.write(|state, _| state.costs.prune(before, limit)))
    }
}

impl State {
    /// Since when a live run has waited for the budget of the day, if it does.
    fn waits_since(&self, run: &RunKey) -> Option<DateTime<Utc>> {
        let row = self.runs.get(&run.workspace, &run.id).filter(|row| row.end.is_none())?;
        row.steps.waits_for_budget_since()
    }

    fn forget_waits_that_are_over(&mut self) {
        let mut waits = std::mem::take(&mut self.budget_waits);
        waits.retain(|run| self.waits_since(run).is_some());
        self.budget_waits = waits;
    }

    /// Tells whether the settings were edited since a run began to wait.
    fn waits_unaware(&self, run: &RunKey) -> bool {
        let edited_at = self.settings.get(&run.workspace).and_then(|settings| settings.updated_at);
        let unaware_until = edited_at.and_then(|edited_at| edited_at.checked_add_signed(UNAWARE));
        unaware_until.zip(self.waits_since(run)).is_some_and(|(until, since)| since < until)
    }
}
