//! The compiled zone database. No other file knows which crate brings it.

use std::sync::OnceLock;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::spans::{Change, Spans};

/// The release of the database.
pub(super) const VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

/// The first instant of which the database says nothing: it is written out for every year before.
pub(super) const END: i64 = 4_102_444_800; // 2100-01-01 00:00 UTC

const START: i64 = -4_260_000_000; // 1835: before that, every zone has the mean time of its place
const STEP: i64 = 3 * 86_400; // no zone has two changes within six days

/// A zone: its name, and its changes once somebody asked for them.
pub(super) struct ZoneData {
    pub(super) name: &'static str,
    tz: Tz,
    spans: OnceLock<Spans>,
}

impl ZoneData {
    pub(super) fn spans(&self) -> &Spans {
        self.spans.get_or_init(|| {
            let first = offset_at(self.tz, START);
            Spans::new(first, changes(self.tz, first))
        })
    }
}

static ZONES: [OnceLock<ZoneData>; TZ_VARIANTS.len()] = [const { OnceLock::new() }; TZ_VARIANTS.len()];

/// Returns the zone with exactly this name.
pub(super) fn find(name: &str) -> Option<&'static ZoneData> {
    name.parse().ok().map(zone)
}

pub(super) fn utc() -> &'static ZoneData {
    zone(Tz::UTC)
}

/// Returns the names of all zones, in alphabetical order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TZ_VARIANTS.iter().map(|tz| tz.name())
}

fn zone(tz: Tz) -> &'static ZoneData {
    ZONES[tz as usize].get_or_init(|| ZoneData { name: tz.name(), tz, spans: OnceLock::new() })
}

/// Finds the instants at which the offset changes. The database keeps its table to itself, so we probe it:
/// a millisecond or two, once per zone that is used.
fn changes(tz: Tz, first: i64) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut at, mut offset) = (START, first);
    while at < END {
        let next = (at + STEP).min(END);
        let offset_then = offset_at(tz, next);
        if offset_then != offset {
            changes.push(Change { at: first_with(tz, offset_then, at, next), offset: offset_then });
        }
        (at, offset) = (next, offset_then);
    }
    changes
}

/// Returns the first instant after `before` and up to `after` that has this offset.
fn first_with(tz: Tz, offset: i64, mut before: i64, mut after: i64) -> i64 {
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset_at(tz, middle) == offset {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

/// Returns the offset from UTC in seconds, east positive.
fn offset_at(tz: Tz, utc: i64) -> i64 {
    let at = DateTime::from_timestamp(utc, 0).unwrap_or_default().naive_utc();
    i64::from(tz.offset_from_utc_datetime(&at).fix().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn spans_say_what_the_database_says(zone_index in 0..TZ_VARIANTS.len(), at in START - 1_000_000_000..END) {
            let tz = TZ_VARIANTS[zone_index];
            let span = zone(tz).spans().at(at);
            prop_assert!(span.start <= at && at < span.end);
            prop_assert_eq!(span.offset, offset_at(tz, at), "{} at {}", tz, at);
            prop_assert_eq!(offset_at(tz, span.start.max(START)), span.offset);
            if span.start > START {
                prop_assert_eq!(offset_at(tz, span.start - 1), span.offset_before);
                prop_assert_ne!(span.offset, span.offset_before);
            }
            if span.end < END {
                prop_assert_ne!(offset_at(tz, span.end), span.offset);
            }
        }
    }

    #[test]
    fn every_name_finds_its_own_zone() {
        assert!(names().all(|name| find(name).is_some_and(|zone| zone.name == name)));
        assert_eq!(names().count(), TZ_VARIANTS.len());
        assert!(VERSION.starts_with("20"));
    }
}
