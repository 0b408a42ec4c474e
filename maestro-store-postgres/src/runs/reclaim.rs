//! Reclaiming: the runs of dead workers come back into the queue.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{RunId, RunRef, WorkerId},
    ports::store::StoreError,
};
use sqlx::postgres::PgRow;

use crate::{
    PostgresStore,
    columns::uuid,
    error::corrupt,
    rows::{BadRow, Columns},
};

impl PostgresStore {
    pub(super) async fn take_back(
        &self,
        dead: &[WorkerId],
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError> {
        if dead.is_empty() {
            return Ok(0);
        }
        let statement = self
            .statement(include_str!("../../queries/reclaim.sql"))
            .bind(dead.iter().map(|worker| uuid(worker.as_u128())).collect::<Vec<_>>())
            .bind(now)
            .bind(i64::from(limit));
        let rows = self.shared.ordinary.fetch(statement).await?;
        let mut news = self.shared.events.news();
        for row in &rows {
            let run = read(row).map_err(|bad| corrupt("live run", "", bad))?;
            news.run(&run);
            news.due(&run.workspace);
            self.shared.floors.lower(&run.workspace, now);
        }
        self.shared.events.tell(news);
        Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
    }
}

fn read(row: &PgRow) -> Result<RunRef, BadRow> {
    let mut columns = Columns::new(row);
    Ok(RunRef {
        workspace: columns.word()?,
        orchestra_id: columns.word()?,
        run_id: columns.id(RunId::from_u128)?,
    })
}
