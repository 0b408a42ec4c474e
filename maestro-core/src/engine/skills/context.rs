//! Contexts: what an operation may ask about the step that it executes.

use std::sync::Arc;

use crate::{
    domain::{OrchestraId, Payload, RunId, Secret, StepKey, Usage, WorkspaceId},
    ports::{Operation, StepCall, StepError},
};

/// The step that an operation executes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context(Arc<StepCall>);

impl Context {
    pub(super) fn new(call: StepCall) -> Self {
        Self(Arc::new(call))
    }

    /// Returns the tenant.
    pub fn workspace(&self) -> &WorkspaceId {
        &self.0.workspace
    }

    /// Returns the orchestra.
    pub fn orchestra_id(&self) -> &OrchestraId {
        &self.0.orchestra_id
    }

    /// Returns the run.
    pub fn run_id(&self) -> RunId {
        self.0.run_id
    }

    /// Returns the step's key.
    pub fn step_key(&self) -> &StepKey {
        &self.0.key
    }

    /// Returns which try this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Returns the operation's full name.
    pub fn operation(&self) -> &Operation {
        &self.0.operation
    }

    /// Returns the input as JSON.
    pub fn input(&self) -> &Payload {
        &self.0.input
    }

    /// Returns how large the output may be, in bytes of JSON.
    pub(super) fn most_bytes(&self) -> usize {
        self.0.max_output_bytes
    }

    /// Returns the key that is the same however often this step is executed: pass it to every effect outside, so that it
    /// happens once.
    pub fn idempotency_key(&self) -> &str {
        &self.0.idempotency_key
    }

    /// Returns the value of a secret slot that the operation [declares](super::Skill::secret) and the orchestra binds.
    ///
    /// The values were read before the operation began, and are read anew for the next try: there is nothing to wait for,
    /// and no declared slot is without a value.
    ///
    /// What the operation returns is searched for the values that it was given: an output that holds one fails the step
    /// (`secret_in_output`), and in errors, panics and lines of [`log`](Self::log) `[secret slot]` takes its place. What the
    /// operation writes by other ways is its own affair, and so is what a panic hook writes.
    ///
    /// # Errors
    /// `secret_not_declared`, permanent.
    pub async fn secret(&self, slot: &str) -> Result<Secret, StepError> {
        self.blocking_secret(slot)
    }

    /// Returns the value of a slot like [`secret`](Self::secret), for operations that block.
    ///
    /// # Errors
    /// As [`secret`](Self::secret).
    pub fn blocking_secret(&self, slot: &str) -> Result<Secret, StepError> {
        self.0.secrets.get(slot).cloned().ok_or_else(|| {
            let message = format!(
                "{} declares no secret slot {slot:?}; write .secret({slot:?}) behind it in its skill",
                self.0.operation
            );
            StepError::with_code("secret_not_declared", message).permanent()
        })
    }

    /// Waits until the step should end early. Dropping the future is safe.
    pub async fn cancelled(&self) {
        self.0.cancelled.cancelled().await;
    }

    /// Tells whether the step should end early.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.is_cancelled()
    }

    /// Reports what a call to a model used. It counts whatever becomes of the step.
    pub fn report_usage(&self, model: &str, usage: Usage) {
        self.0.meter.report(model, usage);
    }

    /// Writes a line to the log, with the run and the step beside it.
    pub fn log(&self, message: &str) {
        let call = &self.0;
        let message = call.secrets.redact(message);
        tracing::info!(run_id = %call.run_id, step = %call.key, operation = %call.operation, "{message}");
    }
}
