//! How long a run has been active.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{RunStep, StepKind};

/// Returns how long a run has been active: the time during which any of its steps ran. Waits do not count.
pub(super) fn so_far(steps: &[RunStep]) -> TimeDelta {
    let ran = steps.iter().filter(|step| !matches!(step.kind, StepKind::Delay | StepKind::Approval));
    let mut spans: Vec<_> = ran.filter_map(|step| Some((step.started_at?, step.finished_at?))).collect();
    spans.sort();
    let (mut active, mut until) = (TimeDelta::zero(), DateTime::<Utc>::MIN_UTC);
    for (started, finished) in spans {
        if finished > until {
            active += finished - started.max(until);
            until = finished;
        }
    }
    active
}
