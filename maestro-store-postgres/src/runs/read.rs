//! Reading runs and their steps, as people do.

use std::collections::HashMap;

use maestro_core::{
    domain::{Run, RunId, RunStep, WorkspaceId},
    ports::store::{RunFilter, StepQuery, StoreError},
};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use super::{listing, run_row, step_listing, step_row};
use crate::{
    PostgresStore,
    columns::uuid,
    error::{corrupt, failed},
    rows::Columns,
    statement::shaped,
};

impl PostgresStore {
    pub(super) async fn one_run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError> {
        let mut runs = self.runs_by_id(workspace, &[run_id]).await?;
        runs.pop().ok_or_else(|| StoreError::no_run(run_id))?
    }

    pub(super) async fn list_runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let (mut runs, mut before) = (Vec::new(), before);
        loop {
            let page = listing::Page { schema: self.shared.schema.name(), workspace, filter, before, limit };
            let ids = self.ids_of(&page).await?;
            for run in self.runs_by_id(workspace, &ids).await? {
                match run {
                    Ok(run) => runs.push(run),
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, "a run makes no sense; lists go without it");
                    }
                }
            }
            runs.truncate(limit as usize);
            if runs.len() == limit as usize || ids.len() < limit as usize {
                return Ok(runs);
            }
            before = ids.last().copied(); // a page that is not full would be taken for the last
        }
    }

    async fn ids_of(&self, page: &listing::Page<'_>) -> Result<Vec<RunId>, StoreError> {
        let Some((text, values)) = page.statement() else { return Ok(Vec::new()) };
        let rows = self.shared.ordinary.fetch(shaped(text, values)).await?;
        let ids: Result<Vec<_>, _> = rows.iter().map(|row| Columns::new(row).id(RunId::from_u128)).collect();
        ids.map_err(|bad| corrupt("run", "", bad))
    }

    pub(super) async fn list_steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError> {
        let page = step_listing::Page { schema: self.shared.schema.name(), workspace, run_id, query, limit };
        let mut steps = Vec::new();
        if let Some((text, values)) = page.statement() {
            let rows = self.shared.ordinary.fetch(shaped(text, values)).await?;
            let read = |row| step_row::read(Columns::new(row));
            let read = |row| read(row).map_err(|bad| corrupt("step of the run", run_id, bad));
            steps = rows.iter().map(read).collect::<Result<_, _>>()?;
        }
        if steps.is_empty() && !self.run_exists(workspace, run_id).await? {
            return Err(StoreError::no_run(run_id));
        }
        Ok(steps)
    }

    /// Reads runs, the newest id first; one that makes no sense is an error of its own.
    async fn runs_by_id(
        &self,
        workspace: &WorkspaceId,
        ids: &[RunId],
    ) -> Result<Vec<Result<Run, StoreError>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = self
            .statement(include_str!("../../queries/runs_by_id.sql"))
            .bind(workspace.as_str())
            .bind(ids.iter().map(|id| uuid(id.as_u128())).collect::<Vec<_>>());
        let rows = self.shared.ordinary.fetch(statement).await?;
        let read = |row| run_row::read(row).map_err(|bad| corrupt("run", id_of(row), bad));
        let mut runs: Vec<_> = rows.iter().map(read).collect();
        self.add_live_totals(workspace, &mut runs).await?;
        Ok(runs)
    }

    /// Adds what the steps of live runs have cost so far.
    async fn add_live_totals(
        &self,
        workspace: &WorkspaceId,
        runs: &mut [Result<Run, StoreError>],
    ) -> Result<(), StoreError> {
        let live = runs.iter().flatten().filter(|run| !run.status.is_final() && run.revision > 0);
        let live: Vec<_> = live.map(|run| uuid(run.id.as_u128())).collect();
        if live.is_empty() {
            return Ok(());
        }
        let statement =
            self.statement(include_str!("../../queries/live_totals.sql")).bind(workspace.as_str()).bind(live);
        let rows = self.shared.ordinary.fetch(statement).await?;
        let totals =
            rows.iter().map(|row| run_row::live_totals(row).map_err(|bad| corrupt("run", id_of(row), bad)));
        let mut totals: HashMap<_, _> = totals.collect::<Result<_, _>>()?;
        for run in runs.iter_mut().flatten().filter(|run| !run.status.is_final()) {
            run.totals = totals.remove(&run.id).unwrap_or_default();
        }
        Ok(())
    }

    async fn run_exists(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<bool, StoreError> {
        let statement = self
            .statement(include_str!("../../queries/run_exists.sql"))
            .bind(workspace.as_str())
            .bind(uuid(run_id.as_u128()));
        let rows = self.shared.ordinary.fetch(statement).await?;
        rows.first().map_or(Ok(false), |row| row.try_get(0).map_err(failed))
    }
}

/// Returns the id of a row for a message about it.
fn id_of(row: &PgRow) -> String {
    row.try_get::<Uuid, _>("id").map(|id| id.to_string()).unwrap_or_default()
}
