//! Moments that come over the wire: RFC 3339, of years that every store and every program can write.

use chrono::{DateTime, Datelike, DurationRound, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A moment in whole microseconds, from the year 1 to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read(&text).map(Self).ok_or_else(|| {
            D::Error::custom("not a moment; write RFC 3339 with an offset, such as 2026-11-22T09:00:00Z")
        })
    }
}

fn read(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::<FixedOffset>::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    let at = at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at);
    (1..=9999).contains(&at.year()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_an_offset_and_a_year_that_can_be_written() {
        let at = read("2026-11-22T10:00:00.1234567+01:00").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-22T09:00:00.123456+00:00");
        for bad in
            ["2026-11-22", "2026-11-22T09:00:00", "0000-01-01T00:00:00Z", "+12026-01-01T00:00:00Z", "", "now"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read("9999-12-31T23:59:59-01:00"), None);
    }
}
