//! What people do to live runs: end them, and say what became of a step whose outcome was lost.

use super::is_absent;
use crate::{
    domain::{Actor, Payload, Resolution, RunId, Signal, SignalKind, StepKey, StepStatus},
    engine::{Error, Workspace},
    ports::store::{CancelAnswer, StepQuery, StoreError},
};

/// So many rows are read to find the tries of one step.
const MOST_TRIES: u32 = 1_000;
/// The longest note that is kept, in characters.
const LONGEST_NOTE: usize = 4_096;

impl Workspace {
    /// Ends a run. What does not run ends at once; a run that is played is asked to end, and its steps get
    /// [`abort_grace`](crate::engine::Options::abort_grace) to do so. With `force` it ends now, over its worker's head.
    ///
    /// # Errors
    /// [`Error::Store`] when there is no such run in this workspace, or the store does not answer: then ask again.
    pub async fn cancel(&self, run_id: RunId, force: bool, actor: &Actor) -> Result<CancelAnswer, Error> {
        let shared = &self.shared;
        let before = shared.store.run(&self.id, run_id).await?;
        let answer = shared.store.cancel(&self.id, run_id, force, actor, shared.now()).await?;
        if answer == CancelAnswer::Cancelled {
            let promoted = crate::engine::enlist::promote(shared, &self.id, &before.orchestra_id).await;
            if let Err(error) = promoted
                && !is_absent(&error)
            {
                tracing::warn!(error = &error as &dyn std::error::Error, "promote: the sweep will do it");
            }
        }
        Ok(answer)
    }

    /// Says what became of a step whose outcome was lost (status `unknown`), so that its run goes on.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the step is not unknown; [`Error::Store`] when there is no such run or step, or the run
    /// has ended, or the store does not answer.
    pub async fn resolve(
        &self,
        run_id: RunId,
        key: &StepKey,
        resolution: Resolution,
        note: Option<String>,
        actor: &Actor,
    ) -> Result<(), Error> {
        let shared = &self.shared;
        if let Resolution::Done { output } = &resolution {
            check_output(output, shared.options.max_value_bytes)?;
        }
        // Tries are few and stand first: what begins with the key and is another step sorts behind.
        let query = StepQuery { prefix: Some(key.as_str().to_owned()), ..StepQuery::default() };
        let steps = shared.store.steps(&self.id, run_id, &query, MOST_TRIES).await?;
        let step = steps.iter().filter(|step| step.key == *key).max_by_key(|step| step.attempt);
        let step = step.ok_or_else(|| StoreError::not_found("step", key))?;
        if step.status != StepStatus::Unknown {
            let reason =
                format!("it is {}; only a step whose outcome is unknown can be resolved", step.status);
            return Err(Error::Conflict { what: format!("step {key}"), reason });
        }
        let note = note.map(|note| note.chars().take(LONGEST_NOTE).collect());
        let kind = SignalKind::Resolve { key: key.clone(), attempt: step.attempt, resolution, note };
        let signal = Signal { id: shared.new_signal_id(), kind, actor: actor.clone(), at: shared.now() };
        shared.store.signal(&self.id, run_id, &signal).await?;
        shared.work.notify_one();
        Ok(())
    }
}

/// Refuses an output that no step could have recorded.
fn check_output(output: &Payload, max_bytes: usize) -> Result<(), Error> {
    if output.size() > max_bytes {
        let size = output.size();
        return Err(Error::invalid(
            "output",
            format!("it has {size} bytes, the limit is {max_bytes}; give a reference"),
        ));
    }
    Payload::parse(output.as_str())?;
    Ok(())
}
