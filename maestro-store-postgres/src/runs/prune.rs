//! Pruning: what is old and done is deleted, a bounded number of rows at a time.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{domain::RunId, ports::store::StoreError};

use crate::{
    PostgresStore,
    columns::{moment, uuid},
};

/// How far the clock of who made an id may be ahead of the one of who ended the run.
const SKEW: TimeDelta = TimeDelta::days(1);

impl PostgresStore {
    /// Drops runs that ended before `before`, then keys that have expired at `now`; returns how many of both.
    pub(super) async fn prune(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let before = moment(before);
        let runs = self
            .statement(include_str!("../../queries/prune_runs.sql"))
            .bind(before)
            .bind(uuid(first_id_after(before).as_u128()))
            .bind(i64::from(limit));
        let runs = self.shared.ordinary.execute(runs).await?;
        let pruned = u32::try_from(runs).unwrap_or(u32::MAX);
        let keys = self
            .statement(include_str!("../../queries/prune_run_keys.sql"))
            .bind(moment(now))
            .bind(i64::from(limit.saturating_sub(pruned)));
        let keys = self.shared.ordinary.execute(keys).await?;
        Ok(pruned.saturating_add(u32::try_from(keys).unwrap_or(u32::MAX)))
    }
}

/// Returns an id that is larger than those of all runs that were made before a moment.
pub(super) fn first_id_after(at: DateTime<Utc>) -> RunId {
    RunId::at(at.checked_add_signed(SKEW).unwrap_or(at), u128::MAX)
}

/// Returns an id that is smaller than those of all runs that were made after a moment.
pub(super) fn last_id_before(at: DateTime<Utc>) -> RunId {
    RunId::at(at.checked_sub_signed(SKEW).unwrap_or(at), 0)
}
