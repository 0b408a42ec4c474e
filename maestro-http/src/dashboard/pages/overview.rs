//! The overview: is it fine, who must act, what is it doing, why did it not run, what did it cost.

mod cost;

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Day, Firing, FiringOutcome, OrchestraId, Run, RunStatus},
    ports::store::{OrchestraState, RunFilter},
};

use self::cost::Cost;
use super::{run_table::RunTable, schedule};
use crate::{
    dashboard::{
        draw::{Lane, Mark, Played, Sign, Window},
        frame::{Frame, Place},
        markup::Markup,
        page::Page,
        visit::Visit,
        words::{self, Look, Times},
    },
    problem::Problem,
};

/// Hours of the past and of what is to come on the timeline.
const PAST: i64 = 12;
const COMING: i64 = 6;
/// So many runs are looked at for the timeline and the sums.
const RUNS: u32 = 1_000;
/// So many orchestras have a lane.
const LANES: usize = 40;
/// So many slots of each are looked at.
const SLOTS: u32 = 60;
/// So many slots to come are drawn on one lane.
const NEXT: usize = 12;
const LIVE: u32 = 12;
const UNPLAYED: usize = 12;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    f: Frame,
    times: Times,
    sums: Sums,
    head: Markup,
    lanes: Vec<LaneView>,
    hidden_lanes: u64,
    table: RunTable,
    unplayed: Vec<Unplayed>,
    cost: Cost,
}

/// How many runs ended how since midnight.
#[derive(Default)]
struct Sums {
    runs: u64,
    is_cut: bool,
    succeeded: u64,
    completed: u64,
    failed: u64,
    live: u64,
    waiting: u64,
    unplayed: u64,
    since: String,
}

struct LaneView {
    name: String,
    href: String,
    sign: (&'static str, &'static str),
    drawing: Markup,
    next: String,
}

struct Unplayed {
    at: DateTime<Utc>,
    slots: String,
    name: String,
    href: String,
    outcome: &'static str,
    why: String,
}

/// Shows the overview.
pub(crate) async fn show(visit: Visit) -> Result<Page, Problem> {
    let times = visit.times;
    let window = Window { from: times.hour(-PAST), until: times.hour(COMING + 1) };
    let midnight = Day::of(times.zone, times.now).start;
    let mut recent = RunFilter::default();
    recent.since = Some(midnight.min(window.from));
    let mut live = RunFilter::default();
    live.statuses = vec![RunStatus::Running, RunStatus::Waiting, RunStatus::Queued];
    let (f, runs, live) = futures_util::try_join!(
        Frame::load(visit.clone(), Place::Overview, None),
        async { Ok::<_, Problem>(visit.workspace.runs(&recent, None, RUNS).await?) },
        async { Ok(visit.workspace.runs(&live, None, LIVE).await?) },
    )?;
    let firings = firings(&visit, &f.orchestras, window.from.min(midnight)).await?;
    let unplayed = unplayed(&visit, &f, &firings, midnight);
    let table = RunTable::of(&visit, live, true).await?;
    let cost = Cost::load(&visit, &f, midnight).await?;
    let mut sums = Sums::of(&runs, midnight);
    sums.unplayed = unplayed.len() as u64;
    let lanes = f.orchestras.iter().take(LANES);
    let lanes =
        lanes.map(|state| lane(&visit, &f, state, (&runs, firings.get(&state.orchestra.id)), &window));
    let page = Overview {
        lanes: lanes.collect(),
        hidden_lanes: f.orchestras.len().saturating_sub(LANES) as u64,
        head: window.head(&times),
        times,
        sums,
        table: RunTable { nothing: "Nothing plays at this moment.", ..table },
        unplayed: unplayed.into_iter().take(UNPLAYED).collect(),
        cost,
        f,
    };
    Ok(Page::new(&page, &visit))
}

impl Sums {
    fn of(runs: &[Run], midnight: DateTime<Utc>) -> Self {
        let mut sums = Self {
            is_cut: runs.len() as u32 == RUNS,
            since: midnight.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            ..Self::default()
        };
        for run in runs.iter().filter(|run| run.queued_at >= midnight) {
            sums.runs += 1;
            match run.status {
                RunStatus::Succeeded => sums.succeeded += 1,
                RunStatus::Completed => sums.completed += 1,
                RunStatus::Failed => sums.failed += 1,
                RunStatus::Waiting => sums.waiting += 1,
                RunStatus::Queued | RunStatus::Running => sums.live += 1,
                RunStatus::Cancelled => {}
            }
        }
        sums
    }

    /// Returns where the runs of one status are listed.
    fn href(&self, status: &str) -> String {
        format!("/runs?status={status}&since={}", self.since)
    }
}

