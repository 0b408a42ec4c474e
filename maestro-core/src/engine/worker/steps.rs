//! Steps: one try of one step, with its limits, its timeout and its end by force.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::life::Life;
use crate::{
    domain::{Failure, Payload, StepSecrets, play::StepOutcome},
    engine::{
        secrets::{self, Bindings},
        shared::{Shared, delta},
    },
    ports::{Executor, ModelCall, StepCall, StepError},
};

/// A try that is to be executed.
pub(super) struct Try {
    pub(super) call: Call,
    /// Fires when it should end early.
    pub(super) cancelled: CancellationToken,
    pub(super) timeout: Option<Duration>,
    /// What the orchestra of the run binds to secret slots.
    pub(super) bindings: Arc<Bindings>,
    /// Filled with what it is given, for whoever writes down how it ended.
    pub(super) secrets: Arc<OnceLock<Arc<StepSecrets>>>,
    /// Filled when it really starts.
    pub(super) started_at: Arc<OnceLock<DateTime<Utc>>>,
}

/// What is asked, and of whom.
pub(super) enum Call {
    /// A function of the host.
    Operation(StepCall),
    /// A language model.
    Turn(ModelCall),
}

/// Executes a try once there is room for it.
pub(super) async fn execute(life: Arc<Life>, mut this: Try) -> StepOutcome {
    let shared = &life.shared;
    let cancelled = this.cancelled.clone();
    let (name, of_operation) = match &this.call {
        Call::Operation(call) => (call.operation.to_string(), shared.skills.slots(&call.operation)),
        Call::Turn(call) => (call.model.clone(), None),
    };
    let room = async {
        let one = room_in(of_operation.as_deref()).await;
        (one, room_in(Some(&*life.step_slots)).await)
    };
    let _room = tokio::select! {
        biased;
        () = cancelled.cancelled() => return StepOutcome::Aborted { not_applied: true },
        room = room => room,
    };
    let _first = this.started_at.set(shared.now());

    if let Err(ended) = give_secrets(shared, &mut this).await {
        return ended;
    }
    let mut work = std::pin::pin!(perform(shared, this.call));
    let timed_out = tokio::select! {
        biased;
        result = &mut work => return outcome(result, cancelled.is_cancelled()),
        () = cancelled.cancelled() => false,
        () = passed(shared, this.timeout) => true,
    };

    // It was asked to end. What it still brings within the grace counts; then it is dropped.
    cancelled.cancel();
    let last = tokio::select! {
        biased;
        result = &mut work => Some(result),
        () = shared.clock.sleep(shared.options.abort_grace) => None,
    };
    match last {
        // to try again would help as little as before
        Some(Err(error)) if timed_out && error.permanent => outcome(Err(error), false),
        Some(result) if result.is_ok() || !timed_out => outcome(result, true),
        None if !timed_out => StepOutcome::Aborted { not_applied: false },
        ended => {
            let not_applied = matches!(ended, Some(Err(error)) if error.not_applied);
            let limit = this.timeout.unwrap_or_default().as_secs_f64();
            let failure = Failure::new("timeout", format!("{name} took longer than {limit} s"));
            StepOutcome::Failed { failure, permanent: false, not_applied, after: None }
        }
    }
}

/// Reads the secrets that the operation declares, if it declares any.
async fn give_secrets(shared: &Shared, this: &mut Try) -> Result<(), StepOutcome> {
    let Call::Operation(call) = &mut this.call else { return Ok(()) };
    let operation = &call.operation;
    let slots = shared.skills.secrets(&operation.skill, &operation.name);
    if slots.is_empty() {
        return Ok(());
    }
    let given = tokio::select! {
        biased;
        () = this.cancelled.cancelled() => return Err(StepOutcome::Aborted { not_applied: true }),
        given = secrets::give(shared, &this.bindings, call, slots) => given,
        () = passed(shared, this.timeout) => {
            Err(StepError::with_code("timeout", "its secrets could not be read in time").not_applied())
        }
    };
    call.secrets = Arc::new(given.map_err(|error| outcome(Err(error), false))?);
    let _first = this.secrets.set(Arc::clone(&call.secrets));
    Ok(())
}

/// Waits until a span has passed; for ever where there is none.
async fn passed(shared: &Shared, span: Option<Duration>) {
    match span {
        Some(span) => shared.clock.sleep(span).await,
        None => std::future::pending().await,
    }
}

async fn perform(shared: &Shared, call: Call) -> Result<Payload, StepError> {
    let call = match call {
        Call::Operation(call) => return shared.skills.execute(call).await,
        Call::Turn(call) => call,
    };
    let Some(client) = &shared.model else {
        return Err(StepError::with_code(
            "no_model_client",
            "this process has no client for language models",
        ));
    };
    let turn = client.turn(call).await?;
    Payload::from_serialize_within(&turn, shared.options.max_value_bytes).map_err(|error| {
        StepError::with_code("answer_not_storable", format!("the answer {error}")).permanent()
    })
}

async fn room_in(slots: Option<&Semaphore>) -> Option<tokio::sync::SemaphorePermit<'_>> {
    slots?.acquire().await.ok()
}

/// Sorts what an operation returned; an error of one that was asked to end is its way of ending.
fn outcome(result: Result<Payload, StepError>, was_asked_to_end: bool) -> StepOutcome {
    match result {
        Ok(output) => StepOutcome::Succeeded(output),
        Err(error) if was_asked_to_end => StepOutcome::Aborted { not_applied: error.not_applied },
        Err(StepError { failure, permanent, not_applied, after }) => {
            StepOutcome::Failed { failure, permanent, not_applied, after: after.map(delta) }
        }
    }
}
