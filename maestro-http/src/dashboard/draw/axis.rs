//! An axis of time on which long waits are short, so that what was done is seen.

use chrono::{DateTime, Utc};

/// Maps moments to places. Where nothing was done for long, the axis is broken: the wait takes a fixed length.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pieces: Vec<Piece>,
    /// The place of the end, in milliseconds of the axis.
    pub(crate) length: f64,
    /// How many waits are shortened.
    pub(crate) breaks: usize,
}

#[derive(Clone, Debug)]
struct Piece {
    from: i64,
    until: i64,
    at: f64,
    length: f64,
    is_broken: bool,
}

impl Axis {
    /// Makes the axis of what was done in `spans`, from `begin` to `end`. A gap between them that is longer than
    /// `longest` milliseconds gets the length `short`.
    pub(crate) fn new(
        begin: DateTime<Utc>,
        end: DateTime<Utc>,
        spans: impl IntoIterator<Item = (DateTime<Utc>, DateTime<Utc>)>,
        (longest, short): (f64, f64),
    ) -> Self {
        let ms = |at: DateTime<Utc>| at.timestamp_millis();
        let (begin, end) = (ms(begin), ms(end).max(ms(begin)));
        let mut spans: Vec<_> = spans
            .into_iter()
            .map(|(from, until)| (ms(from).clamp(begin, end), ms(until).clamp(begin, end)))
            .filter(|(from, until)| from <= until)
            .collect();
        spans.sort_unstable();
        spans.push((end, end));
        let mut axis = Self { pieces: Vec::new(), length: 0.0, breaks: 0 };
        let mut reached = begin;
        for (from, until) in spans {
            if from > reached {
                let gap = (from - reached) as f64;
                axis.push(reached, from, if gap > longest { short } else { gap }, gap > longest);
                reached = from;
            }
            if until > reached {
                axis.push(reached, until, (until - reached) as f64, false);
                reached = until;
            }
        }
        axis
    }

    fn push(&mut self, from: i64, until: i64, length: f64, is_broken: bool) {
        self.pieces.push(Piece { from, until, at: self.length, length, is_broken });
        self.length += length;
        self.breaks += usize::from(is_broken);
    }

    /// Returns the place of a moment, in milliseconds of the axis.
    pub(crate) fn place(&self, at: DateTime<Utc>) -> f64 {
        let ms = at.timestamp_millis();
        let after = self.pieces.partition_point(|piece| piece.from <= ms);
        let Some(piece) = after.checked_sub(1).and_then(|index| self.pieces.get(index)) else { return 0.0 };
        let whole = (piece.until - piece.from).max(1) as f64;
        let inside = (ms.min(piece.until) - piece.from) as f64 / whole;
        piece.at + inside * piece.length
    }

    /// Tells whether a wait between two moments is drawn shorter than it was.
    pub(crate) fn is_broken_between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let (from, until) = (from.timestamp_millis(), until.timestamp_millis());
        self.pieces.iter().any(|piece| piece.is_broken && piece.from < until && from < piece.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_long_wait_takes_a_fixed_length_and_all_else_its_own() {
        let spans = [(at(0), at(10)), (at(12), at(20)), (at(3_620), at(3_630))];
        let axis = Axis::new(at(0), at(3_630), spans, (5_000.0, 1_000.0));
        assert_eq!((axis.length, axis.breaks), (31_000.0, 1));
        assert_eq!([0, 10, 12, 20].map(|s| axis.place(at(s))), [0.0, 10_000.0, 12_000.0, 20_000.0]);
        assert_eq!(axis.place(at(1_820)), 20_500.0);
        assert_eq!([3_620, 3_630, 9_999].map(|s| axis.place(at(s))), [21_000.0, 31_000.0, 31_000.0]);
        assert!(axis.is_broken_between(at(20), at(3_620)));
        assert!(!axis.is_broken_between(at(0), at(20)));
    }

    #[test]
    fn spans_that_overlap_or_lie_outside_break_nothing() {
        let spans = [(at(5), at(9)), (at(-10), at(7)), (at(8), at(99)), (at(4), at(3))];
        let axis = Axis::new(at(0), at(10), spans, (1_000.0, 1.0));
        assert_eq!(axis.length, 10_000.0);
        assert_eq!(Axis::new(at(5), at(1), [], (1.0, 1.0)).length, 0.0);
    }
}
