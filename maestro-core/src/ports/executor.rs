//! Executors: what performs a node.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::domain::{
    Failure, OperationName, OrchestraId, Payload, RunId, SkillName, StepKey, StepSecrets, Usage, WorkspaceId,
};

/// The full name of an operation, `skill.operation`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// The group.
    pub skill: SkillName,
    /// The function.
    pub name: OperationName,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.skill, self.name)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({self})")
    }
}

/// One try of one step, as its executor sees it.
#[derive(Clone, Debug)]
pub struct StepCall {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The orchestra.
    pub orchestra_id: OrchestraId,
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub key: StepKey,
    /// Which try, from 1.
    pub attempt: u32,
    /// The same for every execution of this step until a person has it done anew: what an effect outside must
    /// be guarded with.
    pub idempotency_key: String,
    /// What to do.
    pub operation: Operation,
    /// What to do it with.
    pub input: Payload,
    /// The largest output that can be recorded, in bytes of JSON. A larger one fails the step.
    pub max_output_bytes: usize,
    /// The values of the secret slots that the operation declares.
    pub secrets: Arc<StepSecrets>,
    /// Where the executor reports what the try is billed.
    pub meter: Arc<Meter>,
    /// Fires when the step should end early. An operation that does not listen is aborted after a grace.
    pub cancelled: CancellationToken,
}

/// Collects what a try is billed, whatever becomes of the try.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Option<(String, Usage)>>);

impl Meter {
    /// Adds one billed call. A try that several models worked on is billed to [`SEVERAL`](Self::SEVERAL), which has no
    /// price: its tokens count, its cost is unknown.
    pub fn report(&self, model: &str, usage: Usage) {
        let mut billed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match billed.as_mut() {
            None => *billed = Some((model.to_owned(), usage)),
            Some((first, sum)) => {
                sum.add(&usage);
                if first != model {
                    *first = Self::SEVERAL.to_owned();
                }
            }
        }
    }

    /// What stands in place of the model's name when there were several.
    pub const SEVERAL: &'static str = "several models";

    /// Returns the model and the sum of what was reported, and begins anew.
    pub fn take(&self) -> Option<(String, Usage)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Why a try failed, and what may be done about it. Every error converts into one, so that `?` works in operations; for
/// that it is no [`std::error::Error`] itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    /// Code and message.
    pub failure: Failure,
    /// Trying again cannot help.
    pub permanent: bool,
    /// The effect certainly did not happen.
    pub not_applied: bool,
    /// Do not try again before this has passed.
    pub after: Option<Duration>,
}

impl StepError {
    /// Makes a failure that may be tried again.
    pub fn new(message: impl AsRef<str>) -> Self {
        Self::with_code("failed", message)
    }

    /// Makes a failure with a code of the host's own.
    pub fn with_code(code: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self { failure: Failure::new(code, message), permanent: false, not_applied: false, after: None }
    }

    /// Says that trying again cannot help.
    #[must_use]
    pub fn permanent(self) -> Self {
        Self { permanent: true, ..self }
    }

    /// Says that the effect certainly did not happen, so that even an effect that may happen only once may be
    /// tried again.
    #[must_use]
    pub fn not_applied(self) -> Self {
        Self { not_applied: true, ..self }
    }

    /// Says that the next try must wait at least so long.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self { after: Some(span), ..self }
    }
}

impl<E: std::error::Error> From<E> for StepError {
    /// Takes the message of the error and of those behind it.
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::new(message)
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.failure.code, self.failure.message)
    }
}

/// Performs steps. The engine's own executes the operations of the host's skills.
#[async_trait]
pub trait Executor: Send + Sync + 'static {
    /// Executes one try. Dropping the future aborts it.
    ///
    /// # Errors
    /// [`StepError`] when the try failed.
    async fn execute(&self, call: StepCall) -> Result<Payload, StepError>;
}
