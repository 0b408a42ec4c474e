//! Dates as day numbers: days since 1970-01-01 in the Gregorian calendar, without any zone.

/// A date of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: u8,
    /// 1 to 31.
    pub(super) day: u8,
}

/// Seconds.
pub(super) const DAY: i64 = 86_400;

const DAYS_PER_ERA: i64 = 146_097; // 400 years, after which the calendar repeats
const DAYS_TO_EPOCH: i64 = 719_468; // from 0000-03-01 to 1970-01-01

impl Date {
    /// Returns the date of a day number.
    // Years start in March here, so that the day of the leap year comes last.
    pub(super) fn of(day_number: i64) -> Self {
        let day_number = day_number + DAYS_TO_EPOCH;
        let era = day_number.div_euclid(DAYS_PER_ERA);
        let day_of_era = day_number.rem_euclid(DAYS_PER_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8,
        }
    }

    /// Returns the day number of the date.
    pub(super) fn day_number(self) -> i64 {
        let (year, month) = (self.year - i64::from(self.month <= 2), i64::from(self.month));
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
    }
}

/// A month, and the number of its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Month {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) first_day: i64,
}

impl Month {
    /// Returns the month in which a day lies.
    pub(super) fn of(day_number: i64) -> Self {
        let date = Date::of(day_number);
        Self { year: date.year, month: date.month, first_day: day_number - i64::from(date.day) + 1 }
    }

    /// Returns the number of days.
    pub(super) fn days(self) -> u8 {
        match self.month {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Returns the weekday of the first day; Sunday is 0.
    pub(super) fn first_weekday(self) -> u8 {
        weekday(self.first_day)
    }

    pub(super) fn next(self) -> Self {
        let first_day = self.first_day + i64::from(self.days());
        match self.month {
            12 => Self { year: self.year + 1, month: 1, first_day },
            month => Self { year: self.year, month: month + 1, first_day },
        }
    }

    pub(super) fn previous(self) -> Self {
        let (year, month) = if self.month == 1 { (self.year - 1, 12) } else { (self.year, self.month - 1) };
        let previous = Self { year, month, first_day: 0 };
        Self { first_day: self.first_day - i64::from(previous.days()), ..previous }
    }
}

/// Returns the weekday of a day; Sunday is 0.
pub(super) fn weekday(day_number: i64) -> u8 {
    (day_number + 4).rem_euclid(7) as u8 // 1970-01-01 was a Thursday
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};

    use super::*;

    #[test]
    fn dates_months_and_weekdays_are_those_of_chrono() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for day_number in (-800_000..3_000_000).step_by(17) {
            let expected = epoch + chrono::TimeDelta::days(day_number);
            let date = Date::of(day_number);
            let (month, day) = (expected.month() as u8, expected.day() as u8);
            assert_eq!(date, Date { year: i64::from(expected.year()), month, day });
            assert_eq!(date.day_number(), day_number);
            assert_eq!(u32::from(weekday(day_number)), expected.weekday().num_days_from_sunday());
            let month = Month::of(day_number);
            assert_eq!(month.next(), Month::of(month.first_day + i64::from(month.days())));
            assert_eq!(month.previous(), Month::of(month.first_day - 1));
            assert_eq!(Month::of(month.next().first_day - 1), month);
        }
    }
}
