//! What needs a person: approvals, outcomes that nobody knows, failures that nothing has made good.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{OrchestraId, Run, RunId, RunStatus, RunStep, StepKey, StepKind, StepStatus},
    ports::store::{RunFilter, StepQuery},
};

use super::kept::Revision;
use crate::{dashboard::visit::Visit, problem::Problem};

/// So many runs that wait are looked at.
const WAITING: u32 = 50;
/// So many failures are told.
const FAILURES: usize = 8;
/// Failures of so many hours are told.
const HOURS: i64 = 24;
/// So many steps of a run that waits are looked at.
const STEPS: u32 = 1_000;

/// Something that a person must do.
#[derive(Clone, Debug)]
pub(crate) struct Duty {
    pub(crate) need: Need,
    pub(crate) run_id: RunId,
    pub(crate) orchestra_id: OrchestraId,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
}

/// What must be done.
#[derive(Clone, Debug)]
pub(crate) enum Need {
    /// Somebody must approve or reject.
    Approve { key: StepKey, title: String, until: Option<DateTime<Utc>> },
    /// Somebody must say what became of a step.
    Resolve { key: StepKey },
    /// Somebody should look at a failure.
    Look { message: String },
}

impl Duty {
    /// Returns what to do, as a link.
    pub(crate) fn text(&self) -> String {
        match &self.need {
            Need::Approve { title, .. } => title.clone(),
            Need::Resolve { key } => format!("Say whether “{key}” happened"),
            Need::Look { .. } => "Look at a failed run".to_owned(),
        }
    }

    /// Returns why, in a line.
    pub(crate) fn note(&self, now: DateTime<Utc>) -> String {
        match &self.need {
            Need::Approve { until: Some(until), .. } => {
                format!("decided by itself {}", crate::dashboard::words::ago(*until, now))
            }
            Need::Approve { .. } => "waits for approval".to_owned(),
            Need::Resolve { .. } => "its outcome was lost after the call had started".to_owned(),
            Need::Look { message } => message.clone(),
        }
    }

    /// Returns the name of its glyph.
    pub(crate) fn sign(&self) -> &'static str {
        match self.need {
            Need::Approve { .. } => "waiting",
            Need::Resolve { .. } => "unknown",
            Need::Look { .. } => "failed",
        }
    }

    /// Tells whether a run waits for it.
    pub(crate) fn is_open(&self) -> bool {
        match self.need {
            Need::Approve { .. } | Need::Resolve { .. } => true,
            Need::Look { .. } => false,
        }
    }

    /// Returns where it is done, below the base.
    pub(crate) fn path(&self) -> String {
        format!("/runs/{}", self.run_id)
    }
}

/// Returns what needs a person, what runs wait for first, the oldest first.
pub(crate) async fn duties(visit: &Visit) -> Result<Vec<Duty>, Problem> {
    let (waiting, failed) = futures_util::try_join!(waiting(visit), failures(visit))?;
    let mut duties = waiting;
    duties.sort_by_key(|duty| (duty.since, duty.run_id));
    duties.extend(failed);
    Ok(duties)
}

async fn waiting(visit: &Visit) -> Result<Vec<Duty>, Problem> {
    let mut filter = RunFilter::default();
    filter.statuses = vec![RunStatus::Waiting];
    let runs = visit.workspace.runs(&filter, None, WAITING).await?;
    let found = futures_util::future::try_join_all(runs.iter().map(|run| of_run(visit, run))).await?;
    Ok(found.iter().flat_map(|duties| duties.iter().cloned()).collect())
}

/// Returns what a run waits for a person to do.
pub(crate) async fn of_run(visit: &Visit, run: &Run) -> Result<Arc<Vec<Duty>>, Problem> {
    if run.status.is_final() {
        return Ok(Arc::default());
    }
    let key = Revision::of(run);
    if let Some(kept) = visit.kept.duties.get(&key) {
        return Ok(kept);
    }
    let steps = visit.workspace.steps(run.id, &StepQuery::default(), STEPS).await?;
    let duties = Arc::new(steps.iter().filter_map(|step| of_step(run, step)).collect());
    if steps.iter().all(|step| step.seq <= run.revision) {
        visit.kept.duties.put(key, Arc::clone(&duties));
    }
    Ok(duties)
}

fn of_step(run: &Run, step: &RunStep) -> Option<Duty> {
    let key = step.key.clone();
    let need = match (step.status, step.kind) {
        (StepStatus::Waiting, StepKind::Approval) => {
            Need::Approve { title: title_of(step), key, until: step.resume_at }
        }
        (StepStatus::Unknown, _) => Need::Resolve { key },
        _ => return None,
    };
    let since = step.started_at.unwrap_or(run.queued_at);
    Some(Duty { need, run_id: run.id, orchestra_id: run.orchestra_id.clone(), since })
}

/// Returns what an approval asks.
pub(crate) fn title_of(step: &RunStep) -> String {
    let title = step.output.as_ref().and_then(|output| output.value().ok());
    let title = title.and_then(|value| value["approval"]["title"].as_str()).unwrap_or_default();
    if title.is_empty() { format!("Approve {}", step.key) } else { title.chars().take(300).collect() }
}

/// Returns the latest failure of each orchestra that no later run has made good.
async fn failures(visit: &Visit) -> Result<Vec<Duty>, Problem> {
    let since = visit.times.now - TimeDelta::hours(HOURS);
    let mut filter = RunFilter::default();
    filter.statuses = vec![RunStatus::Failed];
    filter.since = Some(since);
    let runs = visit.workspace.runs(&filter, None, 100).await?;
    let mut seen = BTreeSet::new();
    let latest = runs.into_iter().filter(|run| seen.insert(run.orchestra_id.clone())).take(FAILURES);
    let told = latest.map(|run| async move {
        let mut good = RunFilter::default();
        good.orchestra_id = Some(run.orchestra_id.clone());
        good.statuses = vec![RunStatus::Succeeded, RunStatus::Completed];
        good.since = Some(run.queued_at);
        let is_made_good = !visit.workspace.runs(&good, None, 1).await?.is_empty();
        Ok::<_, Problem>((!is_made_good).then_some(run))
    });
    let open = futures_util::future::try_join_all(told).await?;
    Ok(open.into_iter().flatten().map(of_failure).collect())
}

fn of_failure(run: Run) -> Duty {
    let message = run.error.map(|error| error.message).unwrap_or_default();
    let message = message.chars().take(200).collect();
    let since = run.finished_at.unwrap_or(run.queued_at);
    Duty { need: Need::Look { message }, run_id: run.id, orchestra_id: run.orchestra_id, since }
}
