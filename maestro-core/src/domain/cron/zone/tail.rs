//! The yearly changes after the end of the table, read off its last years.

use super::super::civil::{DAY, Date, weekday};
use super::spans::{Change, Span};

const SAMPLE: std::ops::Range<i64> = 2087..2100; // long enough for a date to fall on every weekday

/// Two changes a year, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail([Yearly; 2]);

/// A change on the first such weekday of a date or later; all in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Yearly {
    /// The date, in days after the first of March: leap years do not matter there.
    from_march: i64,
    weekday: u8,
    second_of_day: i64,
    offset: i64,
}

impl Tail {
    /// Reads the rules off a table; `None` when the zone changes no more.
    pub(super) fn of(changes: &[Change]) -> Option<Self> {
        let from = changes.partition_point(|change| year_of(change.at) < SAMPLE.start);
        let sample = &changes[from..];
        let is_twice_a_year = sample.len() == 2 * SAMPLE.count();
        let [first, second] = [0, 1].map(|half| Yearly::of(sample.iter().copied().skip(half).step_by(2)));
        is_twice_a_year.then_some(Self([first?, second?]))
    }

    /// Returns the span in which an instant after the end of the table lies.
    pub(super) fn span_at(&self, utc: i64) -> Span {
        let year = year_of(utc);
        let [first, second] = self.0.map(|rule| rule.in_year(year));
        if utc < first.at {
            let before = self.0[1].in_year(year - 1);
            span(before, first.at, first.offset)
        } else if utc < second.at {
            span(first, second.at, second.offset)
        } else {
            span(second, self.0[0].in_year(year + 1).at, first.offset)
        }
    }
}

impl Yearly {
    /// Returns the rule that gives exactly these changes, one a year.
    fn of(mut changes: impl Iterator<Item = Change> + Clone) -> Option<Self> {
        let from_march =
            changes.clone().map(|change| change.at.div_euclid(DAY) - march(year_of(change.at))).min()?;
        let Change { at, offset } = changes.clone().next()?;
        let (weekday, second_of_day) = (weekday(at.div_euclid(DAY)), at.rem_euclid(DAY));
        let rule = Self { from_march, weekday, second_of_day, offset };
        let holds = from_march >= 0 && changes.all(|change| rule.in_year(year_of(change.at)) == change);
        holds.then_some(rule)
    }

    fn in_year(self, year: i64) -> Change {
        let earliest = march(year) + self.from_march;
        let wait = (i64::from(self.weekday) - i64::from(weekday(earliest))).rem_euclid(7);
        Change { at: (earliest + wait) * DAY + self.second_of_day, offset: self.offset }
    }
}

fn span(start: Change, end: i64, offset_before: i64) -> Span {
    Span { start: start.at, end, offset: start.offset, offset_before }
}

fn year_of(utc: i64) -> i64 {
    Date::of(utc.div_euclid(DAY)).year
}

/// Returns the day number of the first of March.
fn march(year: i64) -> i64 {
    Date { year, month: 3, day: 1 }.day_number()
}

#[cfg(test)]
mod tests {
    use super::super::{Zone, data};
    use super::*;

    #[test]
    fn every_zone_that_still_changes_in_the_last_year_has_a_tail() {
        let last_year = Date { year: 2099, month: 1, day: 1 }.day_number() * DAY;
        let mut with_tail = 0;
        for name in data::names() {
            let zone = Zone::parse(name).unwrap();
            let still_changes = zone.span_at(last_year).end < data::END;
            let goes_on = zone.span_at(data::END).end < i64::MAX;
            assert_eq!(still_changes, goes_on, "{name}");
            with_tail += u32::from(goes_on);
        }
        assert!(with_tail > 150, "{with_tail}");
    }

    #[test]
    fn the_changes_of_2150_are_those_of_the_rule() {
        let new_york = Zone::parse("America/New_York").unwrap();
        let span = new_york.span_at(Date { year: 2150, month: 7, day: 1 }.day_number() * DAY);
        let spring = Date { year: 2150, month: 3, day: 8 }.day_number() * DAY + 7 * 3600; // the second Sunday
        let autumn = Date { year: 2150, month: 11, day: 1 }.day_number() * DAY + 6 * 3600;
        let expected = Span { start: spring, end: autumn, offset: -4 * 3600, offset_before: -5 * 3600 };
        assert_eq!(span, expected);
        assert_eq!(new_york.span_at(spring - 1).end, spring);
        assert_eq!(new_york.span_at(autumn).start, autumn);
    }
}
