//! The role that plays, as the port has it: each method takes the lock once.

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

use crate::{
    MemoryStore,
    listing::{Recorded, copied},
};

#[async_trait]
impl RunStore for MemoryStore {
    async fn enqueue(&self, runs: &[NewRun], now: DateTime<Utc>) -> Result<Vec<Enqueued>, StoreError> {
        self.write(|state, news| state.enqueue(runs, now, news))
    }

    async fn claim(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Result<Vec<ClaimedRun>, StoreError> {
        Ok(self.write(|state, news| state.claim(worker, claim, now, quotas, news)))
    }

    async fn claimed(&self, worker: WorkerId, claim: ClaimId) -> Result<Vec<ClaimedRun>, StoreError> {
        Ok(self.read(|state| state.claimed(worker, claim)))
    }

    async fn due(
        &self,
        now: DateTime<Utc>,
        after: Option<&DueClass>,
        limit: u32,
    ) -> Result<(Vec<DueClass>, Option<DateTime<Utc>>), StoreError> {
        Ok(self.write(|state, _| {
            let queues = &mut state.index.queues;
            (queues.due(now, after, limit), queues.next_moment(now))
        }))
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        Ok(self.read(|state| state.index.queues.backlog(now)))
    }

    async fn record(
        &self,
        records: &[RunRecord],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordAnswer>, StoreError> {
        self.write(|state, news| state.record(records, now, news))
    }

    async fn history(&self, runs: &[RunRef]) -> Result<Vec<RunHistory>, StoreError> {
        let recorded: Vec<Recorded> = self.read(|state| runs.iter().map(|run| state.recorded(run)).collect());
        Ok(recorded.into_iter().map(RunHistory::from).collect())
    }

    async fn signal(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
    ) -> Result<(), StoreError> {
        self.write(|state, news| state.signal(workspace, run_id, signal, news))
    }

    async fn cancel(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<CancelAnswer, StoreError> {
        self.write(|state, news| state.cancel(workspace, run_id, force, actor, now, news))
    }

    async fn reopen(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError> {
        self.write(|state, news| state.reopen(workspace, run_id, reopening, news))
    }

    async fn promote(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        max_concurrent_runs: Option<u32>,
    ) -> Result<u32, StoreError> {
        Ok(self.write(|state, news| state.promote(workspace, orchestra_id, max_concurrent_runs, news)))
    }

    async fn held(&self, limit: u32) -> Result<Vec<(WorkspaceId, OrchestraId)>, StoreError> {
        Ok(self.read(|state| state.held(limit)))
    }

    async fn reclaim(&self, dead: &[WorkerId], now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(self.write(|state, news| state.reclaim(dead, now, limit, news)))
    }

    async fn run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError> {
        self.read(|state| state.run(workspace, run_id))
    }

    async fn runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        Ok(self.read(|state| state.list_runs(workspace, filter, before, limit)))
    }

    async fn steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError> {
        let steps = self.read(|state| state.list_steps(workspace, run_id, query, limit))?;
        Ok(copied(&steps))
    }

    async fn prune_runs(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError> {
        Ok(self.write(|state, _| state.prune_runs(before, now, limit)))
    }
}
