//! How long a run has been active.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{RunStep, StepKind};

/// Returns how long a run has been active: the time during which any of its steps was executed, since `since` if a person had
/// it played on then. Waits do not count, and neither do the spans of what only encloses other steps, in which these may have
/// waited.
pub(super) fn so_far(steps: &[RunStep], since: Option<DateTime<Utc>>) -> TimeDelta {
    let executes = |kind| matches!(kind, StepKind::Deterministic | StepKind::ModelTurn | StepKind::ToolCall);
    let ran = steps.iter().filter(|step| executes(step.kind));
    let mut spans: Vec<_> = ran.filter_map(|step| Some((step.started_at?, step.finished_at?))).collect();
    spans.sort();
    let (mut active, mut until) = (TimeDelta::zero(), since.unwrap_or(DateTime::<Utc>::MIN_UTC));
    for (started, finished) in spans {
        if finished > until {
            active += finished - started.max(until);
            until = finished;
        }
    }
    active
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::StepStatus;

    #[test]
    fn only_what_is_executed_counts_and_no_moment_counts_twice() {
        let at = |second| DateTime::from_timestamp(second, 0);
        let row = |key: &str, kind, from, to| RunStep {
            started_at: at(from),
            finished_at: at(to),
            ..RunStep::new(key.parse().unwrap(), 1, kind, StepStatus::Succeeded)
        };
        let steps = [
            row("each", StepKind::MapOver, 0, 1_000),
            row("each.0.a", StepKind::Deterministic, 0, 10),
            row("each.1.a", StepKind::Deterministic, 5, 15),
            row("each.0.nap", StepKind::Delay, 10, 900),
            row("again", StepKind::Repeat, 0, 1_000),
            row("again.0.ask", StepKind::Approval, 20, 950),
            row("write", StepKind::Llm, 950, 2_000),
            row("write.m1", StepKind::ModelTurn, 960, 970),
            row("write.t1", StepKind::ToolCall, 1_960, 1_965),
        ];
        assert_eq!(so_far(&steps, None), TimeDelta::seconds(15 + 10 + 5));
        assert_eq!(so_far(&steps, at(5)), TimeDelta::seconds(10 + 10 + 5));
        assert_eq!(so_far(&[], None), TimeDelta::zero());
    }
}
