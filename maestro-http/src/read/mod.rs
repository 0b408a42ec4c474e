//! Read models: what the routes of the API and the pages of the dashboard show, each read in one place.

mod agents;
mod costs;
mod firings;
mod orchestras;
mod runs;
mod scores;

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{Schedule, Zone},
    engine::Workspace,
};

pub(crate) use self::agents::{agent_usage, agents};
pub(crate) use self::costs::{CostsQuery, costs};
pub(crate) use self::firings::firings;
pub(crate) use self::orchestras::orchestras;
pub(crate) use self::runs::{RunsQuery, StepsQuery, run, runs, size_of, steps};
pub(crate) use self::scores::scores;
use crate::{
    problem::Problem,
    wire::{CronPreview, CronPreviewed, Moment, WorkspaceState},
};

/// How many slots a preview lists when the request does not say.
const PREVIEWED: u32 = 5;
/// The most slots of a preview.
const MOST_PREVIEWED: u32 = 100;

/// Returns what a schedule says, and its next slots.
pub(crate) fn cron(asked: CronPreview, now: DateTime<Utc>) -> Result<CronPreviewed, Problem> {
    let count = asked.count.unwrap_or(PREVIEWED);
    if !(1..=MOST_PREVIEWED).contains(&count) {
        return Err(Problem::invalid("/count", format!("use 1 to {MOST_PREVIEWED}")));
    }
    let expression = asked.cron.trim().parse::<maestro_core::domain::CronExpr>()?;
    let zone = asked.timezone.as_deref().map_or(Ok(Zone::default()), |zone| zone.trim().parse())?;
    let description = expression.describe();
    // The slot at `from` itself is one that a person expects to see.
    let after = asked.from.map_or(now, |Moment(from)| from - TimeDelta::microseconds(1));
    let fires = Schedule::new(expression, zone).fires_after(after).take(count as usize).collect();
    Ok(CronPreviewed { description, fires })
}

/// Returns a workspace: its switches and its settings.
pub(crate) async fn workspace(workspace: &Workspace) -> Result<WorkspaceState, Problem> {
    let (state, settings) = (workspace.state().await?, workspace.settings().await?);
    Ok(WorkspaceState::new(workspace.id().clone(), state, settings))
}
