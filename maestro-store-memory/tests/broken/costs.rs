//! Settings and costs, kept wrongly.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{CostSplit, Costs, Money, RunId, RunRecord, RunStep, Spent, WorkspaceId, WorkspaceSettings},
    ports::store::{ConflictReason, CostStore, StoreError},
};

use crate::{breach::Breach, store::BrokenStore};

const TICK: TimeDelta = TimeDelta::microseconds(1);

#[async_trait]
impl CostStore for BrokenStore {
    async fn settings(&self, workspace: &WorkspaceId) -> Result<WorkspaceSettings, StoreError> {
        let mut settings = self.inner.settings(workspace).await?;
        if self.has(Breach::SettingsForgetZone) {
            settings.timezone = Default::default();
        }
        Ok(settings)
    }

    async fn save_settings(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
    ) -> Result<(), StoreError> {
        let answer = self.inner.save_settings(workspace, settings).await;
        self.forgive(answer, Breach::SettingsUncompared, ConflictReason::Changed)
    }

    async fn spent(&self, workspace: &WorkspaceId, since: DateTime<Utc>) -> Result<Spent, StoreError> {
        let since = match self.has(Breach::SpentSinceLater) {
            true => since.checked_add_signed(TICK).unwrap_or(since),
            false => since,
        };
        let mut spent = self.inner.spent(workspace, since).await?;
        for (of, at, cost) in &self.memo().replaced {
            if of == workspace && *at >= since {
                spent.known = spent.known.plus(*cost);
            }
        }
        spent.has_unknown &= !self.has(Breach::SpentForgetsUnknown);
        Ok(spent)
    }

    async fn costs(
        &self,
        workspace: &WorkspaceId,
        by: &CostSplit,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Costs>, StoreError> {
        let mut costs = self.inner.costs(workspace, by, since, until).await?;
        if self.has(Breach::UnpricedUncounted) {
            costs.iter_mut().for_each(|costs| costs.unpriced_calls = 0);
        }
        Ok(costs)
    }

    async fn budget_waits(&self, limit: u32) -> Result<Vec<(WorkspaceId, RunId)>, StoreError> {
        match self.has(Breach::WaitsForgotten) {
            true => Ok(Vec::new()),
            false => self.inner.budget_waits(limit).await,
        }
    }

    async fn prune_costs(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let before = if self.has(Breach::CostsPrunedYoung) { before + TICK } else { before };
        self.inner.prune_costs(before, limit).await
    }
}

impl BrokenStore {
    /// Keeps what a row cost that is written anew.
    pub(crate) fn bill_again(
        &self,
        record: &RunRecord,
        step: &RunStep,
        before: Option<RunStep>,
        now: DateTime<Utc>,
    ) {
        let is_again = self.has(Breach::CostsAddUp) && step.is_billed();
        let before = before.filter(|before| is_again && !before.status.is_final());
        let cost = before.and_then(|before| before.cost).unwrap_or(Money::ZERO);
        self.memo().replaced.push((record.run.workspace.clone(), now, cost));
    }
}
