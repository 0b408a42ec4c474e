//! The numbers of an orchestra.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{CostGroup, Costs, CostsBy, Day, OrchestraId, Run, RunStatus, Totals},
    ports::store::RunFilter,
};

use crate::{
    dashboard::{
        draw::{bars, line},
        markup::Markup,
        visit::Visit,
        words,
    },
    problem::Problem,
};

/// So many runs are looked at.
const MOST: u32 = 300;
const DAYS: i64 = 30;
/// So many points a line has.
const POINTS: usize = 14;

/// Numbers with their small drawings.
pub(crate) struct Stats {
    pub(crate) of: String,
    pub(crate) runs: String,
    pub(crate) today: String,
    pub(crate) by_day: Markup,
    pub(crate) rate: String,
    pub(crate) rate_of: String,
    pub(crate) rate_line: Markup,
    pub(crate) active: String,
    pub(crate) active_p95: String,
    pub(crate) active_line: Markup,
    pub(crate) queue: String,
    pub(crate) queue_p95: String,
    pub(crate) queue_line: Markup,
    pub(crate) cost_today: String,
    pub(crate) calls_today: String,
    pub(crate) cost: String,
    pub(crate) cost_of: String,
    pub(crate) cost_line: Markup,
}

impl Stats {
    /// Reads the latest runs of an orchestra and sums them up.
    pub(crate) async fn load(visit: &Visit, id: &OrchestraId) -> Result<Self, Problem> {
        let (now, zone) = (visit.times.now, visit.times.zone);
        let since = now - TimeDelta::days(DAYS);
        let midnight = Day::of(zone, now).start;
        let mut filter = RunFilter::default();
        filter.orchestra_id = Some(id.clone());
        filter.since = Some(since);
        let (runs, whole, today) = futures_util::try_join!(
            async { Ok::<_, Problem>(visit.workspace.runs(&filter, None, MOST).await?) },
            costs(visit, id, since),
            costs(visit, id, midnight),
        )?;
        Ok(Self::of(&runs, midnight, now, (&whole, &today)))
    }

    fn of(runs: &[Run], midnight: DateTime<Utc>, now: DateTime<Utc>, (whole, today): (&Cost, &Cost)) -> Self {
        let is_cut = runs.len() as u32 == MOST;
        let ended: Vec<_> = runs.iter().filter(|run| run.status.is_final()).collect();
        let good = ended.iter().filter(|run| run.status.is_good()).count();
        let judged = ended.iter().filter(|run| run.status != RunStatus::Cancelled).count();
        let active: Vec<_> = ended.iter().rev().filter_map(|run| run.duration_ms()).collect();
        let delay = |run: &Run| Some((run.started_at? - run.queued_at).num_milliseconds());
        let queue: Vec<_> = runs.iter().rev().filter_map(delay).collect();
        let today_runs = runs.iter().filter(|run| run.queued_at >= midnight).count();
        let oldest = runs.last().map_or(now, |run| run.queued_at);
        let (by_day, cost_by_day) = by_day(runs, oldest, now);
        let p95 = |values: &[i64]| {
            percentile(values, 95).map_or_else(String::new, |ms| format!("p95 {}", words::span(ms)))
        };
        let median = |values: &[i64]| percentile(values, 50).map_or_else(|| "–".to_owned(), words::span);
        Self {
            of: if is_cut { format!("the last {MOST}") } else { "30 days".to_owned() },
            runs: if is_cut { format!("{MOST}+") } else { words::count(runs.len() as u64) },
            today: format!("{today_runs} today"),
            by_day,
            rate: words::percent(good as u64, judged as u64).unwrap_or_else(|| "–".to_owned()),
            rate_of: if judged > 0 { format!("{good} of {judged}") } else { String::new() },
            rate_line: rate_line(&ended),
            active: median(&active),
            active_p95: p95(&active),
            active_line: medians(&active),
            queue: median(&queue),
            queue_p95: p95(&queue),
            queue_line: medians(&queue),
            cost_today: words::dollars(&today.totals),
            calls_today: words::many(today.calls, "call"),
            cost: words::dollars(&whole.totals),
            cost_of: match whole.unpriced {
                0 => words::many(whole.calls, "call"),
                unpriced => format!("{unpriced} of {} unpriced", words::many(whole.calls, "call")),
            },
            cost_line: cost_by_day,
        }
    }
}

/// What an orchestra was billed.
#[derive(Default)]
struct Cost {
    totals: Totals,
    calls: u64,
    unpriced: u64,
}

async fn costs(visit: &Visit, id: &OrchestraId, since: DateTime<Utc>) -> Result<Cost, Problem> {
    let until = visit.times.now + TimeDelta::seconds(1);
    let all = visit.workspace.costs(CostsBy::Orchestra, since, until).await?;
    let own = all.into_iter().find(|costs| matches!(&costs.group, CostGroup::Orchestra(of) if of == id));
    let cost = |Costs { totals, calls, unpriced_calls, .. }| Cost { totals, calls, unpriced: unpriced_calls };
    Ok(own.map(cost).unwrap_or_default())
}

/// Draws how many runs there were and what they cost in each of equal parts of the time since the oldest.
fn by_day(runs: &[Run], oldest: DateTime<Utc>, now: DateTime<Utc>) -> (Markup, Markup) {
    let days = ((now - oldest).num_hours() / 24 + 1).clamp(1, DAYS);
    let parts = if days < 4 { 24 } else { days as usize };
    let whole = (now - oldest).num_milliseconds().max(1);
    let (mut counts, mut costs) = (vec![0.0; parts], vec![0.0; parts]);
    for run in runs {
        let passed = (run.queued_at - oldest).num_milliseconds();
        let part = (passed * parts as i64 / whole).clamp(0, parts as i64 - 1) as usize;
        counts[part] += 1.0;
        costs[part] += run.totals.known.nanos() as f64;
    }
    match runs.is_empty() {
        true => (Markup::new(), Markup::new()),
        false => {
            (bars(&counts), if costs.iter().any(|cost| *cost > 0.0) { bars(&costs) } else { Markup::new() })
        }
    }
}

/// Draws medians of groups of runs that follow each other.
fn medians(values: &[i64]) -> Markup {
    let size = values.len().div_ceil(POINTS).max(1);
    let points: Vec<_> = values.chunks(size).map(|some| percentile(some, 50).map(|ms| ms as f64)).collect();
    line(&points)
}

/// Draws the share of good runs among those that follow each other.
fn rate_line(ended: &[&Run]) -> Markup {
    let size = ended.len().div_ceil(POINTS).max(1);
    let oldest_first: Vec<_> = ended.iter().rev().collect();
    let share =
        |some: &[&&Run]| some.iter().filter(|run| run.status.is_good()).count() as f64 / some.len() as f64;
    line(&oldest_first.chunks(size).map(|some| Some(share(some))).collect::<Vec<_>>())
}

fn percentile(values: &[i64], percent: usize) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_there_were() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[7], 95), Some(7));
        let values: Vec<_> = (1..=100).rev().collect();
        assert_eq!([50, 95, 100].map(|p| percentile(&values, p)), [Some(50), Some(95), Some(100)]);
    }
}
