//! The state of a loop that plays its body.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::super::{Failure, Payload};
use super::frames::FrameId;

/// A loop that plays its body.
#[derive(Debug)]
pub(super) struct Looping {
    /// What its row is to say of its input.
    pub(super) input: Option<Payload>,
    pub(super) started_at: DateTime<Utc>,
    /// Iterations that are played now.
    pub(super) open: BTreeMap<u32, FrameId>,
    /// Iterations that the record tells of and that nobody has looked at yet.
    pub(super) begun: BTreeSet<u32>,
    pub(super) kind: LoopKind,
    /// The failed iteration with the smallest number, once the loop must fail.
    pub(super) failed: Option<(u32, Failure)>,
    /// Whether an iteration was not played to its end because the run is failing.
    pub(super) cut_short: bool,
    /// Whether its end is on record although it is open: it is looked through for the `stop` that ended it.
    pub(super) is_on_record: bool,
}

#[derive(Debug)]
pub(super) enum LoopKind {
    Map {
        items: Vec<Payload>,
        /// The first item that was not begun, apart from those that were begun out of order.
        next: usize,
        /// What the iterations gave that are over; nothing for those that are left out.
        results: Vec<Option<Payload>>,
    },
    Repeat {
        index: u32,
        /// What the iteration returned, once it has.
        last: Option<Payload>,
    },
}
