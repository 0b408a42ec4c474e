//! Runs, pages of them, and pages of their steps.

use maestro_core::{
    domain::{self, OrchestraId, Payload, RunId},
    engine::Workspace,
    ports::store::{RunFilter, StepQuery},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    problem::Problem,
    wire::{Key, Moment, Page, Run, RunStatus, RunStep, RunSummary, page_limit, page_of, read_cursor},
};

/// The stored names of what makes runs.
const TRIGGERS: [&str; 5] = ["cron", "manual", "api", "rerun", "finish"];

/// Which runs to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// Of this orchestra only.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9_-]{1,64}$")]
    pub(crate) orchestra_id: Option<OrchestraId>,
    /// With one of these statuses only, separated by commas.
    #[param(value_type = Option<Vec<RunStatus>>, style = Form, explode = false)]
    pub(crate) status: Option<String>,
    /// Made by this only: `cron`, `manual`, `api`, `rerun` or `finish`.
    #[param(pattern = "^(cron|manual|api|rerun|finish)$")]
    pub(crate) trigger: Option<String>,
    /// Enqueued at or after this.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub(crate) since: Option<Moment>,
    /// Enqueued before this.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub(crate) until: Option<Moment>,
    /// How many items at most, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 3000)]
    pub(crate) cursor: Option<String>,
}

impl RunsQuery {
    fn filter(&self) -> Result<RunFilter, Problem> {
        let mut filter = RunFilter::default();
        filter.orchestra_id = self.orchestra_id.clone();
        for name in self.status.iter().flat_map(|names| names.split(',')) {
            let status = name
                .parse()
                .map_err(|error: domain::UnknownName| Problem::invalid("status", error.to_string()))?;
            filter.statuses.push(status);
        }
        if self.trigger.as_deref().is_some_and(|trigger| !TRIGGERS.contains(&trigger)) {
            return Err(Problem::invalid("trigger", format!("use one of {}", TRIGGERS.join(", "))));
        }
        filter.trigger = self.trigger.clone();
        filter.since = self.since.map(|Moment(since)| since);
        filter.until = self.until.map(|Moment(until)| until);
        Ok(filter)
    }
}

/// Returns a page of runs, the newest first.
pub(crate) async fn runs(workspace: &Workspace, asked: &RunsQuery) -> Result<Page<RunSummary>, Problem> {
    let (limit, filter) = (page_limit(asked.limit)?, asked.filter()?);
    let before = read_cursor(asked.cursor.as_deref(), |key| match key {
        Key::Run(id) => Some(id),
        _ => None,
    })?;
    let found = workspace.runs(&filter, before, limit + 1).await?;
    Ok(page_of(found, limit, |_| 0, |run| Key::Run(run.id), RunSummary::from))
}

/// Returns a run, live or ended.
pub(crate) async fn run(workspace: &Workspace, id: RunId) -> Result<Run, Problem> {
    Ok(workspace.run(id).await?.into())
}

/// Which steps of a run to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepsQuery {
    /// With keys that begin with this only, such as `each.3.`.
    #[param(max_length = 1024)]
    pub(crate) prefix: Option<String>,
    /// Written by a record after this one only: what is new since the run had this revision.
    pub(crate) after_revision: Option<u32>,
    /// How many items at most, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 3000)]
    pub(crate) cursor: Option<String>,
}

/// Returns a page of a run's steps, in the order of keys and tries.
pub(crate) async fn steps(
    workspace: &Workspace,
    id: RunId,
    asked: &StepsQuery,
) -> Result<Page<RunStep>, Problem> {
    let limit = page_limit(asked.limit)?;
    let mut query = StepQuery::default();
    query.prefix = asked.prefix.clone().filter(|prefix| !prefix.is_empty());
    query.after_seq = asked.after_revision;
    query.after = read_cursor(asked.cursor.as_deref(), |key| match key {
        Key::Step(key, attempt) => Some((key, attempt)),
        _ => None,
    })?;
    let found = workspace.steps(id, &query, limit + 1).await?;
    Ok(page_of(found, limit, size_of, |step| Key::Step(step.key.clone(), step.attempt), RunStep::from))
}

/// Returns the bytes of a step's payloads.
pub(crate) fn size_of(step: &domain::RunStep) -> usize {
    step.input.iter().chain(&step.output).map(Payload::size).sum()
}
