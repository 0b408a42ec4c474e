//! Starting: what becomes of a node whose turn it is.

use chrono::{DateTime, Utc};

use super::super::{DelayUntil, Effect, Failure, NodeKind, Payload, RunStep, StepStatus, StopStatus};
use super::{
    Decision, Fate, Play, StartStep, StepHandle, Work,
    finish::Ending,
    frame::{NodeState, Outcome, Try},
    talking::Opening,
    wait::later,
};

/// What a node is started with: all its templates are rendered.
struct Prepared {
    input: Payload,
    /// Whether the input is more than the merge of recorded outputs.
    input_is_own: bool,
    what: What,
}

/// What there is to do.
enum What {
    Execute { work: Work, once: bool },
    Talk(Opening),
    Ask { title: String },
    Wait { until: DateTime<Utc> },
    Stop { status: StopStatus, reason: Option<String> },
    Map { items: Vec<Payload> },
    Repeat,
}

impl Play {
    /// Starts a node, or decides it without playing it.
    pub(super) fn meet(&mut self, at: StepHandle, fate: Fate, now: DateTime<Utc>) {
        if matches!(self.state(at), None | Some(NodeState::Done(_))) {
            return; // it was called off while it stood in line
        }
        if self.history.is_some() {
            return self.remember(at, fate, now);
        }
        match fate {
            Fate::Retry(attempt) if self.is_called_off(at) => {
                let row = self.row(at, attempt, StepStatus::Cancelled);
                self.cancel(at, row, now);
            }
            Fate::Retry(attempt) => self.start(at, attempt, now),
            _ if self.is_over() => {} // and stays undecided
            Fate::Skip => {
                let row = self.row(at, self.first_try(at), StepStatus::Skipped);
                self.write(RunStep { finished_at: Some(now), ..row });
                self.decide(at, Outcome::Skipped);
            }
            Fate::Fail(failure) => {
                let row = self.row(at, self.first_try(at), StepStatus::Failed);
                self.fail(at, row, *failure, now);
            }
            Fate::Start if self.ending.is_some() => {} // left undone
            // What has begun to talk goes on, as long as steps do that have begun.
            Fate::Start if if at.is_part() { self.is_called_off(at) } else { self.is_held_back(at) } => {
                let row = self.row(at, self.first_try(at), StepStatus::Cancelled);
                self.cancel(at, row, now);
            }
            Fate::Start => self.start(at, self.first_try(at), now),
        }
    }

    /// Starts a try of a node.
    pub(super) fn start(&mut self, at: StepHandle, attempt: Try, now: DateTime<Utc>) {
        if at.is_part() {
            return self.start_part(at, attempt, now);
        }
        let Prepared { input, input_is_own, what } = match self.prepare(at, now) {
            Ok(prepared) => prepared,
            Err(failure) => {
                let row = self.row(at, attempt, StepStatus::Failed);
                return self.fail(at, row, failure, now);
            }
        };
        let recorded = input_is_own.then(|| input.clone());
        match what {
            What::Execute { work, once } => {
                if once {
                    // Its start is on record before it is executed: who finds this row knows that it may have happened.
                    let row = self.row(at, attempt, StepStatus::Running);
                    self.write(RunStep { started_at: Some(now), input: recorded, ..row });
                }
                self.execute(at, attempt, work, input, input_is_own);
            }
            What::Wait { until } => {
                let row = self.row(at, attempt, StepStatus::Waiting);
                let row = RunStep { started_at: Some(now), input: recorded, ..row };
                self.wait(at, row, input, until, now);
            }
            What::Stop { status, reason } => {
                let row = self.row(at, attempt, StepStatus::Succeeded);
                let row = RunStep { started_at: Some(now), input: recorded, ..row };
                self.succeed(at, row, input, now);
                self.end(Ending::Stop { status, reason }, now);
            }
            What::Talk(opening) => self.begin_talk(at, opening, recorded, now),
            What::Ask { title } => {
                let row = self.row(at, attempt, StepStatus::Waiting);
                let row = RunStep { started_at: Some(now), input: recorded, ..row };
                self.ask(at, row, &title, now);
            }
            What::Map { items } => self.begin_map(at, items, recorded, now),
            What::Repeat => self.begin_repeat(at, input, recorded, now),
        }
    }

    /// Renders all that a node is started with.
    fn prepare(&self, at: StepHandle, now: DateTime<Utc>) -> Result<Prepared, Failure> {
        let brought = self.brought(at)?;
        let node = self.node(at);
        let (input, input_is_own) = match &node.input {
            None => (brought.merged.clone(), false),
            Some(template) => (self.render(at, &brought, template, "input")?, true),
        };
        let what = match &node.kind {
            NodeKind::Deterministic { skill, operation } => What::Execute {
                work: Work::Operation { skill: skill.clone(), operation: operation.clone() },
                once: node.effect == Effect::Once,
            },
            NodeKind::Llm { prompt, .. } => {
                What::Talk(self.opening(at, self.text(at, &brought, prompt, "prompt")?)?)
            }
            NodeKind::Approval { title, .. } => What::Ask { title: self.text(at, &brought, title, "title")? },
            NodeKind::Delay(DelayUntil::For(span)) => What::Wait { until: later(now, span.as_duration()) },
            NodeKind::Delay(DelayUntil::Until(template)) => {
                What::Wait { until: self.moment(at, &brought, template)? }
            }
            NodeKind::Stop { status, reason } => {
                let reason = reason.as_ref().map(|reason| self.text(at, &brought, reason, "reason"));
                What::Stop { status: *status, reason: reason.transpose()? }
            }
            NodeKind::MapOver { items, max_items, .. } => {
                What::Map { items: self.items(at, &brought, items, *max_items)? }
            }
            NodeKind::Repeat { .. } => What::Repeat,
        };
        if matches!(what, What::Wait { .. } | What::Stop { .. }) {
            self.check("output", &input)?; // which is what it passes on
        }
        Ok(Prepared { input, input_is_own, what })
    }

    pub(super) fn execute(
        &mut self,
        at: StepHandle,
        attempt: Try,
        work: Work,
        input: Payload,
        input_is_own: bool,
    ) {
        self.set(at, NodeState::Running { attempt, asked_to_end: false });
        self.decisions.push(Decision::Start(Box::new(StartStep {
            handle: at,
            key: self.key(at),
            kind: self.kind(at).0,
            work,
            timeout: self.node(at).timeout,
            attempt: attempt.attempt,
            generation: attempt.generation,
            input,
            input_is_own,
            billed: self.billed_before.get(&at).cloned(),
        })));
    }
}
