//! The civil times that an expression names, as bitsets: the search that knows neither zone nor clock.

use super::civil::{DAY, Month};

const MINUTE: i64 = 60; // seconds
const MINUTES_PER_DAY: i64 = 1_440;

/// A set of civil minutes. Bit n of a field stands for the value n.
///
/// Windows are given in civil seconds since 1970-01-01 00:00, from an inclusive start to an exclusive end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Slots {
    pub(super) minutes: u64,
    pub(super) hours: u32,
    /// Days of the month, bits 1 to 31.
    pub(super) days: u32,
    /// Bits 1 to 12.
    pub(super) months: u16,
    /// Bits 0 to 6, Sunday first.
    pub(super) weekdays: u8,
    /// Whether a day of month or a day of week is enough; otherwise both must match.
    pub(super) either_day: bool,
}

impl Slots {
    /// Returns whether there is any: a weekday always comes, and where the date must match too,
    /// a date that exists falls on every weekday within 400 years.
    pub(super) fn ever_come(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let first_day = self.days.trailing_zeros();
        let date_exists =
            (1..=12).any(|month| self.has_month(month) && first_day <= LONGEST[usize::from(month) - 1]);
        self.either_day || date_exists
    }

    /// Returns the first slot of the window.
    pub(super) fn first_in(&self, from: i64, until: i64) -> Option<i64> {
        let (day, minute) = day_and_minute(from);
        let last_day = (until - 1).div_euclid(DAY);
        let found = match self.first_day(day, last_day)? {
            first if first > day => (first, self.first_minute()),
            _ => match self.minute_from(minute) {
                Some(minute) => (day, minute),
                None => (self.first_day(day + 1, last_day)?, self.first_minute()),
            },
        };
        Some(seconds(found)).filter(|slot| *slot < until)
    }

    /// Returns the last slot of the window.
    pub(super) fn last_in(&self, from: i64, until: i64) -> Option<i64> {
        let (day, minute) = day_and_minute(until); // the first minute that is not in the window
        let first_day = from.div_euclid(DAY);
        let found = match self.last_day(first_day, day)? {
            last if last < day => (last, self.last_minute()),
            _ => match self.minute_before(minute) {
                Some(minute) => (day, minute),
                None => (self.last_day(first_day, day - 1)?, self.last_minute()),
            },
        };
        Some(seconds(found)).filter(|slot| *slot >= from)
    }

    /// Returns the number of slots in the window: whole months are counted, not walked.
    pub(super) fn count_in(&self, from: i64, until: i64) -> u64 {
        if until <= from {
            return 0;
        }
        let ((first, after), (last, before)) = (day_and_minute(from), day_and_minute(until));
        let on = |day: i64, minutes: i64| {
            if self.first_day(day, day).is_some() { self.minutes_before(minutes) } else { 0 }
        };
        self.days_between(first, last) * self.minutes_before(MINUTES_PER_DAY) + on(last, before)
            - on(first, after)
    }

    fn has_month(&self, month: u8) -> bool {
        self.months >> month & 1 == 1
    }

    /// Returns the days of `month` that match, bits 1 to 31.
    fn days_of(&self, month: Month) -> u32 {
        const EVERY_WEEK: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28 | 1 << 35;
        if !self.has_month(month.month) {
            return 0;
        }
        let weeks = u64::from(self.weekdays) * EVERY_WEEK;
        let by_weekday = ((weeks >> month.first_weekday()) << 1) as u32;
        let matching = if self.either_day { self.days | by_weekday } else { self.days & by_weekday };
        matching & up_to(month.days())
    }

    fn first_day(&self, from: i64, last: i64) -> Option<i64> {
        let mut month = Month::of(from);
        let mut days = self.days_of(month) & !up_to((from - month.first_day) as u8);
        while days == 0 {
            month = month.next();
            if month.first_day > last {
                return None;
            }
            days = self.days_of(month);
        }
        Some(month.first_day + i64::from(days.trailing_zeros()) - 1).filter(|day| *day <= last)
    }

    fn last_day(&self, first: i64, from: i64) -> Option<i64> {
        let mut month = Month::of(from);
        let mut days = self.days_of(month) & up_to((from - month.first_day + 1) as u8);
        while days == 0 {
            if month.first_day <= first {
                return None;
            }
            month = month.previous();
            days = self.days_of(month);
        }
        Some(month.first_day + i64::from(days.ilog2()) - 1).filter(|day| *day >= first)
    }

    /// Counts the matching days from `first` to the day before `end`.
    fn days_between(&self, first: i64, end: i64) -> u64 {
        let mut month = Month::of(first);
        let mut days = self.days_of(month) & !up_to((first - month.first_day) as u8);
        let mut count = 0;
        loop {
            let next = month.next();
            if end < next.first_day {
                days &= up_to((end - month.first_day) as u8);
                return count + u64::from(days.count_ones());
            }
            count += u64::from(days.count_ones());
            month = next;
            days = self.days_of(month);
        }
    }

    fn first_minute(&self) -> i64 {
        i64::from(self.hours.trailing_zeros()) * 60 + i64::from(self.minutes.trailing_zeros())
    }

    fn last_minute(&self) -> i64 {
        i64::from(self.hours.ilog2()) * 60 + i64::from(self.minutes.ilog2())
    }

    /// Returns the first matching minute of a day at or after `minute`.
    fn minute_from(&self, minute: i64) -> Option<i64> {
        let (hour, minute) = (minute / 60, minute % 60);
        let minutes = self.minutes >> minute << minute;
        if self.hours >> hour & 1 == 1 && minutes != 0 {
            return Some(hour * 60 + i64::from(minutes.trailing_zeros()));
        }
        let later = self.hours >> (hour + 1) << (hour + 1);
        (later != 0)
            .then(|| i64::from(later.trailing_zeros()) * 60 + i64::from(self.minutes.trailing_zeros()))
    }

    /// Returns the last matching minute of a day before `minute`.
    fn minute_before(&self, minute: i64) -> Option<i64> {
        let (hour, minute) = (minute / 60, minute % 60);
        let minutes = self.minutes & ((1 << minute) - 1);
        if self.hours >> hour & 1 == 1 && minutes != 0 {
            return Some(hour * 60 + i64::from(minutes.ilog2()));
        }
        let earlier = self.hours & ((1 << hour) - 1);
        (earlier != 0).then(|| i64::from(earlier.ilog2()) * 60 + i64::from(self.minutes.ilog2()))
    }

    /// Counts the matching minutes of a day before `minute`, which may be the end of the day.
    fn minutes_before(&self, minute: i64) -> u64 {
        let (hour, minute) = (minute / 60, minute % 60);
        let earlier = (self.hours & ((1 << hour) - 1)).count_ones() * self.minutes.count_ones();
        let this_hour = (self.hours >> hour & 1) * (self.minutes & ((1 << minute) - 1)).count_ones();
        u64::from(earlier + this_hour)
    }
}

/// Returns the bits 0 to `day`.
fn up_to(day: u8) -> u32 {
    u32::MAX >> (31 - day)
}

/// Splits civil seconds, rounded up to a minute, into day number and minute of the day.
fn day_and_minute(civil: i64) -> (i64, i64) {
    let minutes = civil.div_euclid(MINUTE) + i64::from(civil.rem_euclid(MINUTE) > 0);
    (minutes.div_euclid(MINUTES_PER_DAY), minutes.rem_euclid(MINUTES_PER_DAY))
}

fn seconds((day, minute): (i64, i64)) -> i64 {
    day * DAY + minute * MINUTE
}