/// Reads what became of the slots of each orchestra since a moment.
async fn firings(
    visit: &Visit,
    orchestras: &[OrchestraState],
    since: DateTime<Utc>,
) -> Result<BTreeMap<OrchestraId, Vec<Firing>>, Problem> {
    let scheduled: Vec<_> =
        orchestras.iter().filter(|state| state.orchestra.cron.is_some()).take(LANES).collect();
    let mut found = BTreeMap::new();
    for some in scheduled.chunks(8) {
        let read = some.iter().map(|state| async {
            let id = &state.orchestra.id;
            let mut rows = visit.workspace.firings(id, None, SLOTS).await?;
            rows.retain(|row| row.until_slot >= since);
            Ok::<_, Problem>((id.clone(), rows))
        });
        found.extend(futures_util::future::try_join_all(read).await?);
    }
    Ok(found)
}

fn lane(
    visit: &Visit,
    f: &Frame,
    state: &OrchestraState,
    (runs, firings): (&[Run], Option<&Vec<Firing>>),
    window: &Window,
) -> LaneView {
    let (orchestra, now) = (&state.orchestra, visit.times.now);
    let times = visit.times;
    let mut lane = Lane::default();
    let own = runs.iter().filter(|run| run.orchestra_id == orchestra.id);
    for run in own.filter(|run| run.finished_at.unwrap_or(now) >= window.from) {
        let sign = match run.status {
            RunStatus::Queued | RunStatus::Running => Sign::Live,
            RunStatus::Waiting => Sign::Waits,
            RunStatus::Failed => Sign::Failed,
            RunStatus::Completed => Sign::Partly,
            RunStatus::Succeeded | RunStatus::Cancelled => Sign::Played,
        };
        let at = times.clock_text(run.queued_at);
        let took = run.duration_ms().map_or_else(String::new, |ms| format!(" after {}", words::span(ms)));
        let title = format!("{at} {}{took}", words::of_run(run.status).to_lowercase());
        let (from, until) = (run.started_at.unwrap_or(run.queued_at), run.finished_at.unwrap_or(now));
        lane.runs.push(Played { sign, from, until, title, href: visit.to(&format!("/runs/{}", run.id)) });
    }
    let played = |row: &&Firing| matches!(row.outcome, FiringOutcome::Fired | FiringOutcome::Buffered);
    let none = BTreeMap::new();
    for row in firings.into_iter().flatten().filter(|row| !played(row) && row.until_slot >= window.from) {
        let title = schedule::title_of(&times, row, &none);
        let (sign, _) = schedule::sign_of(row, &none);
        let x = window.place(row.until_slot.min(now));
        lane.marks.push(Mark { sign, x, clock: String::new(), title, word: "", href: None });
    }
    let mut next = String::new();
    if let Some(cron) = orchestra.cron.as_ref().filter(|_| orchestra.enabled) {
        let coming: Vec<_> = cron.fires_after(now, &orchestra.timezone).take(NEXT).collect();
        next = coming.first().map(|at| times.clock_text(*at)).unwrap_or_default();
        for at in coming.into_iter().filter(|at| *at < window.until) {
            let title = format!("{} to come", times.clock_text(at));
            let x = window.place(at);
            lane.marks.push(Mark { sign: Sign::Next, x, clock: String::new(), title, word: "", href: None });
        }
    } else {
        next.push_str(if orchestra.cron.is_some() { "paused" } else { "by hand only" });
    }
    let label = format!(
        "{}: {} and {} that did not fire in {PAST} hours, next {next}",
        orchestra.name,
        words::many(lane.runs.len() as u64, "run"),
        words::many(lane.marks.iter().filter(|mark| mark.sign != Sign::Next).count() as u64, "slot"),
    );
    LaneView {
        name: orchestra.name.clone(),
        href: visit.to(&format!("/orchestras/{}", orchestra.id)),
        sign: f.sign_of(state),
        drawing: lane.draw(window, &label),
        next,
    }
}

fn unplayed(
    visit: &Visit,
    f: &Frame,
    firings: &BTreeMap<OrchestraId, Vec<Firing>>,
    midnight: DateTime<Utc>,
) -> Vec<Unplayed> {
    let times = visit.times;
    let mut found = Vec::new();
    for (id, rows) in firings {
        let skipped = |row: &&Firing| !matches!(row.outcome, FiringOutcome::Fired | FiringOutcome::Buffered);
        for row in rows.iter().filter(skipped).filter(|row| row.until_slot >= midnight) {
            let (outcome, usual) = words::of_outcome(row.outcome);
            let slots = match row.count {
                0 | 1 => times.clock_text(row.slot),
                count => format!("{}, {}", times.clock_text(row.until_slot), words::many(count, "slot")),
            };
            found.push(Unplayed {
                at: row.until_slot,
                slots,
                name: f.name_of(id).to_owned(),
                href: visit.to(&format!("/orchestras/{id}")),
                outcome,
                why: row
                    .reason
                    .as_ref()
                    .map_or_else(|| usual.to_owned(), |why| crate::dashboard::form::capital(why)),
            });
        }
    }
    found.sort_by(|one, two| two.at.cmp(&one.at).then_with(|| one.name.cmp(&two.name)));
    found
}
