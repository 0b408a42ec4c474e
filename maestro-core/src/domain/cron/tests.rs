//! Tests of the whole: text in, instants out.

mod describe;
mod fires;
mod model;
mod oracle;
mod parse;
mod properties;

use chrono::{DateTime, Utc};

use super::{CronExpr, Zone};

fn expr(text: &str) -> CronExpr {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads RFC 3339.
fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}
