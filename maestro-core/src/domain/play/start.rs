//! Starting: what becomes of a node all of whose edges are decided.

use chrono::{DateTime, Utc};

use super::super::{
    DelayUntil, Effect, Failure, NodeKind, OperationName, Payload, RunStep, SkillName, Span, StepStatus,
    StopStatus, Template,
};
use super::{
    Decision, Fate, Play, StartStep, StepHandle,
    finish::Ending,
    frame::{NodeState, Outcome, Try},
    input::Brought,
};

impl Play {
    /// Starts a node, or decides it without playing it.
    pub(super) fn meet(&mut self, at: StepHandle, fate: Fate, now: DateTime<Utc>) {
        if self.history.is_some() {
            return self.remember(at, fate, now);
        }
        if self.ending.is_some() {
            self.undone = true; // and stays undecided: nothing new starts
            return;
        }
        match fate {
            Fate::Skip => self.set_aside(at, StepStatus::Skipped, Outcome::Skipped, now),
            Fate::Fail(failure) => self.fail(at, Try::FIRST, None, failure, now),
            Fate::Start if self.is_held_back(at) => {
                self.set_aside(at, StepStatus::Cancelled, Outcome::Cancelled, now);
            }
            Fate::Start => self.start(at, Try::FIRST, now),
            Fate::Retry(attempt) => self.start(at, attempt, now),
        }
    }

    /// Decides a node that is not played.
    fn set_aside(&mut self, at: StepHandle, status: StepStatus, outcome: Outcome, now: DateTime<Utc>) {
        let row = self.row(at, Try::FIRST, status);
        self.write(RunStep { finished_at: Some(now), ..row });
        self.decide(at, outcome);
    }

    /// Decides a node that failed before it could be executed.
    pub(super) fn fail(
        &mut self,
        at: StepHandle,
        attempt: Try,
        started_at: Option<DateTime<Utc>>,
        failure: Failure,
        now: DateTime<Utc>,
    ) {
        let row = RunStep { started_at, ..self.row(at, attempt, StepStatus::Failed) };
        self.write(row.failed(failure.clone(), now));
        self.decide(at, Outcome::Failed(failure));
    }

