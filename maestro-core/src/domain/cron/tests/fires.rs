//! Reference vectors: the fires of one expression in one zone, written as its clocks show them.

use super::super::Schedule;
use super::{at, expr, zone};

/// Asserts the fires after `after`, in RFC 3339 with the zone's offset.
#[track_caller]
fn fires(text: &str, zone_name: &str, after: &str, expected: &[&str]) {
    let zone = zone(zone_name);
    let found: Vec<_> = expr(text)
        .fires_after(at(after), &zone)
        .take(expected.len())
        .map(|fire| zone.local(fire).to_rfc3339())
        .collect();
    assert_eq!(found, expected, "{text} in {zone_name}");
}

const NEW_YORK: &str = "America/New_York";

#[test]
fn a_fixed_time_in_the_gap_fires_at_its_end() {
    let eve = "2026-03-07T12:00:00-05:00";
    let (jumped, next) = ("2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00");
    fires("30 2 * * *", NEW_YORK, eve, &[jumped, next]);
    fires("0,30 2 * * *", NEW_YORK, eve, &[jumped, "2026-03-09T02:00:00-04:00", next]);
    fires("0 2,3 * * *", NEW_YORK, eve, &[jumped, "2026-03-09T02:00:00-04:00"]);
    fires("15 2,3 * * *", NEW_YORK, eve, &[jumped, "2026-03-08T03:15:00-04:00", "2026-03-09T02:15:00-04:00"]);
    fires("59 1,2 * * *", NEW_YORK, eve, &["2026-03-08T01:59:00-05:00", jumped, "2026-03-09T01:59:00-04:00"]);
    fires("30 2 8 3 *", NEW_YORK, eve, &[jumped, "2027-03-08T02:30:00-05:00"]);
    fires("30 2 * * *", NEW_YORK, jumped, &[next]);
    fires("30 2 * * *", NEW_YORK, "2026-03-08T02:59:59-04:00", &[jumped]);
}

#[test]
fn a_wildcard_finds_nothing_in_the_gap() {
    let eve = "2026-03-08T01:00:00-05:00";
    fires("*/30 2 * * *", NEW_YORK, eve, &["2026-03-09T02:00:00-04:00", "2026-03-09T02:30:00-04:00"]);
    fires("30 * * * *", NEW_YORK, eve, &["2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00"]);
    fires("0 */2 * * *", NEW_YORK, eve, &["2026-03-08T04:00:00-04:00"]);
    fires("@hourly", NEW_YORK, eve, &["2026-03-08T03:00:00-04:00", "2026-03-08T04:00:00-04:00"]);
    fires("*,1 2 8 * *", NEW_YORK, eve, &["2026-04-08T02:00:00-04:00"]);
}

#[test]
fn a_fixed_time_in_the_repeated_hour_fires_in_the_first_pass() {
    let eve = "2026-10-31T12:00:00-04:00";
    let (first, next) = ("2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00");
    fires("30 1 * * *", NEW_YORK, eve, &["2026-11-01T01:30:00-04:00", next]);
    fires("30 1 * * *", NEW_YORK, first, &[next]);
    fires("30 1 * * *", NEW_YORK, "2026-11-01T01:10:00-05:00", &[next]); // in the second pass
    fires(
        "0 1,2 * * *",
        NEW_YORK,
        eve,
        &["2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00", "2026-11-02T01:00:00-05:00"],
    );
    fires(
        "59 0,1 * * *",
        NEW_YORK,
        eve,
        &["2026-11-01T00:59:00-04:00", "2026-11-01T01:59:00-04:00", "2026-11-02T00:59:00-05:00"],
    );
}

#[test]
fn a_wildcard_fires_in_both_passes() {
    let eve = "2026-11-01T00:30:00-04:00";
    fires(
        "*/30 1 * * *",
        NEW_YORK,
        eve,
        &[
            "2026-11-01T01:00:00-04:00",
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:00:00-05:00",
            "2026-11-01T01:30:00-05:00",
            "2026-11-02T01:00:00-05:00",
        ],
    );
    fires(
        "0 * * * *",
        NEW_YORK,
        eve,
        &["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"],
    );
}

