//! The same answers as `croner`, where its rules are crontab's: a bare `*` or none in the days, away from changes.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::super::CronExpr;
use super::model::{ZONES, model_expr};
use super::{at, zone};

/// Checks fires from each start against `croner`, which reads them at the offset that holds then.
fn agree(cases: u32, starts: &'static [&str], zones: &'static [&str]) {
    let oracle_parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let zones = prop::sample::select(zones.to_vec());
    let starts = prop::sample::select(starts.to_vec());
    let compared = Cell::new(0);
    let outcome = runner.run(&(model_expr(), zones, starts), |(model, zone_name, start)| {
        let day_fields = [&model.fields[2].text, &model.fields[4].text];
        // A star that is not alone is a star only to us; sun-sun is the whole week to croner, and to Debian Sunday.
        let is_read_differently =
            |text: &str| text.starts_with("*/") || text.starts_with("*,") || text.contains("sun-sun");
        if day_fields.into_iter().any(|text| is_read_differently(text)) {
            return Ok(());
        }
        let Ok(expr) = CronExpr::parse(&model.text()) else { return Ok(()) };
        let Ok(oracle) = oracle_parser.parse(expr.as_str()) else {
            return Err(TestCaseError::fail(format!("croner refuses {expr}")));
        };
        let zone = zone(zone_name);
        let start = at(start);
        let until = zone.span_at(start.timestamp()).end;
        let before_change = |fires: &mut dyn Iterator<Item = DateTime<Utc>>| {
            fires.take(8).take_while(|fire| fire.timestamp() < until).collect::<Vec<_>>()
        };
        let expected = before_change(&mut oracle.iter_after(zone.local(start)).map(|fire| fire.to_utc()));
        let found = before_change(&mut expr.fires_after(start, &zone));
        compared.set(compared.get() + found.len() as u32);
        prop_assert_eq!(found, expected, "{} in {}", expr, zone_name);
        Ok(())
    });
    outcome.unwrap();
    assert!(compared.get() > cases, "only {} fires compared", compared.get());
}

#[test]
fn utc_agrees_with_the_oracle() {
    agree(1_500, &["2026-01-01T00:00:00Z", "2028-02-28T23:59:00Z", "2099-12-31T12:34:56Z"], &["UTC"]);
}

#[test]
fn zones_agree_with_the_oracle_between_changes() {
    agree(1_500, &["2026-01-05T00:00:00Z", "2026-06-01T07:30:00Z", "2030-07-15T23:59:59Z"], &ZONES);
}
