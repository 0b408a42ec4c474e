//! Rows: what a play writes about its steps.

use chrono::{DateTime, Utc};

use super::super::{Failure, NodeKind, Payload, RunStep, StepKey, StepKind, StepStatus};
use super::{Billed, Decision, Play, StepHandle, frame::Try};

impl Play {
    pub(super) fn key(&self, at: StepHandle) -> StepKey {
        self.frame(at.frame).path.step(&self.plan.node(self.number(at)).id)
    }

    /// Begins a row about a try of the node at `at`.
    pub(super) fn row(&self, at: StepHandle, attempt: Try, status: StepStatus) -> RunStep {
        let node = self.plan.node(self.number(at));
        let (kind, tool_name) = match &node.kind {
            NodeKind::Deterministic { skill, operation } => {
                (StepKind::Deterministic, Some(format!("{skill}.{operation}")))
            }
            NodeKind::Llm { .. } => (StepKind::Llm, None),
            NodeKind::MapOver { .. } => (StepKind::MapOver, None),
            NodeKind::Repeat { .. } => (StepKind::Repeat, None),
            NodeKind::Delay(_) => (StepKind::Delay, None),
            NodeKind::Approval { .. } => (StepKind::Approval, None),
            NodeKind::Stop { .. } => (StepKind::Stop, None),
        };
        let row = RunStep::new(self.key(at), attempt.attempt, kind, status);
        RunStep { tool_name, generation: attempt.generation, ..row }
    }

    pub(super) fn write(&mut self, row: RunStep) {
        self.decisions.push(Decision::Write(Box::new(row)));
    }

    /// Takes a recorded row into the sums.
    pub(super) fn count(&mut self, row: &RunStep) {
        if let Some(usage) = &row.usage {
            self.totals.add(usage, row.cost);
        }
        self.any_failed |= row.status == StepStatus::Failed && !row.is_retried();
    }
}

impl RunStep {
    pub(super) fn billed(self, billed: Option<Billed>) -> Self {
        match billed {
            None => self,
            Some(Billed { model, usage, price, cost }) => {
                Self { model: Some(model), usage: Some(usage), price, cost, ..self }
            }
        }
    }

    pub(super) fn succeeded(self, output: Payload, at: DateTime<Utc>) -> Self {
        let row = Self { status: StepStatus::Succeeded, output: Some(output), finished_at: Some(at), ..self };
        Self { error: None, resume_at: None, ..row }
    }

    pub(super) fn failed(self, failure: Failure, at: DateTime<Utc>) -> Self {
        let row = Self { status: StepStatus::Failed, error: Some(failure), finished_at: Some(at), ..self };
        Self { resume_at: None, ..row }
    }

    pub(super) fn cancelled(&self, at: DateTime<Utc>) -> Self {
        Self { status: StepStatus::Cancelled, finished_at: Some(at), resume_at: None, ..self.clone() }
    }
}
