//! Stretches of slots: what a schedule has between two moments, counted rather than listed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Firing, FiringOutcome, Orchestra, Schedule};

/// Slots of a schedule that follow each other; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) first: DateTime<Utc>,
    pub(crate) last: DateTime<Utc>,
    pub(crate) count: u64,
}

impl Stretch {
    /// Returns the slots from `from` up to `through`, both included, if there are any. Its cost does not grow with their
    /// number.
    pub(crate) fn of(schedule: &Schedule, from: DateTime<Utc>, through: DateTime<Utc>) -> Option<Self> {
        let after = just_before(from);
        let last = schedule.latest_at_or_before(through, after)?;
        let first = schedule.next_after(after)?;
        Some(Self { first, last, count: schedule.count_between(after, last) })
    }

    /// Returns the stretch of a single slot.
    pub(crate) fn one(slot: DateTime<Utc>) -> Self {
        Self { first: slot, last: slot, count: 1 }
    }

    /// Returns the milliseconds from the last slot to `now`.
    pub(crate) fn late_ms(self, now: DateTime<Utc>) -> i64 {
        (now - self.last).num_milliseconds()
    }

    /// Returns the ledger row that says what became of the slots.
    pub(crate) fn firing(self, outcome: FiringOutcome, reason: &str, now: DateTime<Utc>) -> Firing {
        Firing {
            slot: self.first,
            until_slot: self.last,
            count: self.count,
            outcome,
            late_ms: self.late_ms(now),
            run_id: None,
            reason: Some(reason.to_owned()),
        }
    }
}

/// Returns the schedule of an orchestra that has one, enabled or not.
pub(crate) fn schedule_of(orchestra: &Orchestra) -> Option<Schedule> {
    Some(Schedule::new(orchestra.cron.clone()?, orchestra.timezone))
}

/// Returns the last moment before `at`, times being whole microseconds.
pub(crate) fn just_before(at: DateTime<Utc>) -> DateTime<Utc> {
    at.checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(at)
}
