//! Rows: what a play writes about its steps.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};

use super::super::{Failure, NodeKind, Payload, RunStep, StepKey, StepKind, StepStatus};
use super::{
    Billed, Decision, Play, StepHandle,
    frame::{Failed, Outcome, Try},
    talk::PartKind,
};

impl Play {
    pub(super) fn key(&self, at: StepHandle) -> StepKey {
        let key = self.frame(at.frame).path.step(&self.node(at).id);
        match self.part(at) {
            Some(part) => key.part(&part.kind.name()),
            None => key,
        }
    }

    /// Begins a row about a try of the node at `at`, with what it was billed before it was interrupted.
    pub(super) fn row(&self, at: StepHandle, attempt: Try, status: StepStatus) -> RunStep {
        let (kind, tool_name) = self.kind(at);
        let row = RunStep::new(self.key(at), attempt.attempt, kind, status);
        let row = RunStep { tool_name, generation: attempt.generation, ..row };
        row.billed(self.billed_before.get(&at).cloned())
    }

    /// Returns what a step is, and what it calls.
    pub(super) fn kind(&self, at: StepHandle) -> (StepKind, Option<String>) {
        match &self.node(at).kind {
            NodeKind::Llm { .. } if at.is_part() => self.kind_of_part(at),
            NodeKind::Deterministic { skill, operation } => {
                (StepKind::Deterministic, Some(format!("{skill}.{operation}")))
            }
            NodeKind::Llm { .. } => (StepKind::Llm, None),
            NodeKind::MapOver { .. } => (StepKind::MapOver, None),
            NodeKind::Repeat { .. } => (StepKind::Repeat, None),
            NodeKind::Delay(_) => (StepKind::Delay, None),
            NodeKind::Approval { .. } => (StepKind::Approval, None),
            NodeKind::Stop { .. } => (StepKind::Stop, None),
        }
    }

    fn kind_of_part(&self, at: StepHandle) -> (StepKind, Option<String>) {
        match self.part(at).map(|part| &part.kind) {
            Some(PartKind::Tool(_, call)) => (StepKind::ToolCall, Some(call.name.clone())),
            _ => (StepKind::ModelTurn, self.talk(at).map(|talk| talk.model.clone())),
        }
    }

    pub(super) fn write(&mut self, row: RunStep) {
        self.unmet.remove(&row.key);
        self.decisions.push(Decision::Write(Box::new(row)));
    }

    /// Writes that a step succeeded, and decides it.
    pub(super) fn succeed(&mut self, at: StepHandle, row: RunStep, output: Payload, now: DateTime<Utc>) {
        self.write(row.succeeded(output.clone(), now));
        self.decide(at, Outcome::Succeeded(output));
    }

    /// Writes that a step failed for good, and decides it.
    pub(super) fn fail(&mut self, at: StepHandle, row: RunStep, failure: Failure, now: DateTime<Utc>) {
        self.fail_telling(at, row, failure, None, now);
    }

    /// Writes that a step failed for good, and what flows on beside the failure; decides it.
    pub(super) fn fail_telling(
        &mut self,
        at: StepHandle,
        row: RunStep,
        failure: Failure,
        told: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        self.write(RunStep { output: told.clone(), ..row.failed(failure.clone(), now) });
        self.decide(at, Outcome::Failed(Arc::new(Failed { failure, at: now, told })));
    }

    /// Writes that a step was not played to its end, and decides it.
    pub(super) fn cancel(&mut self, at: StepHandle, row: RunStep, now: DateTime<Utc>) {
        self.write(row.cancelled(now));
        self.decide(at, Outcome::Cancelled);
    }

    /// Takes a recorded row into the sums.
    pub(super) fn count(&mut self, row: &RunStep) {
        if let Some(usage) = &row.usage {
            self.totals.add(usage, row.cost);
        }
    }
}

impl RunStep {
    /// Adds what the try was billed to what it was billed before, if it was.
    pub(crate) fn billed(self, billed: Option<Billed>) -> Self {
        let Some(billed) = billed else { return self };
        let Some(mut usage) = self.usage else {
            let Billed { model, usage, price, cost } = billed;
            return Self { model: Some(model), usage: Some(usage), price, cost, ..self };
        };
        usage.add(&billed.usage);
        let cost = self.cost.zip(billed.cost).map(|(before, more)| before.plus(more));
        Self { usage: Some(usage), cost, ..self }
    }

    /// Returns what the row says that the try was billed.
    pub(super) fn bill(&self) -> Option<Billed> {
        let (model, usage) = (self.model.clone()?, self.usage.clone()?);
        Some(Billed { model, usage, price: self.price.clone(), cost: self.cost })
    }

    pub(super) fn succeeded(self, output: Payload, at: DateTime<Utc>) -> Self {
        let row = Self { status: StepStatus::Succeeded, output: Some(output), finished_at: Some(at), ..self };
        Self { error: None, resume_at: None, ..row }
    }

    pub(super) fn failed(self, failure: Failure, at: DateTime<Utc>) -> Self {
        let row = Self { status: StepStatus::Failed, error: Some(failure), finished_at: Some(at), ..self };
        Self { resume_at: None, ..row }
    }

    pub(super) fn cancelled(self, at: DateTime<Utc>) -> Self {
        Self { status: StepStatus::Cancelled, finished_at: Some(at), resume_at: None, ..self }
    }
}

/// Leaves out rows that are written again later.
pub(super) fn only_last_rows(decisions: Vec<Decision>) -> Vec<Decision> {
    let mut written = HashSet::new();
    let mut last: Vec<Decision> = decisions
        .into_iter()
        .rev()
        .filter(|decision| match decision {
            Decision::Write(row) => written.insert((row.key.clone(), row.attempt)),
            _ => true,
        })
        .collect();
    last.reverse();
    last
}
