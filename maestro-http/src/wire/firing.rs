//! Rows of the fire ledger on the wire.

use chrono::{DateTime, Utc};
use maestro_core::domain::{self, RunId};
use serde::Serialize;
use utoipa::ToSchema;

use super::FiringOutcome;

/// What became of a slot, or of a range of slots that share their fate. Every slot is covered by exactly one row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Firing {
    /// The slot, or the first of the range.
    pub(crate) slot: DateTime<Utc>,
    /// The last of the range; the slot itself when the row covers one.
    pub(crate) until_slot: DateTime<Utc>,
    /// How many slots the row covers.
    pub(crate) count: u64,
    pub(crate) outcome: FiringOutcome,
    /// Milliseconds from the (last) slot to the decision.
    pub(crate) late_ms: i64,
    /// The run that was enqueued.
    #[schema(value_type = Option<String>, required = true, format = "uuid")]
    pub(crate) run_id: Option<RunId>,
    /// Why, where the outcome does not say it all.
    #[schema(required = true)]
    pub(crate) reason: Option<String>,
}

impl From<domain::Firing> for Firing {
    fn from(row: domain::Firing) -> Self {
        Self {
            slot: row.slot,
            until_slot: row.until_slot,
            count: row.count,
            outcome: row.outcome.into(),
            late_ms: row.late_ms,
            run_id: row.run_id,
            reason: row.reason,
        }
    }
}
