//! A model that says what a test wants.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{
    domain::{ModelTurn, ToolCall, TurnEnd},
    ports::{ModelCall, ModelClient, StepError},
};

/// Answers calls by a function, and keeps them in the order in which they came. Cloning shares both.
///
/// ```
/// use maestro_core::{domain::{ModelTurn, Usage}, testing::ScriptedModel};
///
/// let model = ScriptedModel::new(|call| {
///     call.meter.report(&call.model, Usage { input: Some(10), output: Some(2), ..Usage::default() });
///     Ok(ScriptedModel::says("hello"))
/// });
/// assert!(model.calls().is_empty());
/// ```
#[derive(Clone)]
pub struct ScriptedModel {
    answer: Arc<Answer>,
    calls: Arc<Mutex<Vec<ModelCall>>>,
}

type Answer = dyn Fn(&ModelCall) -> Result<ModelTurn, StepError> + Send + Sync;

impl ScriptedModel {
    /// Makes a model that answers by `answer`, which reports to the call's meter what it is billed.
    pub fn new(answer: impl Fn(&ModelCall) -> Result<ModelTurn, StepError> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), calls: Arc::default() }
    }

    /// Returns a turn that says a text.
    pub fn says(text: impl Into<String>) -> ModelTurn {
        ModelTurn { text: text.into(), ..ModelTurn::default() }
    }

    /// Returns a turn that calls tools.
    pub fn calls_tools(tool_calls: impl IntoIterator<Item = ToolCall>) -> ModelTurn {
        ModelTurn {
            tool_calls: tool_calls.into_iter().collect(),
            stop: TurnEnd::Tools,
            ..ModelTurn::default()
        }
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> Vec<ModelCall> {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<ModelCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ModelClient for ScriptedModel {
    async fn turn(&self, call: ModelCall) -> Result<ModelTurn, StepError> {
        self.kept().push(call.clone());
        (self.answer)(&call)
    }
}
