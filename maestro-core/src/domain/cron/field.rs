//! The five fields of a crontab line: their names, bounds and words.

use std::fmt;

/// One of the five fields of a cron expression, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CronField {
    /// The first: 0 to 59.
    Minute,
    /// The second: 0 to 23.
    Hour,
    /// The third: 1 to 31.
    DayOfMonth,
    /// The fourth: 1 to 12 or a name, `jan` to `dec`.
    Month,
    /// The fifth: 0 to 7 or a name, `sun` to `sat`; 0 and 7 are Sunday.
    DayOfWeek,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl CronField {
    /// Returns the field's name as people write it, such as `day of month`.
    pub fn name(self) -> &'static str {
        match self {
            CronField::Minute => "minute",
            CronField::Hour => "hour",
            CronField::DayOfMonth => "day of month",
            CronField::Month => "month",
            CronField::DayOfWeek => "day of week",
        }
    }

    /// Returns the smallest and the largest number that may be written.
    pub(super) fn bounds(self) -> (u8, u8) {
        match self {
            CronField::Minute => (0, 59),
            CronField::Hour => (0, 23),
            CronField::DayOfMonth => (1, 31),
            CronField::Month => (1, 12),
            CronField::DayOfWeek => (0, 7),
        }
    }

    /// Returns the largest value there is: 7 is Sunday, which is 0.
    pub(super) fn last(self) -> u8 {
        match self {
            CronField::DayOfWeek => 6,
            other => other.bounds().1,
        }
    }

    /// Returns the field's words; the first stands for the smallest number.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            CronField::Month => &MONTHS,
            CronField::DayOfWeek => &WEEKDAYS,
            CronField::Minute | CronField::Hour | CronField::DayOfMonth => &[],
        }
    }
}

impl fmt::Display for CronField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
