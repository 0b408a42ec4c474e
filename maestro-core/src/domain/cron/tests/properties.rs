//! What holds for every expression, zone and instant.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::super::{CronExpr, Zone};
use super::model::{ModelExpr, ZONES, model_expr};
use super::zone;

const FROM: i64 = 631_152_000; // 1990
const UNTIL: i64 = 6_000_000_000; // 2160

/// An expression that comes, with the model of it.
fn expression() -> impl Strategy<Value = (CronExpr, ModelExpr)> {
    model_expr().prop_filter_map("a date that never comes", |model| Some((model.text().parse().ok()?, model)))
}

fn zones() -> impl Strategy<Value = Zone> {
    prop::sample::select(&ZONES[..]).prop_map(zone)
}

fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// Zones with a whole minute, mostly a day or so before the clock changes.
fn zone_and_instant() -> impl Strategy<Value = (Zone, DateTime<Utc>)> {
    (zones(), FROM..UNTIL, any::<bool>(), -2_000_i64..-60).prop_map(|(zone, at, near_change, minutes)| {
        let end = zone.span_at(at).end;
        let at = if near_change && end < UNTIL { end + minutes * 60 } else { at };
        (zone, instant(at - at.rem_euclid(60)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn fires_are_what_a_watched_clock_gives((expr, model) in expression(), (zone, from) in zone_and_instant()) {
        let minutes = 3 * 24 * 60;
        let expected = model.watch(from, minutes, &zone);
        let through = from + TimeDelta::minutes(minutes);
        let found: Vec<_> = expr.fires_after(from, &zone).take_while(|fire| *fire <= through).collect();
        prop_assert_eq!(&found, &expected, "{} in {} from {}", expr, zone, from);
        prop_assert_eq!(expr.count_between(from, through, &zone), expected.len() as u64);
        prop_assert_eq!(expr.latest_at_or_before(through, from, &zone), expected.last().copied());
    }

    #[test]
    fn count_and_latest_agree_with_the_fires(
        (expr, _) in expression(),
        zone in zones(),
        from in FROM..UNTIL,
        steps in 1usize..60,
        past in 0i64..100_000,
    ) {
        let from = instant(from);
        let fires: Vec<_> = expr.fires_after(from, &zone).take(steps).collect();
        let last = fires[steps - 1];
        prop_assert!(fires.windows(2).all(|pair| pair[0] < pair[1]) && from < fires[0]);
        prop_assert_eq!(expr.count_between(from, last, &zone), steps as u64);
        prop_assert_eq!(expr.count_between(from, last - TimeDelta::seconds(1), &zone), steps as u64 - 1);
        let until_next = (expr.next_after(last, &zone).unwrap() - last).num_seconds();
        let later = last + TimeDelta::seconds(past % until_next);
        prop_assert_eq!(expr.latest_at_or_before(later, from, &zone), Some(last));
        prop_assert_eq!(expr.latest_at_or_before(later, last, &zone), None);
        let before = if steps > 1 { Some(fires[steps - 2]) } else { None };
        prop_assert_eq!(expr.latest_at_or_before(last - TimeDelta::seconds(1), from, &zone), before);
    }

    #[test]
    fn counts_add_up((expr, _) in expression(), zone in zones(), mut at in [FROM..UNTIL, FROM..UNTIL, FROM..UNTIL]) {
        at.sort();
        let [a, b, c] = at.map(instant);
        let parts = expr.count_between(a, b, &zone) + expr.count_between(b, c, &zone);
        prop_assert_eq!(parts, expr.count_between(a, c, &zone));
    }

    #[test]
    fn old_offsets_with_seconds_keep_the_order(
        (expr, _) in expression(), zone in zones(), from in -4_300_000_000_i64..FROM,
    ) {
        let from = instant(from);
        let fires: Vec<_> = expr.fires_after(from, &zone).take(20).collect();
        prop_assert!(fires.is_sorted_by(|one, next| one < next) && from < fires[0]);
        prop_assert_eq!(expr.count_between(from, fires[19], &zone), 20);
    }
}
