//! The role of costs, each call played as the plan says.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{FaultStore, Method};
use crate::{
    domain::{CostSplit, Costs, RunId, Spent, WorkspaceId, WorkspaceSettings},
    ports::store::{CostStore, StoreError},
};

#[async_trait]
impl<S: CostStore + ?Sized> CostStore for FaultStore<S> {
    async fn settings(&self, workspace: &WorkspaceId) -> Result<WorkspaceSettings, StoreError> {
        self.plan().play(Method::Settings, self.inner.settings(workspace)).await
    }
    async fn save_settings(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
    ) -> Result<(), StoreError> {
        self.plan().play(Method::SaveSettings, self.inner.save_settings(workspace, settings)).await
    }
    async fn spent(&self, workspace: &WorkspaceId, since: DateTime<Utc>) -> Result<Spent, StoreError> {
        self.plan().play(Method::Spent, self.inner.spent(workspace, since)).await
    }
    async fn costs(
        &self,
        workspace: &WorkspaceId,
        by: &CostSplit,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Costs>, StoreError> {
        self.plan().play(Method::Costs, self.inner.costs(workspace, by, since, until)).await
    }
    async fn budget_waits(&self, limit: u32) -> Result<Vec<(WorkspaceId, RunId)>, StoreError> {
        self.plan().play(Method::BudgetWaits, self.inner.budget_waits(limit)).await
    }
    async fn prune_costs(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        self.plan().play(Method::PruneCosts, self.inner.prune_costs(before, limit)).await
    }
}