#[test]
fn the_day_rule_is_or_unless_a_field_starts_with_a_star() {
    let from = "2026-11-22T00:00:00Z";
    let on = |day: &str| format!("{day}T09:00:00+00:00");
    let days = |days: &[&str]| days.iter().map(|day| on(day)).collect::<Vec<_>>();
    let check = |text, expected: &[&str]| {
        let expected = days(expected);
        fires(text, "UTC", from, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    check("0 9 1 * 1", &["2026-11-23", "2026-11-30", "2026-12-01", "2026-12-07"]);
    check("0 9 */2 * 1", &["2026-11-23", "2026-12-07", "2026-12-21"]);
    check("0 9 1-31/2 * 1", &["2026-11-23", "2026-11-25", "2026-11-27", "2026-11-29", "2026-11-30"]);
    check("0 9 13 * */5", &["2026-12-13", "2027-06-13", "2027-08-13"]); // Fridays and Sundays
    check("0 9 1,*/10 * 1", &["2026-11-23", "2026-11-30", "2026-12-01"]); // starts with a digit
    check("0 9 *,1 * 1", &["2026-11-23", "2026-11-30"]);
    check("0 9 * * 0", &["2026-11-22", "2026-11-29"]);
    check("0 9 * * 7", &["2026-11-22", "2026-11-29"]);
    check("0 9 * * 6-7", &["2026-11-22", "2026-11-28", "2026-11-29"]);
    check("0 9 30 2 1", &["2027-02-01", "2027-02-08"]);
    check("0 9 31 * *", &["2026-12-31", "2027-01-31", "2027-03-31"]);
}

#[test]
fn dates_that_are_rare_still_come() {
    fires("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", &["2104-02-29T00:00:00+00:00"]);
    fires(
        "0 0 29 2 */7",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2032-02-29T00:00:00+00:00", "2060-02-29T00:00:00+00:00"],
    );
    fires("0 0 29 2 */7", "UTC", "2088-03-01T00:00:00Z", &["2128-02-29T00:00:00+00:00"]);
    fires("0 12 29 2 *", NEW_YORK, "2196-03-01T00:00:00Z", &["2204-02-29T12:00:00-05:00"]);
}

#[test]
fn clocks_go_on_changing_after_2100() {
    fires("30 2 * * *", NEW_YORK, "2150-03-07T12:00:00-05:00", &["2150-03-08T03:00:00-04:00"]);
    fires("30 1 * * *", NEW_YORK, "2150-11-01T01:30:00-04:00", &["2150-11-02T01:30:00-05:00"]);
    fires(
        "0 9 1 7 *",
        NEW_YORK,
        "2099-12-31T23:00:00Z",
        &["2100-07-01T09:00:00-04:00", "2101-07-01T09:00:00-04:00"],
    );
    fires("0 9 1 1 *", "Australia/Sydney", "2199-06-01T00:00:00Z", &["2200-01-01T09:00:00+11:00"]);
    fires("0 9 1 7 *", "Africa/Casablanca", "2100-01-01T00:00:00Z", &["2100-07-01T09:00:00+01:00"]);
}

#[test]
fn nothing_fires_after_the_year_9999() {
    let last = "9999-12-31T23:59:00Z";
    fires("* * * * *", "UTC", "9999-12-31T23:58:30Z", &["9999-12-31T23:59:00+00:00"]);
    assert_eq!(expr("* * * * *").next_after(at(last), &zone("UTC")), None);
    assert_eq!(expr("@yearly").next_after(at("9999-06-01T00:00:00Z"), &zone(NEW_YORK)), None);
    let max = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    assert_eq!(expr("* * * * *").next_after(max, &zone(NEW_YORK)), None);
    assert_eq!(expr("* * * * *").latest_at_or_before(max, at(last), &zone("UTC")), None);
    assert_eq!(expr("* * * * *").count_between(at("9999-12-31T23:00:00Z"), max, &zone("UTC")), 59);
    let min = chrono::DateTime::<chrono::Utc>::MIN_UTC;
    assert!(expr("@daily").next_after(min, &zone(NEW_YORK)).is_some_and(|next| next > min));
    assert_eq!(expr("@daily").latest_at_or_before(min, min, &zone("UTC")), None);
}

#[test]
fn next_is_strictly_later() {
    let (nine, ten) = ("2026-01-01T09:00:00+00:00", "2026-01-01T10:00:00+00:00");
    fires("0 * * * *", "UTC", "2026-01-01T08:59:59.999999Z", &[nine]);
    fires("0 * * * *", "UTC", "2026-01-01T09:00:00Z", &[ten]);
    fires("0 * * * *", "UTC", "2026-01-01T09:00:00.000001Z", &[ten]);
    fires("0 * * * *", "UTC", "2026-01-01T09:59:60Z", &[ten]); // a leap second
}

#[test]
fn cairo_has_its_gap_at_midnight() {
    let eve = "2026-04-23T12:00:00+02:00";
    let (jumped, next) = ("2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00");
    fires("0 0 * * *", "Africa/Cairo", eve, &[jumped, next]);
    fires("30 0 * * fri", "Africa/Cairo", eve, &[jumped, "2026-05-01T00:30:00+03:00"]);
    fires("30 0 24 4 *", "Africa/Cairo", eve, &[jumped]);
    fires("*/30 0 * * *", "Africa/Cairo", eve, &[next]);
    // In autumn 23:00 to 23:59 repeats: the date goes back too.
    fires(
        "30 23 * * *",
        "Africa/Cairo",
        "2026-10-29T12:00:00+03:00",
        &["2026-10-29T23:30:00+03:00", "2026-10-30T23:30:00+02:00"],
    );
    fires("0 0 * * *", "Africa/Cairo", "2026-10-29T12:00:00+03:00", &["2026-10-30T00:00:00+02:00"]);
    fires(
        "30 * 29 10 *",
        "Africa/Cairo",
        "2026-10-29T23:00:00+03:00",
        &["2026-10-29T23:30:00+03:00", "2026-10-29T23:30:00+02:00"],
    );
}

#[test]
fn lord_howe_moves_by_half_an_hour() {
    let zone = "Australia/Lord_Howe";
    let (spring, autumn) = ("2026-10-03T12:00:00+10:30", "2026-04-04T12:00:00+11:00");
    fires("15 2 * * *", zone, spring, &["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]);
    fires("0,30 2 * * *", zone, spring, &["2026-10-04T02:30:00+11:00", "2026-10-05T02:00:00+11:00"]);
    fires("*/15 2 * * *", zone, spring, &["2026-10-04T02:30:00+11:00", "2026-10-04T02:45:00+11:00"]);
    fires("45 1 * * *", zone, autumn, &["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"]);
    fires(
        "45 * * * *",
        zone,
        "2026-04-05T01:00:00+11:00",
        &["2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30", "2026-04-05T02:45:00+10:30"],
    );
    fires(
        "15 * * * *",
        zone,
        "2026-04-05T01:00:00+11:00",
        &["2026-04-05T01:15:00+11:00", "2026-04-05T02:15:00+10:30"],
    );
}

#[test]
fn adelaide_and_kathmandu_keep_their_minutes() {
    fires(
        "30 2 * * *",
        "Australia/Adelaide",
        "2026-10-03T12:00:00+09:30",
        &["2026-10-04T03:00:00+10:30", "2026-10-05T02:30:00+10:30"],
    );
    fires(
        "30 2 * * *",
        "Australia/Adelaide",
        "2026-04-04T12:00:00+10:30",
        &["2026-04-05T02:30:00+10:30", "2026-04-06T02:30:00+09:30"],
    );
    fires("0 * * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", &["2026-01-01T06:00:00+05:45"]);
    fires("0 9 * * 1", "Pacific/Chatham", "2026-01-01T00:00:00Z", &["2026-01-05T09:00:00+13:45"]);
}

#[test]
fn winnipeg_had_its_gap_after_midnight_once() {
    fires("30 2 * * *", "America/Winnipeg", "2026-03-07T12:00:00-06:00", &["2026-03-08T03:00:00-05:00"]);
    // Until 2005 the clocks went back from 03:00 to 02:00 by the rule of standard time.
    fires(
        "30 2 * * *",
        "America/Winnipeg",
        "2005-10-29T12:00:00-05:00",
        &["2005-10-30T02:30:00-05:00", "2005-10-31T02:30:00-06:00"],
    );
    fires(
        "30 * * * *",
        "America/Winnipeg",
        "2005-10-30T02:00:00-05:00",
        &["2005-10-30T02:30:00-05:00", "2005-10-30T02:30:00-06:00"],
    );
}

#[test]
fn a_day_that_never_was_is_not_caught_up() {
    let eve = "2011-12-29T12:00:00-10:00";
    fires("0 9 * * *", "Pacific/Apia", eve, &["2011-12-31T09:00:00+14:00", "2012-01-01T09:00:00+14:00"]);
    fires("0 0 30 12 *", "Pacific/Apia", eve, &["2012-12-30T00:00:00+14:00"]);
    fires("0 0 * * *", "Pacific/Apia", eve, &["2011-12-31T00:00:00+14:00"]);
    fires(
        "0 * * * *",
        "Pacific/Apia",
        "2011-12-29T22:30:00-10:00",
        &["2011-12-29T23:00:00-10:00", "2011-12-31T00:00:00+14:00"],
    );
    assert_eq!(
        expr("0 9 * * *").count_between(at(eve), at("2012-01-01T23:00:00+14:00"), &zone("Pacific/Apia")),
        2
    );
}

#[test]
fn three_hours_are_caught_up() {
    let eve = "2016-10-21T12:00:00+08:00"; // at midnight the station went to +11
    fires("30 1 * * *", "Antarctica/Casey", eve, &["2016-10-22T03:00:00+11:00", "2016-10-23T01:30:00+11:00"]);
}

#[test]
fn mean_times_of_old_have_seconds() {
    // Amsterdam was 0:19:32 ahead of Greenwich until 1937; the printed offset is cut to minutes.
    let zone = zone("Europe/Amsterdam");
    let fire = expr("0 9 * * *").next_after(at("1930-01-15T00:00:00Z"), &zone);
    let offset = zone.span_at(at("1930-01-15T00:00:00Z").timestamp()).offset;
    let expected = at("1930-01-15T09:00:00Z") - chrono::TimeDelta::seconds(offset);
    assert_eq!(fire, Some(expected));
    assert_eq!(zone.local(expected).to_utc(), expected);
}

#[test]
fn counts_and_latest_know_the_gap_and_the_overlap() {
    let zone = zone(NEW_YORK);
    let spring = (at("2026-03-08T00:00:00-05:00"), at("2026-03-08T23:59:59-04:00"));
    let autumn = (at("2026-10-31T23:59:59-04:00"), at("2026-11-01T23:59:59-05:00"));
    for (text, in_spring, in_autumn) in [
        ("30 2 * * *", 1, 1),
        ("0,30 2 * * *", 1, 2),
        ("0 2,3 * * *", 1, 2),
        ("15 2,3 * * *", 2, 2),
        ("*/30 2 * * *", 0, 2),
        ("30 1 * * *", 1, 1),
        ("*/30 1 * * *", 2, 4),
        ("0 * * * *", 22, 25),
        ("* * * * *", 23 * 60 - 1, 25 * 60),
    ] {
        assert_eq!(expr(text).count_between(spring.0, spring.1, &zone), in_spring, "{text}");
        assert_eq!(expr(text).count_between(autumn.0, autumn.1, &zone), in_autumn, "{text}");
    }
    let latest = |text: &str, through: &str| expr(text).latest_at_or_before(at(through), autumn.0, &zone);
    assert_eq!(latest("30 1 * * *", "2026-11-01T01:45:00-05:00"), Some(at("2026-11-01T01:30:00-04:00")));
    assert_eq!(latest("30 * * * *", "2026-11-01T01:45:00-05:00"), Some(at("2026-11-01T01:30:00-05:00")));
    assert_eq!(latest("0 0 * * *", "2026-11-01T00:00:00-04:00"), Some(at("2026-11-01T00:00:00-04:00")));
    assert_eq!(latest("0 23 * * *", "2026-11-01T01:00:00-05:00"), None);
    let gap = expr("30 2 * * *").latest_at_or_before(at("2026-03-08T05:00:00-04:00"), spring.0, &zone);
    assert_eq!(gap, Some(at("2026-03-08T03:00:00-04:00")));
    assert_eq!(expr("* * * * *").latest_at_or_before(spring.0, spring.1, &zone), None);
    assert_eq!(expr("* * * * *").count_between(spring.1, spring.0, &zone), 0);
}

#[test]
fn a_schedule_is_its_expression_in_its_zone() {
    let schedule = Schedule::new(expr("0 9 * * 1-5"), zone("Europe/Berlin"));
    let (friday, monday) = (at("2026-11-20T08:00:00Z"), at("2026-11-23T08:00:00Z"));
    assert_eq!(schedule.next_after(friday), Some(monday));
    assert_eq!(schedule.fires_after(friday).next(), Some(monday));
    assert_eq!(schedule.count_between(friday, monday), 1);
    assert_eq!(schedule.latest_at_or_before(monday, friday), Some(monday));
    let json = serde_json::to_string(&schedule).unwrap();
    assert_eq!(json, r#"{"expr":"0 9 * * 1-5","zone":"Europe/Berlin"}"#);
    assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
    assert!(serde_json::from_str::<Schedule>(&json.replace("Berlin", "Bärlin")).is_err());
}
