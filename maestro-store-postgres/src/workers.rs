//! The role that knows which workers live, and which workspaces are paused.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, RunId, RunRef, WorkerId, WorkspaceId},
    ports::store::{ConflictReason, OwnedRun, StoreError, WorkerStore, WorkspaceState},
};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    PostgresStore,
    error::{corrupt, failed},
    numbers::unsigned,
};

#[async_trait]
impl WorkerStore for PostgresStore {
    async fn register_worker(&self, worker: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let register = self.statement(include_str!("../queries/register_worker.sql"));
        let register = register.bind(Uuid::from_u128(worker.as_u128())).bind(now);
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
        let renew = self.statement(include_str!("../queries/renew_worker.sql"));
        let renew = renew.bind(Uuid::from_u128(worker.as_u128())).bind(now);
        let rows = self.shared.hot.fetch(renew).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        rows.iter().filter_map(|row| owned(row).transpose()).collect::<Result<_, _>>().map(Some)
    }

    async fn dead_workers(&self, before: DateTime<Utc>) -> Result<Vec<WorkerId>, StoreError> {
        let dead = self.statement(include_str!("../queries/dead_workers.sql")).bind(before);
        let rows = self.shared.ordinary.fetch(dead).await?;
        rows.iter().map(|row| worker_id(row, "id")).collect::<Result<_, _>>().map_err(failed)
    }

    async fn forget_workers(&self, workers: &[WorkerId]) -> Result<(), StoreError> {
        let workers: Vec<_> = workers.iter().map(|worker| Uuid::from_u128(worker.as_u128())).collect();
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
        let paused_by: Option<String> = row.try_get("paused_by").map_err(failed)?;
        let paused_at = row.try_get("paused_at").map_err(failed)?;
        Ok(WorkspaceState { paused: paused_by.map(Actor::new).zip(paused_at) })
    }
}

fn worker_id(row: &PgRow, column: &str) -> Result<WorkerId, sqlx::Error> {
    Ok(WorkerId::from_u128(row.try_get::<Uuid, _>(column)?.as_u128()))
}

/// Reads a run that a worker owns; `None` is a worker that owns none.
fn owned(row: &PgRow) -> Result<Option<OwnedRun>, StoreError> {
    let run_id: Option<Uuid> = row.try_get("run_id").map_err(failed)?;
    let Some(run_id) = run_id.map(|id| RunId::from_u128(id.as_u128())) else { return Ok(None) };
    let text = |column| row.try_get::<&str, _>(column).map_err(failed);
    let count = |column| -> Result<u32, StoreError> {
        let count: i32 = row.try_get(column).map_err(failed)?;
        unsigned("run", run_id, count.into())
    };
    let run = RunRef {
        workspace: text("workspace_id")?.parse().map_err(|error| corrupt("run", run_id, error))?,
        orchestra_id: text("orchestra_id")?.parse().map_err(|error| corrupt("run", run_id, error))?,
        run_id,
    };
    let cancel = row.try_get("cancel").map_err(failed)?;
    Ok(Some(OwnedRun { run, claim_no: count("claim_no")?, signals: count("signals")?, cancel }))
}