    /// Starts a try of a node.
    pub(super) fn start(&mut self, at: StepHandle, attempt: Try, now: DateTime<Utc>) {
        let plan = self.plan.clone();
        let node = plan.node(self.number(at));
        let prepared = self.brought(at).and_then(|brought| {
            let (input, is_own) = self.input_of(at, &brought)?;
            Ok((brought, input, is_own))
        });
        let (brought, input, is_own) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => return self.fail(at, attempt, None, failure, now),
        };
        let recorded_input = is_own.then(|| input.clone());
        match &node.kind {
            NodeKind::Deterministic { skill, operation } => {
                let operation = (skill.clone(), operation.clone());
                self.execute(at, attempt, operation, input, is_own, now);
            }
            NodeKind::Llm { .. } | NodeKind::Approval { .. } => {
                let message = format!("this version cannot play nodes of kind {}", node.kind.name());
                self.fail(at, attempt, None, Failure::new("unsupported_node", message), now);
            }
            NodeKind::Delay(until) => self.wait(at, attempt, until, &brought, input, recorded_input, now),
            NodeKind::Stop { status, reason } => {
                let reason =
                    reason.as_ref().map(|reason| self.text(at, &brought, reason, "reason")).transpose();
                match reason {
                    Ok(reason) => self.stop(at, attempt, *status, reason, input, recorded_input, now),
                    Err(failure) => self.fail(at, attempt, None, failure, now),
                }
            }
            NodeKind::MapOver { items, max_items, .. } => {
                match self.render_items(at, &brought, items, *max_items) {
                    Ok(items) => self.begin_map(at, items, recorded_input, now),
                    Err(failure) => self.fail(at, attempt, Some(now), failure, now),
                }
            }
            NodeKind::Repeat { .. } => self.begin_repeat(at, input, recorded_input, now),
        }
    }

    fn execute(
        &mut self,
        at: StepHandle,
        attempt: Try,
        (skill, operation): (SkillName, OperationName),
        input: Payload,
        is_own: bool,
        now: DateTime<Utc>,
    ) {
        let node = self.plan.clone();
        let node = node.node(self.number(at));
        if node.effect == Effect::Once {
            // Its start is on record before it is executed: who finds this row knows that it may have happened.
            let row = self.row(at, attempt, StepStatus::Running);
            let input = is_own.then(|| input.clone());
            self.write(RunStep { started_at: Some(now), input, ..row });
        }
        self.set(at, NodeState::Running(attempt));
        self.running.insert(at);
        self.decisions.push(Decision::Start(Box::new(StartStep {
            handle: at,
            key: self.key(at),
            skill,
            operation,
            timeout: node.timeout,
            attempt: attempt.attempt,
            generation: attempt.generation,
            input,
            input_is_own: is_own,
        })));
    }

    #[allow(clippy::too_many_arguments, reason = "one call, each argument a different fact")]
    fn wait(
        &mut self,
        at: StepHandle,
        attempt: Try,
        until: &DelayUntil,
        brought: &Brought,
        input: Payload,
        recorded_input: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        let moment = match until {
            DelayUntil::For(span) => Ok(later(now, *span)),
            DelayUntil::Until(template) => self.moment(at, brought, template),
        };
        let moment = match moment {
            Ok(moment) => moment,
            Err(failure) => return self.fail(at, attempt, None, failure, now),
        };
        let row = self.row(at, attempt, StepStatus::Waiting);
        // What it passes on is kept with the wait, so that the end of the wait needs nothing else.
        let row = RunStep { started_at: Some(now), resume_at: Some(moment), input: recorded_input, ..row };
        if moment <= now {
            self.write(row.succeeded(input.clone(), now));
            return self.decide(at, Outcome::Succeeded(input));
        }
        self.write(row.clone());
        self.set(at, NodeState::Waiting(Box::new(row), moment));
        self.timers.insert((moment, at));
    }

    fn moment(
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

    /// Renders a template that must give a text.
    fn text(
        &self,
        at: StepHandle,
        brought: &Brought,
        template: &Template,
        field: &str,
    ) -> Result<String, Failure> {
        let value = self.render(at, brought, template, field)?;
        match value.value() {
            Ok(serde_json::Value::String(text)) => Ok(text.clone()),
            Ok(other) => Ok(other.to_string()),
            Err(error) => Err(super::input::unreadable(&error)),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call, each argument a different fact")]
    fn stop(
        &mut self,
        at: StepHandle,
        attempt: Try,
        status: StopStatus,
        reason: Option<String>,
        input: Payload,
        recorded_input: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        let row = RunStep {
            started_at: Some(now),
            input: recorded_input,
            ..self.row(at, attempt, StepStatus::Running)
        };
        self.write(row.succeeded(input.clone(), now));
        self.decide(at, Outcome::Succeeded(input));
        self.end(Ending::Stop { status, reason }, now);
    }

    /// Renders the reason of a stop that is on record.
    pub(super) fn recall_stop(&mut self, at: StepHandle, now: DateTime<Utc>) {
        let plan = self.plan.clone();
        let NodeKind::Stop { status, reason } = &plan.node(self.number(at)).kind else { return };
        let reason = self.brought(at).and_then(|brought| {
            reason.as_ref().map(|reason| self.text(at, &brought, reason, "reason")).transpose()
        });
        self.end(Ending::Stop { status: *status, reason: reason.unwrap_or_default() }, now);
    }
}

/// Adds a span to a moment; the end of time where that is too far.
pub(super) fn later(now: DateTime<Utc>, span: Span) -> DateTime<Utc> {
    now.checked_add_signed(span.as_duration()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
