//! [`Schedule`]: an expression in its zone, which together say when something fires.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CronExpr, Zone};

/// A cron expression and the zone whose clocks it is read by.
///
/// ```
/// use maestro_core::domain::{Schedule, Zone};
///
/// let schedule = Schedule::new("0 9 * * 1-5".parse()?, Zone::parse("Europe/Berlin")?);
/// let next = schedule.next_after("2026-11-20T12:00:00Z".parse()?);
/// assert_eq!(next, Some("2026-11-23T08:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schedule {
    /// Which civil times fire.
    pub expr: CronExpr,
    /// Where these times are read.
    pub zone: Zone,
}

impl Schedule {
    /// Pairs an expression with a zone.
    pub fn new(expr: CronExpr, zone: Zone) -> Self {
        Self { expr, zone }
    }

    /// Returns the first fire strictly later than `after`; `None` only past the year 9999.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expr.next_after(after, &self.zone)
    }

    /// Returns all fires strictly later than `after`, in order.
    pub fn fires_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        self.expr.fires_after(after, &self.zone)
    }

    /// Counts the fires later than `after` and not later than `through`; cheap for long windows.
    pub fn count_between(&self, after: DateTime<Utc>, through: DateTime<Utc>) -> u64 {
        self.expr.count_between(after, through, &self.zone)
    }

    /// Returns the last fire that is not later than `through` and later than `after`, if there is one.
    pub fn latest_at_or_before(&self, through: DateTime<Utc>, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expr.latest_at_or_before(through, after, &self.zone)
    }
}
