//! Cancelling: a run ends here, or its worker is asked to end it.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, Failure, OrchestraId, RunId, RunRef, WorkspaceId},
    ports::store::{CancelAnswer, StoreError},
};
use sqlx::{PgConnection, Row};

use crate::{
    PostgresStore,
    columns::uuid,
    error::{corrupt, failed},
    statement::Schema,
};

/// A run to cancel.
struct Doomed<'a> {
    schema: &'a Schema,
    workspace: &'a WorkspaceId,
    run_id: RunId,
    force: bool,
    actor: &'a Actor,
    now: DateTime<Utc>,
}

/// What became of it.
enum Fate {
    Cancelled {
        orchestra: String,
    },
    Requested {
        orchestra: String,
    },
    /// It was not live.
    NotLive,
}

impl PostgresStore {
    pub(super) async fn cancel_run(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<CancelAnswer, StoreError> {
        let doomed = Doomed { schema: &self.shared.schema, workspace, run_id, force, actor, now };
        let mut lane = self.shared.hot.transaction().await?;
        let fate = self.shared.hot.in_time(doomed.cancel(&mut lane)).await;
        let (answer, orchestra) = match lane.settle(fate).await? {
            Fate::Cancelled { orchestra } => (CancelAnswer::Cancelled, orchestra),
            Fate::Requested { orchestra } => (CancelAnswer::Requested, orchestra),
            Fate::NotLive => return self.how_it_ended(workspace, run_id).await,
        };
        let orchestra_id = OrchestraId::new(orchestra).map_err(|error| corrupt("run", run_id, error))?;
        let run = RunRef { workspace: workspace.clone(), orchestra_id, run_id };
        let mut news = self.shared.events.news();
        news.run(&run);
        news.signal(&run);
        self.shared.events.tell(news);
        Ok(answer)
    }

    async fn how_it_ended(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<CancelAnswer, StoreError> {
        let statement = self
            .statement(include_str!("../../queries/final_status.sql"))
            .bind(workspace.as_str())
            .bind(uuid(run_id.as_u128()));
        let rows = self.shared.hot.fetch(statement).await?;
        let row = rows.first().ok_or_else(|| StoreError::no_run(run_id))?;
        let status: Option<&str> = row.try_get(0).map_err(failed)?;
        let status = status.ok_or_else(|| corrupt("run", run_id, "it has neither ended nor a live row"))?;
        status.parse().map(CancelAnswer::Ended).map_err(|error| corrupt("run", run_id, error))
    }
}

impl Doomed<'_> {
    /// Cancels within a transaction. Its first statement takes the row, so that the others see whatever its owner wrote.
    async fn cancel(&self, connection: &mut PgConnection) -> Result<Fate, sqlx::Error> {
        let id = uuid(self.run_id.as_u128());
        let row = self
            .schema
            .query(include_str!("../../queries/lock_live_run.sql"))
            .bind(self.workspace.as_str())
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { return Ok(Fate::NotLive) };
        let (orchestra, is_owned): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
        if is_owned && !self.force {
            self.schema
                .query(include_str!("../../queries/ask_to_cancel.sql"))
                .bind(self.workspace.as_str())
                .bind(&orchestra)
                .bind(id)
                .bind(self.actor.as_str())
                .execute(connection)
                .await?;
            return Ok(Fate::Requested { orchestra });
        }
        self.schema
            .query(include_str!("../../queries/cancel.sql"))
            .bind(self.workspace.as_str())
            .bind(&orchestra)
            .bind(id)
            .bind(Failure::cancelled_by(self.actor).message)
            .bind(self.now)
            .execute(connection)
            .await?;
        Ok(Fate::Cancelled { orchestra })
    }
}
