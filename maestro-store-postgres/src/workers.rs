//! The role that knows which workers live, and which workspaces are paused.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, ClaimId, RunId, RunRef, WorkerId, WorkspaceId},
    ports::store::{ConflictReason, OwnedRun, StoreError, WorkerStore, WorkspaceState},
};
use sqlx::postgres::PgRow;

use crate::{
    PostgresStore,
    columns::{moment, uuid},
    error::corrupt,
    rows::{BadRow, Columns},
};

#[async_trait]
impl WorkerStore for PostgresStore {
    async fn register_worker(&self, worker: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let register = self.statement(include_str!("../queries/register_worker.sql"));
        let register = register.bind(uuid(worker.as_u128())).bind(now);
        match self.shared.hot.execute(register).await? {
            0 => Err(StoreError::conflict("worker", worker, ConflictReason::Ended)),
            _ => Ok(()),
        }
    }

    async fn renew_worker(
        &self,
        worker: WorkerId,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnedRun>>, StoreError> {
        let (claims, clock) = (&self.shared.claims, &self.shared.clock);
        let look = claims.look(worker, clock.monotonic());
        let uuids = |ids: &Vec<ClaimId>| ids.iter().map(|id| uuid(id.as_u128())).collect::<Vec<_>>();
        let renew = self
            .statement(include_str!("../queries/renew_worker.sql"))
            .bind(uuid(worker.as_u128()))
            .bind(now)
            .bind(look.claims.as_ref().map(uuids));
        let rows = self.shared.hot.fetch(renew).await?;
        if rows.is_empty() {
            claims.forget(worker);
            return Ok(None);
        }
        let owned = rows.iter().filter_map(|row| owned(row).transpose());
        let owned = owned.collect::<Result<Vec<_>, StoreError>>()?;
        let by = owned.iter().filter_map(|(_, claim)| *claim).collect();
        claims.learn(worker, &look, &by, clock.monotonic());
        Ok(Some(owned.into_iter().map(|(run, _)| run).collect()))
    }

    async fn dead_workers(&self, before: DateTime<Utc>) -> Result<Vec<WorkerId>, StoreError> {
        let dead = self.statement(include_str!("../queries/dead_workers.sql")).bind(moment(before));
        let rows = self.shared.ordinary.fetch(dead).await?;
        let id = |row| Columns::new(row).id(WorkerId::from_u128).map_err(|bad| corrupt("worker", "", bad));
        rows.iter().map(id).collect()
    }

    async fn forget_workers(&self, workers: &[WorkerId]) -> Result<(), StoreError> {
        let workers: Vec<_> = workers.iter().map(|worker| uuid(worker.as_u128())).collect();
        let forget = self.statement(include_str!("../queries/forget_workers.sql")).bind(workers);
        self.shared.ordinary.execute(forget).await.map(drop)
    }

    async fn pause_workspace(
        &self,
        workspace: &WorkspaceId,
        paused: Option<(&Actor, DateTime<Utc>)>,
    ) -> Result<(), StoreError> {
        let pause = self
            .statement(include_str!("../queries/pause_workspace.sql"))
            .bind(workspace.as_str())
            .bind(paused.map(|(actor, _)| actor.as_str()))
            .bind(paused.map(|(_, at)| at));
        self.shared.ordinary.execute(pause).await?;
        let mut news = self.shared.events.news();
        news.workspace(workspace);
        self.shared.events.tell(news);
        Ok(())
    }

    async fn workspace(&self, workspace: &WorkspaceId) -> Result<WorkspaceState, StoreError> {
        let switches = self.statement(include_str!("../queries/workspace.sql")).bind(workspace.as_str());
        let rows = self.shared.ordinary.fetch(switches).await?;
        let Some(row) = rows.first() else { return Ok(WorkspaceState::default()) };
        let mut columns = Columns::new(row);
        let mut read = || Ok((columns.value::<Option<&str>>()?, columns.some_moment()?));
        let (paused_by, paused_at) = read().map_err(|bad: BadRow| corrupt("workspace", workspace, bad))?;
        Ok(WorkspaceState { paused: paused_by.map(Actor::new).zip(paused_at) })
    }
}

/// Reads a run that a worker owns, and by which claim; `None` is a worker that owns none.
fn owned(row: &PgRow) -> Result<Option<(OwnedRun, Option<ClaimId>)>, StoreError> {
    let mut columns = Columns::new(row);
    let run_id = columns.some_id(RunId::from_u128).map_err(|bad| corrupt("run", "", bad))?;
    let Some(run_id) = run_id else { return Ok(None) };
    let mut read = || {
        let run = RunRef { workspace: columns.word()?, orchestra_id: columns.word()?, run_id };
        let (claim_no, seq, signals) = (columns.count()?, columns.count()?, columns.count()?);
        let owned = OwnedRun { run, claim_no, seq, signals, cancel: columns.value()? };
        Ok(Some((owned, columns.some_id(ClaimId::from_u128)?)))
    };
    read().map_err(|bad: BadRow| corrupt("run", run_id, bad))
}
