//! What clauses are written with: fixed times, ids from a seed, odd texts, short ways to play a run.

mod bench;
mod check;
mod samples;
mod together;

use chrono::{DateTime, TimeDelta, Utc};

pub(super) use self::bench::{Bench, Lease, failed, park, quota, succeeded};
pub(super) use self::check::{
    assert_conflict, assert_not_found, assert_same_run, assert_same_steps, ids, read_pages, sorted,
};
pub(super) use self::samples::{TEXTS, billed, payloads, step};
pub(super) use self::together::{at_once, drop_after_polls};
use crate::domain::{OrchestraId, WorkspaceId};

/// Later than anything a clause plans for.
pub(super) const LONG_AFTER: i64 = 3_000_000_000;

/// Returns the moment so many seconds after the beginning of every clause: an odd number of microseconds.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp_micros(1_772_953_199_987_653).expect("a moment in 2026");
    start + TimeDelta::seconds(seconds)
}

/// Returns the shortest time that a store tells apart.
pub(super) fn tick() -> TimeDelta {
    TimeDelta::microseconds(1)
}

/// Returns the id of a workspace.
pub(super) fn workspace(name: &str) -> WorkspaceId {
    WorkspaceId::new(name).expect("a good workspace id")
}

/// Returns the id of an orchestra.
pub(super) fn orchestra_id(name: &str) -> OrchestraId {
    OrchestraId::new(name).expect("a good orchestra id")
}
