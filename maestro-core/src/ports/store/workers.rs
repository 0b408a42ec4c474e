//! The role that knows which workers live, and which workspaces are paused.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{OwnedRun, StoreError};
use crate::domain::{Actor, WorkerId, WorkspaceId};

/// Switches of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceState {
    /// Who paused it and when; `None` when it is not paused.
    pub paused: Option<(Actor, DateTime<Utc>)>,
}

/// Durable home of workers' liveness. See the [rules for every method](super).
#[async_trait]
pub trait WorkerStore: Send + Sync + 'static {
    /// Makes a worker known, alive at `now`.
    ///
    /// # Contract
    /// - **a_dead_worker_never_comes_back**: registering or renewing an id that was taken for dead does not revive it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id was taken for dead; [`StoreError::Unavailable`].
    async fn register_worker(&self, worker: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Says that a worker is alive at `now`; returns the runs it owns, or `None` when it was taken for dead and must
    /// stop.
    ///
    /// # Contract
    /// - **renewal_returns_what_is_owned**: every run of the worker with its signals and cancel requests.
    /// - **a_renewed_worker_is_not_dead**.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn renew_worker(
        &self,
        worker: WorkerId,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnedRun>>, StoreError>;

    /// Takes workers that were last renewed before `before` for dead, for good, and returns every dead worker that may
    /// still own runs.
    ///
    /// # Contract
    /// - **silent_workers_are_dead**: and told again until they are forgotten.
    /// - **an_owner_that_nobody_knows_is_dead**: a claim that was under way for long can make a worker an owner after it
    ///   was forgotten; it is told like the other dead.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn dead_workers(&self, before: DateTime<Utc>) -> Result<Vec<WorkerId>, StoreError>;

    /// Drops workers that own nothing: those that said good-bye, and the dead whose runs were reclaimed. A worker that
    /// still owns a run is kept, and taken for dead.
    ///
    /// # Contract
    /// - **a_worker_with_runs_is_not_forgotten**: it is told by [`dead_workers`](Self::dead_workers).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn forget_workers(&self, workers: &[WorkerId]) -> Result<(), StoreError>;

    /// Pauses or resumes a workspace: no run of it is claimed and no slot of it plays until it is resumed.
    ///
    /// # Contract
    /// - **a_pause_lasts_until_resumed**: and says who did it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn pause_workspace(
        &self,
        workspace: &WorkspaceId,
        paused: Option<(&Actor, DateTime<Utc>)>,
    ) -> Result<(), StoreError>;

    /// Returns the switches of a workspace; one that was never touched has none on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn workspace(&self, workspace: &WorkspaceId) -> Result<WorkspaceState, StoreError>;
}
