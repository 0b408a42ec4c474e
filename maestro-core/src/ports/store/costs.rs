//! The role that keeps what a workspace may spend, and what it has spent.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::{CostSplit, Costs, RunId, Spent, WorkspaceId, WorkspaceSettings};

/// Durable home of settings and costs. See the [rules for every method](super).
///
/// Costs are written by [`record`](super::RunStore::record), in the same step as the rows that were billed, and outlive
/// the runs.
///
/// # Contract
/// - **every_billed_try_is_a_cost_once**: each row with usage or money, from the moment of its record on. A row that is
///   written again counts once, as it was written last, at that moment. What a record does not write costs nothing.
/// - **costs_outlive_their_runs**: until they are pruned themselves.
#[async_trait]
pub trait CostStore: Send + Sync + 'static {
    /// Returns the settings of a workspace; those of one that was never touched are the default.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn settings(&self, workspace: &WorkspaceId) -> Result<WorkspaceSettings, StoreError>;

    /// Replaces the settings of a workspace. Their revision is the number after the one that is stored.
    ///
    /// # Contract
    /// - **settings_read_back_equal**: every field; a pause and settings leave each other alone.
    /// - **settings_are_compared**: a revision that does not follow is a conflict, unless the content is the same.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn save_settings(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
    ) -> Result<(), StoreError>;

    /// Returns what was billed at or after `since`. Asked often: it must not grow with what was billed before.
    ///
    /// # Contract
    /// - **spent_is_the_sum_since_a_moment**: of the workspace alone, from that very microsecond on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn spent(&self, workspace: &WorkspaceId, since: DateTime<Utc>) -> Result<Spent, StoreError>;

    /// Sums up what was billed at or after `since` and before `until`, in the order of groups. A group for which nothing was
    /// billed is left out.
    ///
    /// # Contract
    /// - **costs_are_summed_by_what_is_asked**: tokens of each kind, money, calls, calls without a price.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn costs(
        &self,
        workspace: &WorkspaceId,
        by: &CostSplit,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Costs>, StoreError>;

    /// Returns live runs that wait for the budget of the day although the settings were edited since, at most `limit`. They
    /// wait by a row with status `waiting`, an error with the code [`DAILY_BUDGET`](crate::domain::DAILY_BUDGET) and the
    /// moment at which they began to wait as its start.
    ///
    /// # Contract
    /// - **an_edit_of_settings_finds_who_waits_for_the_budget**: those whose wait began before the edit, or less than ten
    ///   seconds after it, and no others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn budget_waits(&self, limit: u32) -> Result<Vec<(WorkspaceId, RunId)>, StoreError>;

    /// Deletes costs from before `before`, at most `limit`; returns how many. Call it until it returns 0.
    ///
    /// # Contract
    /// - **prune_costs_deletes_only_old_ones**: and all of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn prune_costs(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
