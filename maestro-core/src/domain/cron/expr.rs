//! [`CronExpr`]: a checked cron expression and when it fires.

use std::{fmt, str::FromStr, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CronError, Zone, describe::describe, fires::Fires, parse::parse};

/// A cron expression as crontab(5) defines it and Debian runs it: five fields or a nickname.
///
/// | field | values | also |
/// | --- | --- | --- |
/// | minute | 0 to 59 | |
/// | hour | 0 to 23 | |
/// | day of month | 1 to 31 | |
/// | month | 1 to 12 | `jan` to `dec` |
/// | day of week | 0 to 7, 0 and 7 are Sunday | `sun` to `sat` |
///
/// A field is `*`, a value, a range `a-b`, a stepped range `*/n` or `a-b/n`, or a list of these with commas.
/// Names are three letters in any case and may stand wherever a value may. Nicknames are `@hourly`, `@daily`,
/// `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`, in lower case only.
///
/// **Days.** When neither day of month nor day of week starts with `*`, a day that matches *either* is enough;
/// otherwise *both* must match. So `0 9 1 * 1` fires on every first and every Monday, and `0 9 */2 * 1` on
/// Mondays with an odd date.
///
/// **Clock changes.** When neither minute nor hour starts with `*`, the expression names times of day: each is
/// met once, those in a gap of up to three hours together at its end, those that repeat in the first pass.
/// Any other expression follows elapsed time: nothing in a gap, both passes of a repeated hour.
///
/// There are no fires after the year 9999. Two expressions are equal when they are written the same,
/// whatever the spaces.
///
/// ```
/// use maestro_core::domain::{CronExpr, Zone};
///
/// let expr: CronExpr = "30 2 * * *".parse()?;
/// let new_york = Zone::parse("America/New_York")?;
/// let spring = "2026-03-08T00:00:00-05:00".parse()?;
/// let fires: Vec<_> = expr.fires_after(spring, &new_york).take(2).map(|at| new_york.local(at).to_rfc3339()).collect();
/// assert_eq!(fires, ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CronExpr {
    text: Arc<str>,
    fires: Fires,
}

impl CronExpr {
    /// Reads an expression; the same as [`str::parse`].
    ///
    /// # Errors
    /// [`CronError`] names the field, what stood there, why it is refused and what to write instead.
    /// Refused are, among others: fields for seconds or years, `?`, `L`, `W` and `#` of Quartz, `@reboot`,
    /// ranges that wrap around, a step without a range, and dates that never come.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let parsed = parse(text)?;
        let fires = Fires { slots: parsed.slots, is_fixed_time: parsed.is_fixed_time };
        Ok(Self { text: parsed.text.into(), fires })
    }

    /// Returns the expression as it was written, with single spaces between the fields.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the first fire strictly later than `after`; `None` only past the year 9999.
    pub fn next_after(&self, after: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
        self.fires.next_after(after, *zone)
    }

    /// Returns all fires strictly later than `after`, in order.
    pub fn fires_after(
        &self,
        after: DateTime<Utc>,
        zone: &Zone,
    ) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let (fires, zone) = (self.fires, *zone);
        std::iter::successors(fires.next_after(after, zone), move |last| fires.next_after(*last, zone))
    }

    /// Counts the fires later than `after` and not later than `through`. Whole months are counted at once,
    /// so a long window is cheap.
    ///
    /// ```
    /// use maestro_core::domain::{CronExpr, Zone};
    ///
    /// let every_minute: CronExpr = "* * * * *".parse()?;
    /// let year = ("2025-12-31T23:59:59Z".parse()?, "2026-12-31T23:59:59Z".parse()?);
    /// assert_eq!(every_minute.count_between(year.0, year.1, &Zone::default()), 365 * 24 * 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_between(&self, after: DateTime<Utc>, through: DateTime<Utc>, zone: &Zone) -> u64 {
        self.fires.count_between(after, through, *zone)
    }

    /// Returns the last fire that is not later than `through` and later than `after`, if there is one.
    pub fn latest_at_or_before(
        &self,
        through: DateTime<Utc>,
        after: DateTime<Utc>,
        zone: &Zone,
    ) -> Option<DateTime<Utc>> {
        self.fires.last_between(after, through, *zone)
    }

    /// Returns what the expression says, as a sentence for people.
    ///
    /// ```
    /// use maestro_core::domain::CronExpr;
    ///
    /// assert_eq!("0 9 * * 1-5".parse::<CronExpr>()?.describe(), "At 09:00, Monday through Friday");
    /// # Ok::<(), maestro_core::domain::CronError>(())
    /// ```
    pub fn describe(&self) -> String {
        describe(&self.fires.slots)
    }
}

impl FromStr for CronExpr {
    type Err = CronError;
    fn from_str(text: &str) -> Result<Self, CronError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CronExpr {
    type Error = CronError;
    fn try_from(text: String) -> Result<Self, CronError> {
        Self::parse(&text)
    }
}

impl From<CronExpr> for String {
    fn from(expr: CronExpr) -> String {
        expr.text.as_ref().to_owned()
    }
}

impl fmt::Display for CronExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for CronExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CronExpr({})", self.text)
    }
}
