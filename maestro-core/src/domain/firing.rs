//! Firings: the ledger that says of every slot of a schedule what became of it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Overlap, RunId, name::named_enum};

named_enum!(
    /// What became of a slot.
    FiringOutcome, "firing outcome" {
        /// A run was enqueued.
        Fired = "fired",
        /// A run was enqueued and is held until those before it have ended.
        Buffered = "buffered",
        /// A run was live, and the overlap policy says skip.
        SkippedOverlap = "skipped_overlap",
        /// Nothing played it in time.
        Missed = "missed",
        /// Folded into a later slot that was played.
        Coalesced = "coalesced",
        /// The orchestra was disabled, or its workspace paused.
        Disabled = "disabled",
        /// It could not be played; the reason says why.
        Error = "error",
    }
);

/// A row of the ledger: a slot, or a range of slots that share their fate. Every slot is covered by exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Firing {
    /// The slot, or the first of the range.
    pub slot: DateTime<Utc>,
    /// The last of the range; the slot itself when the row covers one.
    pub until_slot: DateTime<Utc>,
    /// How many slots the row covers.
    pub count: u64,
    /// What became of them.
    pub outcome: FiringOutcome,
    /// Milliseconds from the (last) slot to the decision.
    pub late_ms: i64,
    /// The run that was enqueued.
    pub run_id: Option<RunId>,
    /// Why, in words, where the outcome does not say it all.
    pub reason: Option<String>,
}

/// How many runs of an orchestra are live. Of more than 1,000 a store may count so many and no more: nobody waits for a backlog
/// to be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCount {
    /// Runs that are due, played or parked.
    pub active: u64,
    /// Runs that are held until others have ended.
    pub held: u64,
}

impl LiveCount {
    /// Returns the number of all live runs.
    pub const fn total(self) -> u64 {
        self.active + self.held
    }
}

/// How a new run enters the live queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may play when its time comes.
    Due,
    /// It waits until `promote` lets it go.
    Held,
    /// It does not enter.
    Refused,
}

/// Decides how a run that a slot asks for enters, given the live runs of its orchestra.
pub fn admit_slot(overlap: Overlap, live: LiveCount, max_concurrent_runs: Option<u32>) -> Admission {
    match overlap {
        Overlap::Allow => admit(live, max_concurrent_runs),
        _ if live.total() == 0 => Admission::Due,
        Overlap::QueueAll => Admission::Held,
        Overlap::QueueOne if live.held == 0 => Admission::Held,
        Overlap::QueueOne | Overlap::Skip => Admission::Refused,
    }
}

/// Decides how a run that somebody asked for enters: it is always accepted, at most held.
pub fn admit(live: LiveCount, max_concurrent_runs: Option<u32>) -> Admission {
    match max_concurrent_runs {
        Some(max) if live.total() >= u64::from(max) => Admission::Held,
        _ => Admission::Due,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_enters_by_the_overlap_policy_and_a_person_always() {
        let live = |active, held| LiveCount { active, held };
        let cases = [
            (Overlap::Skip, live(0, 0), None, Admission::Due),
            (Overlap::Skip, live(1, 0), None, Admission::Refused),
            (Overlap::QueueOne, live(1, 0), None, Admission::Held),
            (Overlap::QueueOne, live(1, 1), None, Admission::Refused),
            (Overlap::QueueAll, live(1, 7), None, Admission::Held),
            (Overlap::Allow, live(9, 0), None, Admission::Due),
            (Overlap::Allow, live(2, 0), Some(2), Admission::Held),
        ];
        for (overlap, live, max, expected) in cases {
            assert_eq!(admit_slot(overlap, live, max), expected, "{overlap} {live:?} {max:?}");
        }
        assert_eq!(admit(live(5, 0), None), Admission::Due);
        assert_eq!(admit(live(1, 0), Some(2)), Admission::Due);
        assert_eq!(admit(live(1, 1), Some(2)), Admission::Held);
    }
}
