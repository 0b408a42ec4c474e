//! The role that plays, as the port has it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        Actor, ClaimId, NewRun, OrchestraId, Run, RunId, RunRecord, RunRef, RunStep, Signal, WorkerId,
        WorkspaceId,
    },
    ports::store::{
        Backlog, CancelAnswer, ClaimedRun, DueClass, Enqueued, Quota, RecordAnswer, Reopening, RunFilter,
        RunHistory, RunStore, StepQuery, StoreError,
    },
};

use crate::PostgresStore;

#[async_trait]
impl RunStore for PostgresStore {
    async fn enqueue(&self, runs: &[NewRun], now: DateTime<Utc>) -> Result<Vec<Enqueued>, StoreError> {
        self.enqueue_runs(runs, now).await
    }

    async fn claim(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Result<Vec<ClaimedRun>, StoreError> {
        self.claim_runs(worker, claim, now, quotas).await
    }

    async fn claimed(&self, worker: WorkerId, claim: ClaimId) -> Result<Vec<ClaimedRun>, StoreError> {
        self.runs_of_claim(worker, claim).await
    }

    async fn due(
        &self,
        now: DateTime<Utc>,
        after: Option<&DueClass>,
        limit: u32,
    ) -> Result<(Vec<DueClass>, Option<DateTime<Utc>>), StoreError> {
        self.due_classes(now, after, limit).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        self.counted_backlog(now).await
    }

    async fn record(
        &self,
        records: &[RunRecord],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordAnswer>, StoreError> {
        self.apply_records(records, now).await
    }

    async fn history(&self, runs: &[RunRef]) -> Result<Vec<RunHistory>, StoreError> {
        self.histories(runs).await
    }

    async fn signal(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
    ) -> Result<(), StoreError> {
        self.send_signal(workspace, run_id, signal).await
    }

    async fn cancel(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<CancelAnswer, StoreError> {
        self.cancel_run(workspace, run_id, force, actor, now).await
    }

    async fn reopen(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError> {
        self.make_live_again(workspace, run_id, reopening).await
    }

    async fn promote(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        max_concurrent_runs: Option<u32>,
    ) -> Result<u32, StoreError> {
        self.let_go(workspace, orchestra_id, max_concurrent_runs).await
    }

    async fn held(&self, limit: u32) -> Result<Vec<(WorkspaceId, OrchestraId)>, StoreError> {
        self.holding(limit).await
    }

    async fn reclaim(&self, dead: &[WorkerId], now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        self.take_back(dead, now, limit).await
    }

    async fn run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError> {
        self.one_run(workspace, run_id).await
    }

    async fn runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        self.list_runs(workspace, filter, before, limit).await
    }

    async fn steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError> {
        self.list_steps(workspace, run_id, query, limit).await
    }

    async fn prune_runs(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.prune(before, now, limit).await
    }
}
