//! Waits: delays, retries that are due later, and steps whose outcome a person must tell.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Failure, NodeKind, Payload, Resolution, RunStep, StepKey, StepStatus, Template};
use super::{
    Fate, Play, StepHandle,
    frame::{NodeState, Try},
    frames::ROOT,
    input::Brought,
};

/// The code of a failure after which a person asked for the step to be done anew.
pub(super) const AGAIN: &str = "again";

impl Play {
    /// Waits until a moment, with what the node then passes on.
    pub(super) fn wait(
        &mut self,
        at: StepHandle,
        row: RunStep,
        passed_on: Payload,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) {
        if until <= now {
            return self.succeed(at, row, passed_on, now);
        }
        let row = RunStep { resume_at: Some(until), ..row };
        self.write(row.clone());
        self.set(at, NodeState::Waiting(Box::new(row), Some(until)));
    }

    /// Renders the moment until which a node waits.
    pub(super) fn moment(
        &self,
        at: StepHandle,
        brought: &Brought,
        template: &Template,
    ) -> Result<DateTime<Utc>, Failure> {
        let text = self.text(at, brought, template, "until")?;
        match DateTime::parse_from_rfc3339(text.trim()) {
            Ok(moment) => Ok(moment.with_timezone(&Utc)),
            Err(error) => {
                let text: String = text.chars().take(80).collect();
                let message =
                    format!("until {text:?} is no RFC 3339 time ({error}); write 2026-03-08T09:00:00Z");
                Err(Failure::new("not_a_time", message))
            }
        }
    }

    /// Goes on with what waited for a moment that has come. Tells whether there was anything.
    pub(super) fn time(&mut self, now: DateTime<Utc>) -> bool {
        let mut any = false;
        while let Some((moment, at)) = self.timers.first().copied()
            && moment <= now
        {
            self.timers.remove(&(moment, at));
            any = true;
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
        any
    }

    fn wait_is_over(&mut self, at: StepHandle, row: RunStep, now: DateTime<Utc>) {
        if at.is_part() {
            return self.release(at);
        }
        if matches!(self.node(at).kind, NodeKind::Approval { .. }) {
            return self.unanswered(at, row, now);
        }
        let passed_on = match &row.input {
            Some(input) => Ok(input.clone()),
            None => self.brought(at).map(|brought| brought.merged),
        };
        match passed_on {
            Ok(output) => self.succeed(at, row, output, now),
            Err(failure) => self.fail(at, row, failure, now),
        }
    }

    /// Leaves a step to a person: it may have had its effect.
    pub(super) fn leave_unknown(&mut self, at: StepHandle, attempt: Try, row: RunStep) {
        let row = RunStep { status: StepStatus::Unknown, finished_at: None, resume_at: None, ..row };
        self.write(row.clone());
        self.set(at, NodeState::Unknown(attempt, Box::new(row)));
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
            Resolution::Done { output } => match self.check("output", &output) {
                Ok(()) => self.succeed(at, row, output, now),
                Err(failure) => self.fail(at, row, failure, now),
            },
            Resolution::Failed { message } => {
                self.fail(at, row, Failure::new("resolved_as_failed", message), now);
            }
            Resolution::Again => {
                let failure = Failure::new(AGAIN, "its outcome was lost; a person had it done anew");
                self.write(RunStep { resume_at: Some(now), ..row.failed(failure, now) });
                self.ready.push_back((at, Fate::Retry(this.anew())));
            }
        }
    }

    /// Finds the step with this key among those that are not over: from the run inwards, from loop to iteration.
    pub fn handle_of(&self, key: &StepKey) -> Option<StepHandle> {
        let mut frame = ROOT;
        let mut segments = key.as_str().split('.');
        loop {
            let number = self.plan.find(segments.next()?)?;
            let place = self.plan.place(number);
            if self.frames.get(frame)?.scope != place.scope {
                return None;
            }
            let at = StepHandle::node(frame, place.local);
            let Some(within) = segments.next() else { return Some(at) };
            match self.state(at)? {
                NodeState::Looping(looping) => frame = *looping.open.get(&within.parse().ok()?)?,
                NodeState::Talking(talk) if segments.next().is_none() => {
                    return talk.find(within).map(|part| StepHandle { part, ..at });
                }
                _ => return None,
            }
        }
    }
}

/// Adds a span to a moment; the end of time where that is too far.
pub(super) fn later(now: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    now.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
