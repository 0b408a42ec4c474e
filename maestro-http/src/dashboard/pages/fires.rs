//! What a schedule means: in words, and its next slots by the clocks of its zone and of whoever looks.

use maestro_core::domain::{CronExpr, Zone};

use crate::{
    dashboard::{markup::Markup, words::Times},
    problem::Problem,
};

/// So many slots are told.
const TOLD: usize = 5;

/// A schedule as it is typed.
pub(crate) struct Fires {
    /// What it says; empty where it never plays by itself.
    pub(crate) words: String,
    pub(crate) zone: String,
    pub(crate) own_zone: String,
    pub(crate) rows: Vec<(Markup, String, String)>,
    /// Why it cannot be read.
    pub(crate) error: Option<String>,
}

impl Fires {
    /// Reads a schedule.
    pub(crate) fn of(cron: &str, timezone: &str, times: &Times) -> Self {
        let nothing = |words: &str, error: Option<String>| Self {
            words: words.to_owned(),
            zone: String::new(),
            own_zone: String::new(),
            rows: Vec::new(),
            error,
        };
        if cron.trim().is_empty() {
            return nothing("Plays by hand and by the API only.", None);
        }
        let read = || -> Result<(CronExpr, Zone), Problem> {
            let zone = if timezone.trim().is_empty() { "UTC" } else { timezone.trim() };
            Ok((cron.trim().parse()?, zone.parse()?))
        };
        let (cron, zone) = match read() {
            Ok(read) => read,
            Err(problem) => return nothing("", Some(crate::dashboard::form::capital(problem.detail()))),
        };
        let there = times.by(zone);
        let rows = cron
            .fires_after(times.now, &zone)
            .take(TOLD)
            .map(|at| (times.ago(at), there.day_and_time(at), times.day_and_time(at)));
        Self {
            words: cron.describe(),
            zone: zone.name().to_owned(),
            own_zone: times.zone.name().to_owned(),
            rows: rows.collect(),
            error: None,
        }
    }

    /// Tells whether whoever looks has other clocks than the schedule.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.zone != self.own_zone
    }
}
