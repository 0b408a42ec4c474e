//! The schedule of an orchestra: past slots and what became of them, the next ones, all on one strip.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use maestro_core::domain::{Firing, FiringOutcome, Orchestra, Run, RunId, RunStatus};

use crate::{
    dashboard::{
        draw::{Mark, Sign, strip},
        form::capital,
        markup::Markup,
        visit::Visit,
        words::{self, Times},
    },
    problem::Problem,
};

/// So many slots of the past stand on the strip.
const PAST: usize = 12;
/// So many that are to come.
const COMING: usize = 5;
/// So many rows of the ledger are listed.
const LISTED: u32 = 40;

/// A schedule as its page shows it.
pub(crate) struct Schedule {
    pub(crate) words: String,
    pub(crate) cron: String,
    pub(crate) next: Option<DateTime<Utc>>,
    pub(crate) strip: Markup,
    pub(crate) rows: Vec<SlotRow>,
}

/// A row of the ledger.
pub(crate) struct SlotRow {
    pub(crate) slot: String,
    pub(crate) outcome: &'static str,
    pub(crate) why: String,
    pub(crate) href: Option<String>,
    pub(crate) late: String,
}

impl Schedule {
    /// Reads the schedule of an orchestra; `None` where it has none and never had.
    pub(crate) async fn load(visit: &Visit, orchestra: &Orchestra) -> Result<Option<Self>, Problem> {
        let firings = visit.workspace.firings(&orchestra.id, None, LISTED).await?;
        let Some(cron) = &orchestra.cron else { return Ok(None) };
        let times = visit.times.by(orchestra.timezone);
        let runs = runs_of(visit, &firings).await?;
        let coming: Vec<_> = cron.fires_after(times.now, &orchestra.timezone).take(COMING).collect();
        let next = coming.first().copied().filter(|_| orchestra.enabled);
        let coming = if orchestra.enabled { coming } else { Vec::new() };
        Ok(Some(Self {
            words: cron.describe(),
            cron: cron.to_string(),
            next,
            strip: draw(visit, &times, &firings, &runs, &coming),
            rows: firings.iter().map(|firing| SlotRow::of(visit, &times, firing, &runs)).collect(),
        }))
    }
}

/// Returns the runs that slots on the strip made.
async fn runs_of(visit: &Visit, firings: &[Firing]) -> Result<BTreeMap<RunId, Run>, Problem> {
    let ids = firings.iter().take(PAST).filter_map(|firing| firing.run_id);
    let read = ids.map(|id| async move {
        // Runs are deleted after a while; the ledger stays longer.
        visit.workspace.run(id).await.ok().map(|run| (id, run))
    });
    Ok(futures_util::future::join_all(read).await.into_iter().flatten().collect())
}

fn draw(
    visit: &Visit,
    times: &Times,
    firings: &[Firing],
    runs: &BTreeMap<RunId, Run>,
    coming: &[DateTime<Utc>],
) -> Markup {
    let past: Vec<_> = firings.iter().take(PAST).rev().collect();
    // Slots stand side by side, as far apart as there is room: a schedule may be dense and then silent for days.
    let count = past.len() + coming.len();
    let step = 96.0 / (count.max(6)) as f64;
    let place = |index: usize| 3.0 + step * index as f64 + if index >= past.len() { step * 0.5 } else { 0.0 };
    let mut marks: Vec<Mark> = past
        .iter()
        .enumerate()
        .map(|(index, firing)| {
            let (sign, word) = sign_of(firing, runs);
            let href =
                firing.run_id.filter(|id| runs.contains_key(id)).map(|id| visit.to(&format!("/runs/{id}")));
            let (clock, title) = (times.clock_text(firing.until_slot), title_of(times, firing, runs));
            Mark { sign, x: place(index), clock, title, word, href }
        })
        .collect();
    let now = 3.0 + step * (past.len() as f64 - 0.25).max(0.0);
    marks.extend(coming.iter().enumerate().map(|(index, at)| {
        let clock = times.clock_text(*at);
        let title = format!("{clock} {}", if index == 0 { "next" } else { "to come" });
        Mark { sign: Sign::Next, x: place(past.len() + index), clock, title, word: "", href: None }
    }));
    let label = match (past.is_empty(), coming.is_empty()) {
        (true, true) => "No slot has passed yet".to_owned(),
        _ => format!(
            "The last {} slots and the next {}, each with what became of it",
            past.len(),
            coming.len()
        ),
    };
    strip(&marks, now, &label)
}

/// Returns how a slot is drawn, and the word for it where it is not as usual.
pub(super) fn sign_of(firing: &Firing, runs: &BTreeMap<RunId, Run>) -> (Sign, &'static str) {
    let run = firing.run_id.and_then(|id| runs.get(&id));
    match firing.outcome {
        FiringOutcome::Fired | FiringOutcome::Buffered => match run.map(|run| run.status) {
            Some(RunStatus::Queued | RunStatus::Running) => (Sign::Live, "live"),
            Some(RunStatus::Waiting) => (Sign::Waits, "waits"),
            Some(RunStatus::Failed) => (Sign::Failed, "failed"),
            Some(RunStatus::Completed) => (Sign::Partly, "completed"),
            Some(RunStatus::Cancelled) => (Sign::Disabled, "cancelled"),
            Some(RunStatus::Succeeded) | None => (Sign::Played, ""),
        },
        FiringOutcome::SkippedOverlap => (Sign::Skipped, "skipped"),
        FiringOutcome::Missed => (Sign::Missed, "missed"),
        FiringOutcome::Coalesced => (Sign::Missed, "coalesced"),
        FiringOutcome::Disabled => (Sign::Disabled, "disabled"),
        FiringOutcome::Error => (Sign::Failed, "error"),
    }
}

/// Says what became of a slot.
pub(super) fn title_of(times: &Times, firing: &Firing, runs: &BTreeMap<RunId, Run>) -> String {
    let (outcome, why) = words::of_outcome(firing.outcome);
    let run = firing.run_id.and_then(|id| runs.get(&id));
    let why = match (run, &firing.reason) {
        (Some(run), _) => format!("run {}", run.status),
        (None, Some(reason)) => reason.clone(),
        (None, None) => why.trim_end_matches('.').to_owned(),
    };
    let slots = slots_of(times, firing);
    let outcome = outcome.to_lowercase();
    if why.is_empty() { format!("{slots} {outcome}") } else { format!("{slots} {outcome}: {why}") }
}

fn slots_of(times: &Times, firing: &Firing) -> String {
    let first = times.clock_text(firing.slot);
    match firing.count {
        0 | 1 => first,
        count => {
            format!("{first} to {} ({})", times.clock_text(firing.until_slot), words::many(count, "slot"))
        }
    }
}

impl SlotRow {
    pub(super) fn of(visit: &Visit, times: &Times, firing: &Firing, runs: &BTreeMap<RunId, Run>) -> Self {
        let (outcome, usual) = words::of_outcome(firing.outcome);
        let run = firing.run_id.and_then(|id| runs.get(&id));
        let why = match (&firing.reason, run, firing.run_id) {
            (Some(reason), _, _) => capital(reason),
            (None, Some(run), _) => format!("Run {}", run.status),
            (None, None, Some(_)) => "Run".to_owned(),
            (None, None, None) => usual.to_owned(),
        };
        let has_run = firing.run_id.is_some();
        Self {
            slot: slots_of(times, firing),
            outcome,
            why,
            href: firing.run_id.map(|id| visit.to(&format!("/runs/{id}"))),
            late: if has_run { words::span(firing.late_ms) } else { "–".to_owned() },
        }
    }
}
