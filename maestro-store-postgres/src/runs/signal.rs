//! Signals: what people and programs tell a live run, without a lease.

use maestro_core::{
    domain::{OrchestraId, RunId, RunRef, Signal, WorkspaceId},
    ports::store::{ConflictReason, StoreError},
};
use sqlx::Row;

use super::documents;
use crate::{
    PostgresStore,
    columns::uuid,
    error::{corrupt, failed},
};

impl PostgresStore {
    pub(super) async fn send_signal(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
    ) -> Result<(), StoreError> {
        let statement = self
            .statement(include_str!("../../queries/signal.sql"))
            .bind(workspace.as_str())
            .bind(uuid(run_id.as_u128()))
            .bind(uuid(signal.id.as_u128()))
            .bind(documents::signal(signal)?)
            .bind(signal.at);
        let rows = self.shared.hot.fetch(statement).await?;
        let Some(row) = rows.first() else { return self.why_not(workspace, run_id, signal).await };
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

    /// Tells why a signal was not kept, or that it had been before.
    async fn why_not(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
    ) -> Result<(), StoreError> {
        let statement = self
            .statement(include_str!("../../queries/signalled.sql"))
            .bind(workspace.as_str())
            .bind(uuid(run_id.as_u128()))
            .bind(uuid(signal.id.as_u128()));
        let rows = self.shared.hot.fetch(statement).await?;
        let row = rows.first().ok_or_else(|| StoreError::no_run(run_id))?;
        match row.try_get(0).map_err(failed)? {
            true => Ok(()),
            false => Err(StoreError::conflict("run", run_id, ConflictReason::Ended)),
        }
    }
}
