//! Reopening: an ended run becomes live again, in one statement.

use maestro_core::{
    domain::{OrchestraId, RunId, RunRef, RunStatus, WorkspaceId},
    ports::store::{ConflictReason, Reopening, StoreError},
};
use sqlx::Row;

use super::{documents, step_rows::StepRows};
use crate::{
    PostgresStore,
    columns::{compared, uuid},
    error::{corrupt, failed},
};

impl PostgresStore {
    pub(super) async fn make_live_again(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError> {
        let Reopening { signal, seq, steps, agents } = reopening;
        let mut rows = StepRows::default();
        rows.push(1, workspace.as_str(), steps)?;
        let statement = self
            .statement(include_str!("../../queries/reopen.sql"))
            .bind(workspace.as_str())
            .bind(uuid(run_id.as_u128()))
            .bind(compared(*seq))
            .bind(uuid(signal.id.as_u128()))
            .bind(documents::signal(signal)?)
            .bind(signal.at)
            .bind(agents.as_deref().map(documents::all_pins));
        let rows = self.shared.hot.fetch(rows.bind(statement)).await?;
        let Some(row) = rows.first() else {
            return self.why_not_reopened(workspace, run_id, reopening).await;
        };
        let orchestra_id: &str = row.try_get(0).map_err(failed)?;
        let orchestra_id = OrchestraId::new(orchestra_id).map_err(|error| corrupt("run", run_id, error))?;
        let run = RunRef { workspace: workspace.clone(), orchestra_id, run_id };
        self.shared.floors.lower(workspace, signal.at);
        let mut news = self.shared.events.news();
        news.run(&run);
        news.signal(&run);
        news.due(workspace);
        self.shared.events.tell(news);
        Ok(())
    }

    /// Tells why a run was not reopened, or that it had been before.
    async fn why_not_reopened(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError> {
        let statement = self
            .statement(include_str!("../../queries/not_reopened.sql"))
            .bind(workspace.as_str())
            .bind(uuid(run_id.as_u128()))
            .bind(uuid(reopening.signal.id.as_u128()));
        let rows = self.shared.hot.fetch(statement).await?;
        let row = rows.first().ok_or_else(|| StoreError::no_run(run_id))?;
        if row.try_get(0).map_err(failed)? {
            return Ok(());
        }
        let status: Option<&str> = row.try_get(1).map_err(failed)?;
        let status: Option<RunStatus> =
            status.map(str::parse).transpose().map_err(|error| corrupt("run", run_id, error))?;
        let reason = match status {
            None => ConflictReason::Live,
            Some(status) if status.is_good() => ConflictReason::Ended,
            Some(_) => ConflictReason::Changed,
        };
        Err(StoreError::conflict("run", run_id, reason))
    }
}
