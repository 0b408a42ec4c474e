//! The roles of the store that play, each call played as the plan says.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{FaultStore, Method, store::not_storable, values};
use crate::{
    domain::{
        Actor, Agent, AgentId, ClaimId, Firing, ModelPricing, NewRun, Orchestra, OrchestraId, Run, RunId,
        RunRecord, RunRef, RunStep, Score, ScoreId, Signal, WorkerId, WorkspaceId,
    },
    ports::store::{
        AgentStore, Backlog, CancelAnswer, ClaimedRun, DueClass, DueSchedule, Enqueued, Fire, FireAnswer,
        OrchestraEdit, OrchestraState, OrchestraStore, OwnedRun, Quota, RecordAnswer, Reopening, RunFilter,
        RunHistory, RunStore, ScoreStore, StepQuery, StoreError, WorkerStore, WorkspaceState,
    },
};

#[async_trait]
impl<S: RunStore + ?Sized> RunStore for FaultStore<S> {
    async fn enqueue(&self, runs: &[NewRun], now: DateTime<Utc>) -> Result<Vec<Enqueued>, StoreError> {
        let call = async {
            match self.plan().refuses(runs.iter().map(|run| run.input.as_str())) {
                true => Err(not_storable(Method::Enqueue)),
                false => self.inner.enqueue(runs, now).await,
            }
        };
        self.plan().play(Method::Enqueue, call).await
    }
    async fn claim(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Result<Vec<ClaimedRun>, StoreError> {
        self.plan().play(Method::Claim, self.inner.claim(worker, claim, now, quotas)).await
    }
    async fn claimed(&self, worker: WorkerId, claim: ClaimId) -> Result<Vec<ClaimedRun>, StoreError> {
        self.plan().play(Method::Claimed, self.inner.claimed(worker, claim)).await
    }
    async fn due(
        &self,
        now: DateTime<Utc>,
        after: Option<&DueClass>,
        limit: u32,
    ) -> Result<(Vec<DueClass>, Option<DateTime<Utc>>), StoreError> {
        self.plan().play(Method::Due, self.inner.due(now, after, limit)).await
    }
    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        self.plan().play(Method::Backlog, self.inner.backlog(now)).await
    }
    async fn record(
        &self,
        records: &[RunRecord],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordAnswer>, StoreError> {
        let call = async {
            match self.plan().refuses(records.iter().flat_map(values)) {
                true => Err(not_storable(Method::Record)),
                false => self.inner.record(records, now).await,
            }
        };
        self.plan().play(Method::Record, call).await
    }
    async fn history(&self, runs: &[RunRef]) -> Result<Vec<RunHistory>, StoreError> {
        self.plan().play(Method::History, self.inner.history(runs)).await
    }
    async fn signal(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
    ) -> Result<(), StoreError> {
        self.plan().play(Method::Signal, self.inner.signal(workspace, run_id, signal)).await
    }
    async fn cancel(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<CancelAnswer, StoreError> {
        self.plan().play(Method::Cancel, self.inner.cancel(workspace, run_id, force, actor, now)).await
    }
    async fn reopen(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError> {
        self.plan().play(Method::Reopen, self.inner.reopen(workspace, run_id, reopening)).await
    }
    async fn promote(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        max_concurrent_runs: Option<u32>,
    ) -> Result<u32, StoreError> {
        self.plan()
            .play(Method::Promote, self.inner.promote(workspace, orchestra_id, max_concurrent_runs))
            .await
    }
    async fn held(&self, limit: u32) -> Result<Vec<(WorkspaceId, OrchestraId)>, StoreError> {
        self.plan().play(Method::Held, self.inner.held(limit)).await
    }
    async fn reclaim(&self, dead: &[WorkerId], now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        self.plan().play(Method::Reclaim, self.inner.reclaim(dead, now, limit)).await
    }
    async fn run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError> {
        self.plan().play(Method::Run, self.inner.run(workspace, run_id)).await
    }
    async fn runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        self.plan().play(Method::Runs, self.inner.runs(workspace, filter, before, limit)).await
    }
    async fn steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError> {
        self.plan().play(Method::Steps, self.inner.steps(workspace, run_id, query, limit)).await
    }
    async fn prune_runs(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError> {
        self.plan().play(Method::PruneRuns, self.inner.prune_runs(before, now, limit)).await
    }
}

#[async_trait]
impl<S: ScoreStore + ?Sized> ScoreStore for FaultStore<S> {
    async fn save_score(
        &self,
        workspace: &WorkspaceId,
        score: &Score,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.plan().play(Method::SaveScore, self.inner.save_score(workspace, score, now)).await
    }
    async fn score(
        &self,
        workspace: &WorkspaceId,
        id: &ScoreId,
        version: Option<u32>,
    ) -> Result<Score, StoreError> {
        self.plan().play(Method::Score, self.inner.score(workspace, id, version)).await
    }
    async fn scores(
        &self,
        workspace: &WorkspaceId,
        after: Option<&ScoreId>,
        limit: u32,
    ) -> Result<Vec<Score>, StoreError> {
        self.plan().play(Method::Scores, self.inner.scores(workspace, after, limit)).await
    }
    async fn delete_score(&self, workspace: &WorkspaceId, id: &ScoreId) -> Result<(), StoreError> {
        self.plan().play(Method::DeleteScore, self.inner.delete_score(workspace, id)).await
    }
}

#[async_trait]
impl<S: AgentStore + ?Sized> AgentStore for FaultStore<S> {
    async fn save_agent(&self, workspace: &WorkspaceId, agent: &Agent) -> Result<(), StoreError> {
        self.plan().play(Method::SaveAgent, self.inner.save_agent(workspace, agent)).await
    }
    async fn agent(
        &self,
        workspace: &WorkspaceId,
        id: &AgentId,
        version: Option<u32>,
    ) -> Result<Agent, StoreError> {
        self.plan().play(Method::Agent, self.inner.agent(workspace, id, version)).await
    }
    async fn agents(
        &self,
        workspace: &WorkspaceId,
        after: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<Agent>, StoreError> {
        self.plan().play(Method::Agents, self.inner.agents(workspace, after, limit)).await
    }
    async fn delete_agent(&self, workspace: &WorkspaceId, id: &AgentId) -> Result<(), StoreError> {
        self.plan().play(Method::DeleteAgent, self.inner.delete_agent(workspace, id)).await
    }
    async fn set_prices(&self, workspace: &WorkspaceId, prices: &[ModelPricing]) -> Result<(), StoreError> {
        self.plan().play(Method::SetPrices, self.inner.set_prices(workspace, prices)).await
    }
    async fn prices(&self, workspace: &WorkspaceId) -> Result<Vec<ModelPricing>, StoreError> {
        self.plan().play(Method::Prices, self.inner.prices(workspace)).await
    }
}

#[async_trait]
impl<S: OrchestraStore + ?Sized> OrchestraStore for FaultStore<S> {
    async fn create_orchestra(&self, orchestra: &Orchestra) -> Result<(), StoreError> {
        self.plan().play(Method::CreateOrchestra, self.inner.create_orchestra(orchestra)).await
    }
    async fn orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<OrchestraState, StoreError> {
        self.plan().play(Method::Orchestra, self.inner.orchestra(workspace, id)).await
    }
    async fn bare_orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<Orchestra, StoreError> {
        self.plan().play(Method::BareOrchestra, self.inner.bare_orchestra(workspace, id)).await
    }
    async fn orchestras(
        &self,
        workspace: &WorkspaceId,
        after: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Vec<OrchestraState>, StoreError> {
        self.plan().play(Method::Orchestras, self.inner.orchestras(workspace, after, limit)).await
    }
    async fn edit_orchestra(&self, edit: &OrchestraEdit) -> Result<(), StoreError> {
        self.plan().play(Method::EditOrchestra, self.inner.edit_orchestra(edit)).await
    }
    async fn delete_orchestra(&self, workspace: &WorkspaceId, id: &OrchestraId) -> Result<(), StoreError> {
        self.plan().play(Method::DeleteOrchestra, self.inner.delete_orchestra(workspace, id)).await
    }
    async fn due_schedules(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<DueSchedule>, Option<DateTime<Utc>>), StoreError> {
        self.plan().play(Method::DueSchedules, self.inner.due_schedules(now, limit)).await
    }
    async fn fire(&self, fires: &[Fire], now: DateTime<Utc>) -> Result<Vec<FireAnswer>, StoreError> {
        self.plan().play(Method::Fire, self.inner.fire(fires, now)).await
    }
    async fn firings(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        self.plan().play(Method::Firings, self.inner.firings(workspace, orchestra_id, before, limit)).await
    }
    async fn prune_firings(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        self.plan().play(Method::PruneFirings, self.inner.prune_firings(before, limit)).await
    }
}

#[async_trait]
impl<S: WorkerStore + ?Sized> WorkerStore for FaultStore<S> {
    async fn register_worker(&self, worker: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.plan().play(Method::RegisterWorker, self.inner.register_worker(worker, now)).await
    }
    async fn renew_worker(
        &self,
        worker: WorkerId,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnedRun>>, StoreError> {
        self.plan().play(Method::RenewWorker, self.inner.renew_worker(worker, now)).await
    }
    async fn dead_workers(&self, before: DateTime<Utc>) -> Result<Vec<WorkerId>, StoreError> {
        self.plan().play(Method::DeadWorkers, self.inner.dead_workers(before)).await
    }
    async fn forget_workers(&self, workers: &[WorkerId]) -> Result<(), StoreError> {
        self.plan().play(Method::ForgetWorkers, self.inner.forget_workers(workers)).await
    }
    async fn pause_workspace(
        &self,
        workspace: &WorkspaceId,
        paused: Option<(&Actor, DateTime<Utc>)>,
    ) -> Result<(), StoreError> {
        self.plan().play(Method::PauseWorkspace, self.inner.pause_workspace(workspace, paused)).await
    }
    async fn workspace(&self, workspace: &WorkspaceId) -> Result<WorkspaceState, StoreError> {
        self.plan().play(Method::Workspace, self.inner.workspace(workspace)).await
    }
}
