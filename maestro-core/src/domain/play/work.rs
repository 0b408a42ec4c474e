//! Work: what a play has executed.

use std::sync::Arc;

use serde_json::Value;

use super::super::{Agent, Message, OperationName, Payload, SkillName, Span, StepKey, StepKind};
use super::{Billed, StepHandle};

/// A step to execute.
#[derive(Clone, Debug)]
pub struct StartStep {
    /// Where it stands.
    pub handle: StepHandle,
    /// Its key.
    pub key: StepKey,
    /// What rows say that it is.
    pub kind: StepKind,
    /// What there is to do.
    pub work: Work,
    /// How long the try may take; `None` means as long as the run.
    pub timeout: Option<Span>,
    /// Which try, from 1.
    pub attempt: u32,
    /// How often a person had it done anew; part of the idempotency key.
    pub generation: u32,
    /// What it gets.
    pub input: Payload,
    /// Whether the input is more than the merge of recorded outputs, and must be recorded itself.
    pub input_is_own: bool,
    /// What this very try was billed before it was interrupted.
    pub billed: Option<Billed>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Work {
    /// It calls a function of the host.
    Operation {
        /// The skill of the operation.
        skill: SkillName,
        /// Its name in the skill.
        operation: OperationName,
    },
    /// It asks a model for a turn.
    Turn(Box<AskedTurn>),
}

/// What a model is asked in one turn.
#[derive(Clone, Debug)]
pub struct AskedTurn {
    /// Which agent asks.
    pub agent: Arc<Agent>,
    /// The model.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Whether it may call tools, the agent's: not in the last turn that it gets.
    pub may_call_tools: bool,
    /// JSON Schema of the answer; absent when it is text.
    pub output_schema: Option<Value>,
}

impl Work {
    /// Returns what rows say of it: the operation as `skill.operation`, or the model.
    pub fn name(&self) -> String {
        match self {
            Self::Operation { skill, operation } => format!("{skill}.{operation}"),
            Self::Turn(turn) => turn.model.clone(),
        }
    }
}
