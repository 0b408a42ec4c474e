//! Ends: what becomes of a step that was executed, or waited, or was resolved by a person.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Effect, Failure, Node, Resolution, RunStep, StepKey, StepStatus};
use super::{
    Ended, Fate, Play, StepHandle, StepOutcome,
    frame::{NodeState, Outcome, Try},
};

/// The code of a failure after which a person asked for the step to be done anew.
pub(super) const AGAIN: &str = "again";

/// What is known of a try that failed.
struct Failed {
    failure: Failure,
    permanent: bool,
    after: Option<TimeDelta>,
    random: f64,
}

impl Play {
    /// Takes the end of a step that the play had started. A late end of a try that was given up is taken too.
    pub(super) fn ended(&mut self, ended: Ended, now: DateTime<Utc>) {
        let at = ended.handle;
        let attempt = match self.state(at) {
            Some(NodeState::Running(attempt) | NodeState::Unknown(attempt, _)) => *attempt,
            _ => return,
        };
        if attempt.attempt != ended.attempt {
            return;
        }
        if let Some(billed) = &ended.billed {
            self.totals.add(&billed.usage, billed.cost);
        }
        let plan = self.plan.clone();
        let node = plan.node(self.number(at));
        let row = self.row(at, attempt, StepStatus::Running);
        let row = RunStep { started_at: ended.started_at, input: ended.input, ..row }.billed(ended.billed);
        let in_doubt = |not_applied: bool| node.effect == Effect::Once && !not_applied;
        match ended.outcome {
            StepOutcome::Succeeded(output) if output.size() > self.given.limits.value_bytes => {
                let failure = self.too_large("output", output.size());
                self.give_up(at, row, failure, now);
            }
            StepOutcome::Succeeded(output) => {
                self.write(row.succeeded(output.clone(), now));
                self.decide(at, Outcome::Succeeded(output));
            }
            StepOutcome::Failed { failure, not_applied, .. } if in_doubt(not_applied) => {
                self.leave_unknown(at, attempt, RunStep { error: Some(failure), ..row });
            }
            StepOutcome::Aborted { not_applied } if in_doubt(not_applied) => {
                let failure = Failure::new("aborted", "it was ended before it said what it had done");
                self.leave_unknown(at, attempt, RunStep { error: Some(failure), ..row });
            }
            StepOutcome::Aborted { .. } => {
                self.write(row.cancelled(now));
                self.decide(at, Outcome::Cancelled);
            }
            StepOutcome::Failed { failure, permanent, after, .. } => {
                let failed = Failed { failure, permanent, after, random: ended.random };
                self.retry_or_give_up(at, node, attempt, row, failed, now);
            }
        }
    }

    fn retry_or_give_up(
        &mut self,
        at: StepHandle,
        node: &Node,
        attempt: Try,
        row: RunStep,
        failed: Failed,
        now: DateTime<Utc>,
    ) {
        let retry = node.retry();
        if failed.permanent || self.ending.is_some() || attempt.count() >= retry.max_attempts {
            return self.give_up(at, row, failed.failure, now);
        }
        let delay = retry.delay(attempt.count(), failed.random).max(failed.after.unwrap_or_default());
        let moment = now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.write(RunStep { resume_at: Some(moment), ..row.failed(failed.failure, now) });
        self.running.remove(&at);
        self.unknown.remove(&at);
        self.set(at, NodeState::Retrying(attempt.next(), moment));
        self.timers.insert((moment, at));
    }

    fn give_up(&mut self, at: StepHandle, row: RunStep, failure: Failure, now: DateTime<Utc>) {
        self.write(row.failed(failure.clone(), now));
        self.decide(at, Outcome::Failed(failure));
    }

    /// Leaves a step to a person: it may have had its effect.
    pub(super) fn leave_unknown(&mut self, at: StepHandle, attempt: Try, row: RunStep) {
        let row = RunStep { status: StepStatus::Unknown, finished_at: None, ..row };
        self.write(row.clone());
        self.running.remove(&at);
        self.unknown.insert(at);
        self.undone |= self.ending.is_some();
        self.set(at, NodeState::Unknown(attempt, Box::new(row)));
    }

    /// Goes on with what waited for a moment that has come.
    pub(super) fn time(&mut self, now: DateTime<Utc>) {
        while let Some((moment, at)) = self.timers.first().copied()
            && moment <= now
        {
            self.timers.remove(&(moment, at));
            match self.state(at) {
                Some(NodeState::Retrying(attempt, _)) => {
                    let attempt = *attempt;
                    self.ready.push_back((at, Fate::Retry(attempt)));
                }
                Some(NodeState::Waiting(row, _)) => {
                    let row = (**row).clone();
                    self.wait_is_over(at, row, now);
                }
                _ => {}
            }
        }
    }

    fn wait_is_over(&mut self, at: StepHandle, row: RunStep, now: DateTime<Utc>) {
        let passed_on = match &row.input {
            Some(input) => Ok(input.clone()),
            None => self.brought(at).map(|brought| brought.merged),
        };
        match passed_on {
            Ok(output) => {
                self.write(row.succeeded(output.clone(), now));
                self.decide(at, Outcome::Succeeded(output));
            }
            Err(failure) => self.give_up(at, row, failure, now),
        }
    }

    /// Takes what a person says about a step whose outcome was lost.
    pub(super) fn resolved(
        &mut self,
        key: &StepKey,
        attempt: u32,
        resolution: Resolution,
        now: DateTime<Utc>,
    ) {
        let Some(at) = self.handle_of(key) else { return };
        let (this, row) = match self.state(at) {
            Some(NodeState::Unknown(this, row)) if this.attempt == attempt => (*this, (**row).clone()),
            _ => return,
        };
        match resolution {
            Resolution::Done { output } => {
                self.write(row.succeeded(output.clone(), now));
                self.decide(at, Outcome::Succeeded(output));
            }
            Resolution::Failed { message } => {
                self.give_up(at, row, Failure::new("resolved_as_failed", message), now)
            }
            Resolution::Again => {
                let failure = Failure::new(AGAIN, "its outcome was lost; a person had it done anew");
                self.write(RunStep { resume_at: Some(now), ..row.failed(failure, now) });
                self.unknown.remove(&at);
                self.ready.push_back((at, Fate::Retry(this.anew())));
            }
        }
    }

    /// Finds the step with this key among those whose frame is still open.
    pub fn handle_of(&self, key: &StepKey) -> Option<StepHandle> {
        let (path, node) = key.split();
        let number = self.plan.find(node)?;
        let frame = *self.paths.get(path)?;
        let place = self.plan.place(number);
        (self.frame(frame).scope == place.scope).then_some(StepHandle { frame, local: place.local })
    }
}
