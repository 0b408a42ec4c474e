//! The next fire of an expression, beside the crates `cron` and `croner`.
//!
//! `cron` needs a field for seconds and counts weekdays from 1; its expressions are written so that all three mean
//! the same. It has no *or* of day of month and day of week, so that line is missing there.

use std::{hint::black_box, str::FromStr};

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use criterion::{Criterion, criterion_group, criterion_main};
use croner::parser::{CronParser, Seconds, Year};
use maestro::domain::{CronExpr, Zone};

/// What it is, crontab's way, and `cron`'s.
const EXPRESSIONS: [(&str, &str, Option<&str>); 5] = [
    ("every_minute", "* * * * *", Some("0 * * * * *")),
    ("quarter_hours", "*/15 * * * *", Some("0 */15 * * * *")),
    ("weekdays_at_nine", "0 9 * * 1-5", Some("0 0 9 * * 2-6")),
    ("first_or_monday", "0 9 1 * 1", None),
    ("leap_day", "0 0 29 2 *", Some("0 0 0 29 2 *")),
];

fn next_fire(criterion: &mut Criterion) {
    let from = DateTime::from_timestamp(1_795_000_000, 0).unwrap_or_default(); // 2026-11-18
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    for (zone, tz) in [("UTC", Tz::UTC), ("America/New_York", Tz::America__New_York)] {
        for (name, crontab, quartz) in EXPRESSIONS {
            let mut group = criterion.benchmark_group(format!("next/{zone}/{name}"));
            let (expr, our_zone) = (CronExpr::from_str(crontab), Zone::parse(zone));
            let (expr, our_zone) = (expr.expect("it is crontab"), our_zone.expect("it is a zone"));
            group.bench_function("maestro", |bencher| {
                bencher.iter(|| black_box(&expr).next_after(black_box(from), &our_zone))
            });
            let local: DateTime<Tz> = tz.from_utc_datetime(&from.naive_utc());
            if let Some(schedule) = quartz.and_then(|text| cron::Schedule::from_str(text).ok()) {
                group.bench_function("cron", |bencher| {
                    bencher.iter(|| black_box(&schedule).after(black_box(&local)).next())
                });
            }
            let oracle = parser.parse(crontab).expect("croner reads crontab");
            group.bench_function("croner", |bencher| {
                bencher.iter(|| black_box(&oracle).find_next_occurrence(black_box(&local), false).ok())
            });
            group.finish();
        }
    }
}

/// A year of minutes: what a ledger asks after a long sleep.
fn long_windows(criterion: &mut Criterion) {
    let expr = CronExpr::from_str("* * * * *").expect("it is crontab");
    let zone = Zone::parse("America/New_York").expect("it is a zone");
    let from: DateTime<Utc> = DateTime::from_timestamp(1_795_000_000, 0).unwrap_or_default();
    let until = from + chrono::TimeDelta::days(365);
    criterion.bench_function("count/year_of_minutes/maestro", |bencher| {
        bencher.iter(|| black_box(&expr).count_between(black_box(from), until, &zone))
    });
    criterion.bench_function("latest/year_of_minutes/maestro", |bencher| {
        bencher.iter(|| black_box(&expr).latest_at_or_before(black_box(until), from, &zone))
    });
    criterion.bench_function("parse/weekdays_at_nine/maestro", |bencher| {
        bencher.iter(|| CronExpr::from_str(black_box("0 9 * * 1-5")))
    });
}

criterion_group!(benches, next_fire, long_windows);
criterion_main!(benches);
