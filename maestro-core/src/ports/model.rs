//! Model clients: what talks to the provider of a language model.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Meter, Operation, StepError};
use crate::domain::{Message, ModelTurn, RunId, StepKey, WorkspaceId};

/// One turn that a model is asked for.
#[derive(Clone, Debug)]
pub struct ModelCall {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The run.
    pub run_id: RunId,
    /// The step: one turn of an LLM node, such as `draft.m2`.
    pub key: StepKey,
    /// Which try, from 1.
    pub attempt: u32,
    /// The same for every try of this turn.
    pub idempotency_key: String,
    /// The model, as the provider knows it.
    pub model: String,
    /// Who the model is and what it does.
    pub system: String,
    /// The conversation so far. The last message is never the model's own, unless it is to mend its answer.
    pub messages: Vec<Message>,
    /// What it may call. None in the last turn that it gets.
    pub tools: Vec<Tool>,
    /// JSON Schema (2020-12) of the answer; absent when it is text. The answer is checked against it by the engine: a
    /// client may tell the provider of it.
    pub output_schema: Option<Value>,
    /// The most tokens of the answer; `None` leaves it to the provider.
    pub max_tokens: Option<u32>,
    /// Where what the call is billed is reported, once, as soon as it is known: also when the answer makes no sense.
    pub meter: Arc<Meter>,
    /// Fires when the call should end early. A client that does not listen is dropped after a grace.
    pub cancelled: CancellationToken,
}

impl ModelCall {
    /// Returns how many bytes the model is told: system prompt, conversation, tools and schema.
    pub fn size(&self) -> usize {
        let said: usize = self.messages.iter().map(Message::size).sum();
        let tools =
            self.tools.iter().map(|tool| tool.description.len() + tool.input_schema.to_string().len());
        let schema = self.output_schema.as_ref().map_or(0, |schema| schema.to_string().len());
        self.system.len() + said + tools.sum::<usize>() + schema
    }
}

/// What a model may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The operation. Most providers allow no dot in a name: a client gives them a name of its own and translates it back.
    pub operation: Operation,
    /// What it does, in words; may be empty.
    pub description: String,
    /// JSON Schema of its input.
    pub input_schema: Value,
}

/// Asks models for turns. Bring your own to use a provider that no client of ours knows.
///
/// The engine does everything else: it holds the conversation, checks the answer, calls the tools, records each turn
/// before the next one, counts money, and tries again.
#[async_trait]
pub trait ModelClient: Send + Sync + 'static {
    /// Asks for one turn. Does not try again by itself: tries are recorded. Dropping the future gives the call up; it may
    /// be billed all the same.
    ///
    /// # Errors
    /// [`StepError`]: [`permanent`](StepError::permanent) where asking again cannot help (bad key, unknown model, a
    /// request that the provider refuses); [`after`](StepError::after) where the provider says when to come again.
    /// Neither the key nor what was sent stands in the message.
    async fn turn(&self, call: ModelCall) -> Result<ModelTurn, StepError>;
}
