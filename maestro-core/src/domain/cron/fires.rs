//! From civil slots to instants: what an expression means in a zone whose clocks change.
//!
//! The zone is walked span by span; inside a span the offset is constant. A *wildcard* expression names every
//! instant whose civil time is a slot, so it finds nothing in a gap and both passes of an overlap. A *fixed-time*
//! expression names each slot once, at the first instant whose clock shows that time or a later one.

use chrono::{DateTime, Utc};

use super::slots::Slots;
use super::zone::{Span, Zone};

const LONGEST_CATCH_UP: i64 = 3 * 3600; // seconds; a longer gap means that a place moved its calendar
const HORIZON: i64 = 253_402_300_800; // 10000-01-01 00:00 UTC, which RFC 3339 cannot write

/// The slots of an expression, to be looked up in zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fires {
    pub(super) slots: Slots,
    /// Whether neither minute nor hour starts with `*`.
    pub(super) is_fixed_time: bool,
}

impl Fires {
    /// Returns the first fire after an instant.
    pub(super) fn next_after(&self, after: DateTime<Utc>, zone: Zone) -> Option<DateTime<Utc>> {
        let mut from = first_second_after(after);
        while from < HORIZON {
            let part = self.part(zone.span_at(from), from, HORIZON);
            if let Some(fire) = part.first(&self.slots) {
                return DateTime::from_timestamp(fire, 0);
            }
            from = part.until;
        }
        None
    }

    /// Returns the last fire up to `through` that is later than `after`.
    pub(super) fn last_between(
        &self,
        after: DateTime<Utc>,
        through: DateTime<Utc>,
        zone: Zone,
    ) -> Option<DateTime<Utc>> {
        let (from, mut until) = (first_second_after(after), end_of(through));
        while from < until {
            let part = self.part(zone.span_at(until - 1), from, until);
            if let Some(fire) = part.last(&self.slots) {
                return DateTime::from_timestamp(fire, 0);
            }
            until = part.from;
        }
        None
    }

    /// Counts the fires after `after` and up to `through`.
    pub(super) fn count_between(&self, after: DateTime<Utc>, through: DateTime<Utc>, zone: Zone) -> u64 {
        let (mut from, until) = (first_second_after(after), end_of(through));
        let mut count = 0;
        while from < until {
            let part = self.part(zone.span_at(from), from, until);
            count += part.count(&self.slots);
            from = part.until;
        }
        count
    }

    /// Cuts a span to a window of UTC seconds.
    fn part(&self, span: Span, from: i64, until: i64) -> Part {
        let Span { start, end, offset, offset_before } = span;
        let (from, until) = (from.max(start), until.min(end));
        let mut civil_from = from + offset;
        let mut gap = None;
        if self.is_fixed_time && offset < offset_before {
            // Clocks went back: what they showed before the change has had its turn.
            civil_from = civil_from.max(start + offset_before);
        } else if self.is_fixed_time && offset > offset_before && from == start {
            let is_caught_up = offset - offset_before <= LONGEST_CATCH_UP;
            gap = is_caught_up.then_some((start + offset_before, start + offset));
        }
        Part { from, until, offset, civil_from, gap }
    }
}

/// A part of a span, in UTC seconds, with the slots that are looked up in it.
struct Part {
    from: i64,
    until: i64,
    offset: i64,
    /// The first civil second whose slot belongs here.
    civil_from: i64,
    /// The civil times that were skipped right before and whose slots fire at `from`.
    gap: Option<(i64, i64)>,
}

impl Part {
    fn catches_up(&self, slots: &Slots) -> bool {
        self.gap.is_some_and(|(from, until)| slots.first_in(from, until).is_some())
    }

    fn civil_until(&self) -> i64 {
        self.until + self.offset
    }

    fn first(&self, slots: &Slots) -> Option<i64> {
        if self.catches_up(slots) {
            return Some(self.from);
        }
        slots.first_in(self.civil_from, self.civil_until()).map(|slot| slot - self.offset)
    }

    fn last(&self, slots: &Slots) -> Option<i64> {
        match slots.last_in(self.civil_from, self.civil_until()) {
            Some(slot) => Some(slot - self.offset),
            None => self.catches_up(slots).then_some(self.from),
        }
    }

    fn count(&self, slots: &Slots) -> u64 {
        // A slot at the end of the gap is the same instant as those in it.
        let is_slot_at_start = || slots.first_in(self.civil_from, self.civil_from + 1).is_some();
        let extra = self.catches_up(slots) && !is_slot_at_start();
        slots.count_in(self.civil_from, self.civil_until()) + u64::from(extra)
    }
}

fn first_second_after(after: DateTime<Utc>) -> i64 {
    after.timestamp() + 1
}

fn end_of(through: DateTime<Utc>) -> i64 {
    (through.timestamp() + 1).min(HORIZON)
}
