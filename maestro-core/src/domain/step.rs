//! Run steps: one node's execution in a run, one row per try.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Failure, ModelPricing, Money, Payload, StepKey, Usage, name::named_enum};

named_enum!(
    /// Where a step is in its life.
    // Not `non_exhaustive`, on purpose: a new status must stop every store from compiling until it is handled.
    StepStatus, "step status" {
        /// Started, not ended.
        Running = "running",
        /// Parked on a timer or a person.
        Waiting = "waiting",
        /// Returned an output.
        Succeeded = "succeeded",
        /// This try failed; `resume_at` tells whether another follows.
        Failed = "failed",
        /// No edge to it was taken.
        Skipped = "skipped",
        /// Ended with the run before it was done.
        Cancelled = "cancelled",
        /// An effect that may happen only once was started and its outcome was lost: a person must say.
        Unknown = "unknown",
    }
);

impl StepStatus {
    /// Tells whether a row with this status is never written again.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Running | Self::Waiting | Self::Unknown => false,
            Self::Succeeded | Self::Failed | Self::Skipped | Self::Cancelled => true,
        }
    }
}

named_enum!(
    /// What kind of node a step executes, or which part of an LLM node it is.
    StepKind, "step kind" {
        /// An operation of the host.
        Deterministic = "deterministic",
        /// A node that a language model does.
        Llm = "llm",
        /// One model turn of an LLM node.
        ModelTurn = "model_turn",
        /// One tool call of an LLM node.
        ToolCall = "tool_call",
        /// A loop over a list.
        MapOver = "map_over",
        /// A loop until a condition holds.
        Repeat = "repeat",
        /// A wait.
        Delay = "delay",
        /// A person's decision.
        Approval = "approval",
        /// The end of the run.
        Stop = "stop",
    }
);

/// One try of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunStep {
    /// Where in the run it stands.
    pub key: StepKey,
    /// Which try, from 1.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// What it executes.
    pub kind: StepKind,
    /// The operation as `skill.operation`, or the model.
    pub tool_name: Option<String>,
    /// Where it is in its life.
    pub status: StepStatus,
    /// What it got; `None` where that is the merge of recorded outputs.
    pub input: Option<Payload>,
    /// What it returned.
    pub output: Option<Payload>,
    /// Why this try failed.
    pub error: Option<Failure>,
    /// When it started; `None` when it never did.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When a wait ends by itself, or when the next try of a failed one is due.
    pub resume_at: Option<DateTime<Utc>>,
    /// How often a person had the step done anew; part of the idempotency key.
    pub generation: u32,
    /// What was billed, if anything was.
    pub usage: Option<Usage>,
    /// The model that was billed.
    pub model: Option<String>,
    /// The price that the cost was computed with.
    pub price: Option<ModelPricing>,
    /// What this try cost; `None` when nothing was billed or the price is unknown.
    #[serde(rename = "cost_cents")]
    pub cost: Option<Money>,
    /// The record that wrote this row last.
    pub seq: u32,
}

impl RunStep {
    /// Makes a row that only says where it stands and how it is.
    pub fn new(key: StepKey, attempt: u32, kind: StepKind, status: StepStatus) -> Self {
        Self {
            key,
            attempt,
            kind,
            tool_name: None,
            status,
            input: None,
            output: None,
            error: None,
            started_at: None,
            finished_at: None,
            resume_at: None,
            generation: 0,
            usage: None,
            model: None,
            price: None,
            cost: None,
            seq: 0,
        }
    }

    /// Tells whether this try failed and another one follows.
    pub fn is_retried(&self) -> bool {
        self.status == StepStatus::Failed && self.resume_at.is_some()
    }
}
