//! Names of states, outcomes and kinds.

use maestro_core::domain::{
    FiringOutcome, NodeKind, OrchestraStatus, RunStatus, StepKind, StepStatus, Trigger,
};

use super::Times;

/// Returns the word for the status of a run.
pub(crate) const fn of_run(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "Queued",
        RunStatus::Running => "Running",
        RunStatus::Waiting => "Waiting",
        RunStatus::Succeeded => "Succeeded",
        RunStatus::Completed => "Completed",
        RunStatus::Failed => "Failed",
        RunStatus::Cancelled => "Cancelled",
    }
}

/// Returns the word for the status of a step.
pub(crate) const fn of_step(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Running => "Running",
        StepStatus::Waiting => "Waiting",
        StepStatus::Succeeded => "Succeeded",
        StepStatus::Failed => "Failed",
        StepStatus::Skipped => "Skipped",
        StepStatus::Cancelled => "Cancelled",
        StepStatus::Unknown => "Outcome unknown",
    }
}

/// Returns the word for what an orchestra is doing.
pub(crate) const fn of_status(status: OrchestraStatus) -> &'static str {
    match status {
        OrchestraStatus::Running => "Running",
        OrchestraStatus::Paused => "Paused",
        OrchestraStatus::Scheduled => "Scheduled",
        OrchestraStatus::Idle => "Idle",
    }
}

/// Returns what became of a slot, and why, as far as the outcome says it.
pub(crate) const fn of_outcome(outcome: FiringOutcome) -> (&'static str, &'static str) {
    match outcome {
        FiringOutcome::Fired => ("Fired", ""),
        FiringOutcome::Buffered => ("Held", "A run was live; this one is held until it has ended."),
        FiringOutcome::SkippedOverlap => ("Skipped, overlap", "A run was still live, and overlap says skip."),
        FiringOutcome::Missed => ("Missed", "Nothing played it in time."),
        FiringOutcome::Coalesced => ("Coalesced", "Folded into a later slot that was played."),
        FiringOutcome::Disabled => ("Disabled", "The orchestra was disabled, or its workspace paused."),
        FiringOutcome::Error => ("Error", "It could not be played."),
    }
}

/// Returns what made a run.
pub(crate) fn of_trigger(trigger: &Trigger, times: &Times) -> String {
    match trigger {
        Trigger::Cron { slot } => format!("Slot {}", times.clock_text(*slot)),
        Trigger::Manual => "By hand".to_owned(),
        Trigger::Api => "API".to_owned(),
        Trigger::Rerun { .. } => "Rerun".to_owned(),
        Trigger::Finish { .. } => "After another run".to_owned(),
    }
}

/// One of the three treatments of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Paper: calls a function of the host.
    Deterministic,
    /// Forest: asks a model.
    Llm,
    /// Brass: steers.
    Control,
}

impl Look {
    pub(crate) const fn of_step(kind: StepKind) -> Self {
        match kind {
            StepKind::Deterministic | StepKind::ToolCall => Self::Deterministic,
            StepKind::Llm | StepKind::ModelTurn => Self::Llm,
            StepKind::MapOver | StepKind::Repeat | StepKind::Delay | StepKind::Approval | StepKind::Stop => {
                Self::Control
            }
        }
    }

    pub(crate) fn of_node(kind: &NodeKind) -> Self {
        match kind {
            NodeKind::Deterministic { .. } => Self::Deterministic,
            NodeKind::Llm { .. } => Self::Llm,
            NodeKind::MapOver { .. } | NodeKind::Repeat { .. } => Self::Control,
            NodeKind::Delay(_) | NodeKind::Approval { .. } | NodeKind::Stop { .. } => Self::Control,
        }
    }

    /// Returns the word as it begins a line.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Deterministic => "Deterministic",
            Self::Llm => "LLM",
            Self::Control => "Control",
        }
    }

    /// Returns the word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Deterministic => "deterministic",
            Self::Llm => "LLM",
            Self::Control => "control",
        }
    }
}

/// Returns what a node does, in a line under its name.
pub(crate) fn kind_of_node(kind: &NodeKind) -> String {
    match kind {
        NodeKind::Deterministic { skill, operation } => format!("{skill}.{operation}"),
        NodeKind::Llm { agent, .. } => agent.to_string(),
        NodeKind::MapOver { .. } => "for each item".to_owned(),
        NodeKind::Repeat { .. } => "until it holds".to_owned(),
        NodeKind::Delay(_) => "delay".to_owned(),
        NodeKind::Approval { .. } => "approval".to_owned(),
        NodeKind::Stop { status, .. } => format!("stop, {status}"),
    }
}
