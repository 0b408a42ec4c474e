//! The role that keeps orchestras, their schedules and the ledger, as the port has it.

mod fire;
mod ledger;
mod row;
mod write;

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Firing, Orchestra, OrchestraId, WorkspaceId},
    ports::store::{
        ConflictReason, DueSchedule, Fire, FireAnswer, OrchestraEdit, OrchestraState, OrchestraStore,
        StoreError,
    },
};
use sqlx::Row;

use self::row::Odd;
use crate::{PostgresStore, columns::moment, error::failed};

/// Live runs of an orchestra are counted up to here: a backlog of a million must not be walked to show a page.
const MOST_COUNTED: i64 = 1_000;

#[async_trait]
impl OrchestraStore for PostgresStore {
    async fn create_orchestra(&self, orchestra: &Orchestra) -> Result<(), StoreError> {
        if self.shared.ordinary.execute(write::create(self, orchestra)?).await? == 0 {
            return Err(StoreError::conflict("orchestra", &orchestra.id, ConflictReason::Taken));
        }
        self.tell_of_orchestra(&orchestra.workspace, &orchestra.id);
        Ok(())
    }

    async fn orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<OrchestraState, StoreError> {
        let one = self
            .statement(include_str!("../../queries/orchestra.sql"))
            .bind(workspace.as_str())
            .bind(id.as_str())
            .bind(MOST_COUNTED);
        let rows = self.shared.ordinary.fetch(one).await?;
        row::state(rows.first().ok_or_else(|| StoreError::no_orchestra(id))?)
    }

    async fn bare_orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<Orchestra, StoreError> {
        let one = self
            .statement(include_str!("../../queries/bare_orchestra.sql"))
            .bind(workspace.as_str())
            .bind(id.as_str());
        let rows = self.shared.hot.fetch(one).await?;
        row::bare(rows.first().ok_or_else(|| StoreError::no_orchestra(id))?)
    }

    async fn orchestras(
        &self,
        workspace: &WorkspaceId,
        after: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Vec<OrchestraState>, StoreError> {
        let list = self
            .statement(include_str!("../../queries/orchestras.sql"))
            .bind(workspace.as_str())
            .bind(after.map(OrchestraId::as_str))
            .bind(i64::from(limit))
            .bind(MOST_COUNTED);
        self.shared.ordinary.fetch(list).await?.iter().map(row::state).collect()
    }

    async fn edit_orchestra(&self, edit: &OrchestraEdit) -> Result<(), StoreError> {
        let Orchestra { workspace, id, .. } = &edit.orchestra;
        let rows = self.shared.ordinary.fetch(write::edit(self, edit)?).await?;
        let row = rows.first().ok_or_else(|| StoreError::no_orchestra(id))?;
        if !row.try_get::<bool, _>("as_read").map_err(failed)? {
            return Err(StoreError::conflict("orchestra", id, ConflictReason::Changed));
        }
        self.tell_of_orchestra(workspace, id);
        Ok(())
    }

    async fn delete_orchestra(&self, workspace: &WorkspaceId, id: &OrchestraId) -> Result<(), StoreError> {
        let ordinary = &self.shared.ordinary;
        let mut lane = ordinary.transaction().await?;
        let deletion = async {
            let lock = self.statement(include_str!("../../queries/lock_orchestra.sql"));
            lock.bind(workspace.as_str()).bind(id.as_str()).execute(&mut *lane).await?;
            let delete = self.statement(include_str!("../../queries/delete_orchestra.sql"));
            delete.bind(workspace.as_str()).bind(id.as_str()).fetch_optional(&mut *lane).await
        };
        let answer = ordinary.in_time(deletion).await;
        let row = lane.settle(answer).await?.ok_or_else(|| StoreError::no_orchestra(id))?;
        if row.try_get("enabled").map_err(failed)? {
            return Err(StoreError::conflict("orchestra", id, ConflictReason::Enabled));
        }
        if row.try_get("has_live_runs").map_err(failed)? {
            return Err(StoreError::conflict("orchestra", id, ConflictReason::LiveRuns));
        }
        self.tell_of_orchestra(workspace, id);
        Ok(())
    }

    async fn due_schedules(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<DueSchedule>, Option<DateTime<Utc>>), StoreError> {
        let limit = limit as usize;
        let mut asked = limit;
        loop {
            let statement = self.statement(include_str!("../../queries/due_schedules.sql"));
            let statement = statement.bind(moment(now)).bind(i64::try_from(asked).unwrap_or(i64::MAX));
            let rows = self.shared.hot.fetch(statement).await?;
            let next = rows.first().and_then(row::next_moment);
            let (mut due, odd) = row::due(&rows);
            // What makes no sense stays due, and whoever stands behind it must fire all the same.
            if rows.len() < asked || due.len() >= limit {
                self.tell_of_odd(&odd);
                due.truncate(limit);
                return Ok((due, next));
            }
            asked = asked.saturating_mul(2);
        }
    }

    async fn fire(&self, fires: &[Fire], now: DateTime<Utc>) -> Result<Vec<FireAnswer>, StoreError> {
        self.fire_all(fires, now).await
    }

    async fn firings(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        let list = self
            .statement(include_str!("../../queries/firings.sql"))
            .bind(workspace.as_str())
            .bind(orchestra_id.as_str())
            .bind(before.map(moment))
            .bind(i64::from(limit));
        let rows = self.shared.ordinary.fetch(list).await?;
        if rows.is_empty() {
            return Err(StoreError::no_orchestra(orchestra_id));
        }
        rows.iter().filter_map(|row| row::firing(row, orchestra_id).transpose()).collect()
    }

    async fn prune_firings(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let prune = self.statement(include_str!("../../queries/prune_firings.sql"));
        let pruned = self.shared.ordinary.execute(prune.bind(moment(before)).bind(i64::from(limit))).await?;
        Ok(u32::try_from(pruned).unwrap_or(limit))
    }
}

impl PostgresStore {
    /// Says that schedules make no sense, when there are more of them than at the last look.
    fn tell_of_odd(&self, odd: &[Odd]) {
        let before = self.shared.odd_schedules.swap(odd.len(), Ordering::Relaxed);
        if let Some(Odd { orchestra, reason }) = odd.first().filter(|_| odd.len() > before) {
            let count = odd.len();
            tracing::error!(orchestra, %reason, count, "orchestras are due that make no sense; they do not fire");
        }
    }

    fn tell_of_orchestra(&self, workspace: &WorkspaceId, id: &OrchestraId) {
        let mut news = self.shared.events.news();
        news.orchestra(workspace, id);
        self.shared.events.tell(news);
    }
}
