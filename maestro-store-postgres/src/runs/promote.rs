//! Promoting: held runs go when those before them have ended.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{OrchestraId, RunId, RunRef, WorkspaceId},
    ports::store::StoreError,
};
use sqlx::postgres::PgRow;

use super::gate::Gates;
use crate::{
    PostgresStore,
    error::corrupt,
    rows::{BadRow, Columns},
};

impl PostgresStore {
    pub(super) async fn let_go(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        max_concurrent_runs: Option<u32>,
    ) -> Result<u32, StoreError> {
        let statement = self
            .statement(include_str!("../../queries/promote.sql"))
            .bind(workspace.as_str())
            .bind(orchestra_id.as_str())
            .bind(max_concurrent_runs.map(i64::from));
        let gates = Gates::of(&self.shared.schema, [(workspace, orchestra_id)]);
        let mut lane = self.shared.hot.transaction().await?;
        let promoted = async {
            gates.lock(&mut lane, &self.shared.schema).await?;
            statement.fetch_all(&mut *lane).await
        };
        let promoted = self.shared.hot.in_time(promoted).await;
        let rows = lane.settle(promoted).await?;
        let mut news = self.shared.events.news();
        for row in &rows {
            let (run_id, due_at) =
                read(row).map_err(|bad| corrupt("run of the orchestra", orchestra_id, bad))?;
            news.run(&RunRef { workspace: workspace.clone(), orchestra_id: orchestra_id.clone(), run_id });
            news.due(workspace);
            self.shared.floors.lower(workspace, due_at);
        }
        self.shared.events.tell(news);
        Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
    }

    pub(super) async fn holding(&self, limit: u32) -> Result<Vec<(WorkspaceId, OrchestraId)>, StoreError> {
        let statement = self.statement(include_str!("../../queries/held.sql")).bind(i64::from(limit));
        let rows = self.shared.ordinary.fetch(statement).await?;
        let read = |row| -> Result<_, BadRow> {
            let mut columns = Columns::new(row);
            Ok((columns.word()?, columns.word()?))
        };
        // Whoever has no name that makes sense can be let go by nobody, and keeps no other waiting.
        let named = |bad: &BadRow| tracing::error!(reason = %bad, "a held run makes no sense");
        Ok(rows.iter().filter_map(|row| read(row).inspect_err(named).ok()).collect())
    }
}

fn read(row: &PgRow) -> Result<(RunId, DateTime<Utc>), BadRow> {
    let mut columns = Columns::new(row);
    Ok((columns.id(RunId::from_u128)?, columns.moment()?))
}
