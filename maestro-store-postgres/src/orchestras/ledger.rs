//! Rows of the ledger as lists, one for each column.

use chrono::{DateTime, Utc};
use maestro_core::{domain::Firing, ports::store::StoreError};
use uuid::Uuid;

use crate::columns::{big, uuid};

/// The columns of rows to write.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) slots: Vec<DateTime<Utc>>,
    pub(super) until_slots: Vec<DateTime<Utc>>,
    pub(super) counts: Vec<i64>,
    pub(super) outcomes: Vec<&'static str>,
    pub(super) late_ms: Vec<i64>,
    pub(super) runs: Vec<Option<Uuid>>,
    pub(super) reasons: Vec<Option<String>>,
}

impl Columns {
    pub(super) fn of(firings: &[Firing]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for firing in firings {
            columns.slots.push(firing.slot);
            columns.until_slots.push(firing.until_slot);
            columns.counts.push(big("count of slots", firing.count)?);
            columns.outcomes.push(firing.outcome.name());
            columns.late_ms.push(firing.late_ms);
            columns.runs.push(firing.run_id.map(|id| uuid(id.as_u128())));
            columns.reasons.push(firing.reason.clone());
        }
        Ok(columns)
    }
}
