//! Days: from one midnight of a zone to the next, as instants.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};

use super::{CronExpr, Zone};

/// One day of a zone. Where clocks jump over midnight it begins with the first instant after it; where midnight comes
/// twice, with the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// The first instant of the next day.
    pub end: DateTime<Utc>,
}

/// Longer than any day: one that a zone skipped lies within.
const LONG: TimeDelta = TimeDelta::hours(72);

impl Day {
    /// Returns the day of `zone` in which an instant lies.
    ///
    /// ```
    /// use maestro_core::domain::{Day, Zone};
    ///
    /// let day = Day::of(Zone::parse("Europe/Berlin")?, "2026-03-29T10:00:00Z".parse()?);
    /// assert_eq!(day.start, "2026-03-28T23:00:00Z".parse::<chrono::DateTime<chrono::Utc>>()?);
    /// assert_eq!(day.end - day.start, chrono::TimeDelta::hours(23));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(zone: Zone, at: DateTime<Utc>) -> Self {
        static MIDNIGHT: LazyLock<CronExpr> =
            LazyLock::new(|| CronExpr::parse("0 0 * * *").expect("an expression that is tested"));
        let before = at.checked_sub_signed(LONG).unwrap_or(DateTime::<Utc>::MIN_UTC);
        Self {
            start: MIDNIGHT.latest_at_or_before(at, before, &zone).unwrap_or(before),
            end: MIDNIGHT.next_after(at, &zone).unwrap_or(DateTime::<Utc>::MAX_UTC),
        }
    }

    /// Returns the days of `zone` that have an instant from `since` on and before `until`, in order, at most `limit`.
    pub fn between(zone: Zone, since: DateTime<Utc>, until: DateTime<Utc>, limit: usize) -> Vec<Self> {
        let days = std::iter::successors(Some(Self::of(zone, since)), |day| Some(Self::of(zone, day.end)));
        days.take_while(|day| day.start < until).take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(zone: &str, instant: &str) -> (DateTime<Utc>, DateTime<Utc>) {
        let day = Day::of(zone.parse().unwrap(), at(instant));
        (day.start, day.end)
    }

    #[test]
    fn a_day_begins_with_its_midnight_and_ends_with_the_next() {
        let utc = (at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        assert_eq!(day("UTC", "2026-11-22T00:00:00Z"), utc);
        assert_eq!(day("UTC", "2026-11-22T23:59:59.999999Z"), utc);
        assert_eq!(day("UTC", "2026-11-23T00:00:00Z").0, utc.1);
        let new_york = (at("2026-11-01T04:00:00Z"), at("2026-11-02T05:00:00Z")); // 25 hours
        assert_eq!(day("America/New_York", "2026-11-02T04:59:59Z"), new_york);
    }

    #[test]
    fn clocks_that_jump_over_midnight_or_come_back_to_it_lose_no_instant() {
        let cases = [
            ("Africa/Cairo", "2026-04-23T00:00:00Z"), // 00:00 does not exist on the 24th
            ("America/Havana", "2026-10-31T12:00:00Z"), // 01:00 becomes 00:00 on 11-01
            ("Pacific/Apia", "2011-12-29T00:00:00Z"), // the 30th was skipped
            ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"),
        ];
        for (zone, since) in cases {
            let days = Day::between(zone.parse().unwrap(), at(since), at(since) + TimeDelta::days(4), 99);
            assert!(days.len() >= 4, "{zone}");
            assert!(days[0].start <= at(since), "{zone}");
            for pair in days.windows(2) {
                assert_eq!(pair[0].end, pair[1].start, "{zone}");
                assert!(pair[0].start < pair[0].end, "{zone}");
                let middle = pair[1].start + (pair[1].end - pair[1].start) / 2;
                for inside in [pair[1].start, middle, pair[1].end - TimeDelta::microseconds(1)] {
                    assert_eq!(Day::of(zone.parse().unwrap(), inside), pair[1], "{zone} {inside}");
                }
            }
        }
    }

    #[test]
    fn days_end_where_time_does() {
        for far in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let day = Day::of(Zone::default(), far);
            assert!(day.start <= far && far <= day.end, "{day:?}");
        }
        assert_eq!(
            Day::between(Zone::default(), at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), 9),
            []
        );
        let days = Day::between(Zone::default(), at("2026-01-01T00:00:00Z"), DateTime::<Utc>::MAX_UTC, 3);
        assert_eq!(days.len(), 3);
    }
}
