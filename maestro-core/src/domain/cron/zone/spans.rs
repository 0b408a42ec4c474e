//! A zone as a row of spans, each with a constant offset: civil time inside one is plain arithmetic.

use super::{data, tail::Tail};

/// From then on another offset holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// UTC seconds since 1970.
    pub(super) at: i64,
    /// Seconds east of UTC, from then on.
    pub(super) offset: i64,
}

/// A time without changes. Instants are UTC seconds since 1970, offsets seconds east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Span {
    /// Inclusive; [`i64::MIN`] when there was no change before.
    pub(in super::super) start: i64,
    /// Exclusive; [`i64::MAX`] when no change follows.
    pub(in super::super) end: i64,
    pub(in super::super) offset: i64,
    /// The offset before the start; the same as `offset` when there was no change before.
    pub(in super::super) offset_before: i64,
}

/// All spans of a zone: a table, and from the table's end on the rules of its last years.
#[derive(Debug)]
pub(super) struct Spans {
    first: i64,
    changes: Vec<Change>,
    tail: Option<Tail>,
}

impl Spans {
    /// Makes spans of the offset of old and the changes since, in order.
    pub(super) fn new(first: i64, changes: Vec<Change>) -> Self {
        Self { first, tail: Tail::of(&changes), changes }
    }

    /// Returns the span in which an instant lies.
    pub(super) fn at(&self, utc: i64) -> Span {
        if let Some(tail) = self.tail.filter(|_| utc >= data::END) {
            return tail.span_at(utc);
        }
        let after = self.changes.partition_point(|change| change.at <= utc);
        let offset_until = |index: usize| match index.checked_sub(1) {
            Some(change) => self.changes[change].offset,
            None => self.first,
        };
        let end = match self.changes.get(after) {
            Some(change) => change.at,
            None => self.tail.map_or(i64::MAX, |tail| tail.span_at(data::END).end),
        };
        match after.checked_sub(1) {
            Some(index) => Span {
                start: self.changes[index].at,
                end,
                offset: self.changes[index].offset,
                offset_before: offset_until(index),
            },
            None => Span { start: i64::MIN, end, offset: self.first, offset_before: self.first },
        }
    }
}
