//! Ends: what becomes of a step that was executed.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Effect, Failure, Payload, Retry, RunStep, StepStatus};
use super::{
    Ended, Play, StepHandle, StepOutcome,
    frame::{NodeState, Try},
    talk::PartKind,
    wait::{AGAIN, later},
};

/// What is known of a try that failed.
struct Failed {
    failure: Failure,
    permanent: bool,
    not_applied: bool,
    after: Option<TimeDelta>,
}

impl Play {
    /// Takes the end of a step that the play had started. A late end of a try that was given up is taken too, unless it
    /// tells nothing new.
    pub(super) fn ended(&mut self, ended: Ended, now: DateTime<Utc>) {
        let at = ended.handle;
        let (attempt, row) = match self.state(at) {
            Some(NodeState::Running { attempt, .. }) => (*attempt, None),
            Some(NodeState::Unknown(attempt, row)) => (*attempt, Some((**row).clone())),
            _ => return,
        };
        if attempt.attempt != ended.attempt {
            return;
        }
        let was_unknown = row.is_some();
        let was_aborted = matches!(ended.outcome, StepOutcome::Aborted { .. });
        let outcome = self.judge(ended.outcome);
        let in_doubt = matches!(&outcome, Err(failed) if !failed.not_applied) && self.is_once(at);
        if in_doubt && was_unknown {
            return;
        }
        if let Some(billed) = &ended.billed {
            self.totals.add(&billed.usage, billed.cost);
        }
        let row = row.unwrap_or_else(|| self.row(at, attempt, StepStatus::Running));
        self.billed_before.remove(&at);
        let row = RunStep {
            started_at: ended.started_at.or(row.started_at),
            input: ended.input.or(row.input.clone()),
            ..row
        };
        let row = row.billed(ended.billed);
        match outcome {
            Ok(output) => self.succeed(at, row, output, now),
            Err(failed) if in_doubt => {
                self.leave_unknown(at, attempt, RunStep { error: Some(failed.failure), ..row });
            }
            Err(failed) if self.is_called_off(at) => {
                let error = (!was_aborted).then_some(failed.failure);
                self.cancel(at, RunStep { error, ..row }, now);
            }
            Err(failed) => self.retry_or_fail(at, attempt, row, failed, ended.random, now),
        }
    }

    /// Takes what is known of a step that was cut off: what it was billed, and whether it had begun.
    pub(super) fn interrupted(&mut self, ended: Ended) {
        let at = ended.handle;
        let attempt = match self.state(at) {
            Some(NodeState::Running { attempt, .. }) if attempt.attempt == ended.attempt => *attempt,
            _ => return,
        };
        let not_applied = matches!(ended.outcome, StepOutcome::Aborted { not_applied: true });
        let status = match self.is_once(at) && not_applied {
            true => StepStatus::Waiting,
            false if ended.billed.is_none() => return,
            false => StepStatus::Running,
        };
        if let Some(billed) = &ended.billed {
            self.totals.add(&billed.usage, billed.cost);
        }
        let row = self.row(at, attempt, StepStatus::Running);
        let (started_at, input) = (ended.started_at, ended.input);
        self.write(RunStep { status, started_at, input, ..row }.billed(ended.billed));
    }

    /// Tells what an end comes to: an output that can be recorded, or a failure.
    fn judge(&self, outcome: StepOutcome) -> Result<Payload, Failed> {
        match outcome {
            StepOutcome::Succeeded(output) => match self.check("output", &output) {
                Ok(()) => Ok(output),
                // Its effect has happened for certain: nobody has to be asked.
                Err(failure) => Err(Failed { failure, permanent: true, not_applied: true, after: None }),
            },
            StepOutcome::Failed { failure, permanent, not_applied, after } => {
                Err(Failed { failure, permanent, not_applied, after })
            }
            StepOutcome::Aborted { not_applied } => {
                let failure = Failure::new("aborted", "it was ended before it said what it had done");
                Err(Failed { failure, permanent: false, not_applied, after: None })
            }
        }
    }

    /// Tells whether a step may be executed only once. To ask a model has no effect, what its tools do has.
    pub(super) fn is_once(&self, at: StepHandle) -> bool {
        let is_turn = matches!(self.part(at).map(|part| &part.kind), Some(PartKind::Turn(_)));
        self.node(at).effect == Effect::Once && !is_turn
    }

    fn retry(&self, at: StepHandle) -> Retry {
        let node = self.node(at);
        match node.effect == Effect::Once && !self.is_once(at) {
            true => node.retry.clone().unwrap_or_default(),
            false => node.retry(),
        }
    }

    fn retry_or_fail(
        &mut self,
        at: StepHandle,
        attempt: Try,
        row: RunStep,
        failed: Failed,
        random: f64,
        now: DateTime<Utc>,
    ) {
        let Failed { mut failure, permanent, after, .. } = failed;
        let retry = self.retry(at);
        if permanent || attempt.count() >= retry.max_attempts {
            return self.fail(at, row, failure, now);
        }
        if failure.code == AGAIN {
            failure.code = "failed".to_owned(); // in a record this code means that a person asked
        }
        let moment = later(now, retry.delay(attempt.count(), random).max(after.unwrap_or_default()));
        self.write(RunStep { resume_at: Some(moment), ..row.failed(failure, now) });
        self.set(at, NodeState::Retrying(attempt.next(), moment));
    }
}
