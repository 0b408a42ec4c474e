//! What people do to live runs: end them, answer steps that ask, and say what became of a step whose outcome was lost.

use super::is_absent;
use crate::{
    domain::{Actor, Payload, Resolution, RunId, RunStep, Signal, SignalKind, StepKey, StepKind, StepStatus},
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

    /// Approves a step that waits for approval. `data` flows on with the step's input; a note is cut after 4,096 characters.
    ///
    /// Of several answers the one that came first counts. A later one is a conflict once the run has gone on, and changes
    /// nothing before that.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the step waits for no approval; [`Error::Invalid`] for data that is too large;
    /// [`Error::Store`] when there is no such run or step, or the run has ended, or the store does not answer.
    pub async fn approve(
        &self,
        run_id: RunId,
        key: &StepKey,
        note: Option<String>,
        data: Option<Payload>,
        actor: &Actor,
    ) -> Result<(), Error> {
        let attempt = self.asked(run_id, key, data.as_ref()).await?;
        let kind = SignalKind::Approve { key: key.clone(), attempt, note: note.map(bounded), data };
        self.send(run_id, kind, actor).await
    }

    /// Rejects a step that waits for approval: it fails as `rejected`, and `data` flows on with its failure. All else is as in
    /// [`approve`](Self::approve).
    ///
    /// # Errors
    /// As [`approve`](Self::approve).
    pub async fn reject(
        &self,
        run_id: RunId,
        key: &StepKey,
        note: Option<String>,
        data: Option<Payload>,
        actor: &Actor,
    ) -> Result<(), Error> {
        let attempt = self.asked(run_id, key, data.as_ref()).await?;
        let kind = SignalKind::Reject { key: key.clone(), attempt, note: note.map(bounded), data };
        self.send(run_id, kind, actor).await
    }

    /// Says what became of a step whose outcome was lost (status `unknown`), so that its run goes on.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the step is not unknown; [`Error::Invalid`] for an output that is too large;
    /// [`Error::Store`] when there is no such run or step, or the run has ended, or the store does not answer.
    pub async fn resolve(
        &self,
        run_id: RunId,
        key: &StepKey,
        resolution: Resolution,
        note: Option<String>,
        actor: &Actor,
    ) -> Result<(), Error> {
        if let Resolution::Done { output } = &resolution {
            self.check_value("output", output)?;
        }
        let step = self.last_try(run_id, key).await?;
        if step.status != StepStatus::Unknown {
            let reason =
                format!("it is {}; only a step whose outcome is unknown can be resolved", step.status);
            return Err(Error::Conflict { what: format!("step {key}"), reason });
        }
        let attempt = step.attempt;
        let kind = SignalKind::Resolve { key: key.clone(), attempt, resolution, note: note.map(bounded) };
        self.send(run_id, kind, actor).await
    }

    /// Returns the try of a step that waits for approval.
    async fn asked(&self, run_id: RunId, key: &StepKey, data: Option<&Payload>) -> Result<u32, Error> {
        data.map_or(Ok(()), |data| self.check_value("data", data))?;
        let step = self.last_try(run_id, key).await?;
        // One that is to be played anew waits for its turn, and has not asked yet.
        let has_asked = step.started_at.is_some();
        let reason = match step.kind {
            StepKind::Approval if step.status == StepStatus::Waiting && has_asked => return Ok(step.attempt),
            StepKind::Approval if !has_asked => "it has not asked yet".to_owned(),
            StepKind::Approval => {
                format!("it is {}; only an approval that waits can be answered", step.status)
            }
            kind => format!("it is of the kind {kind}; only an approval can be answered"),
        };
        Err(Error::Conflict { what: format!("step {key}"), reason })
    }

    async fn last_try(&self, run_id: RunId, key: &StepKey) -> Result<RunStep, Error> {
        // Tries are few and stand first: what begins with the key and is another step sorts behind.
        let query = StepQuery { prefix: Some(key.as_str().to_owned()), ..StepQuery::default() };
        let steps = self.shared.store.steps(&self.id, run_id, &query, MOST_TRIES).await?;
        let tries = steps.into_iter().filter(|step| step.key == *key);
        let last = tries.max_by_key(|step| step.attempt);
        Ok(last.ok_or_else(|| StoreError::not_found("step", key))?)
    }

    async fn send(&self, run_id: RunId, kind: SignalKind, actor: &Actor) -> Result<(), Error> {
        let shared = &self.shared;
        let signal = Signal { id: shared.new_signal_id(), kind, actor: actor.clone(), at: shared.now() };
        shared.store.signal(&self.id, run_id, &signal).await?;
        shared.work.notify_one();
        Ok(())
    }

    /// Refuses a value that no step could have recorded.
    fn check_value(&self, field: &'static str, value: &Payload) -> Result<(), Error> {
        let max_bytes = self.shared.options.max_value_bytes;
        if value.size() > max_bytes {
            let size = value.size();
            let reason = format!("it has {size} bytes, the limit is {max_bytes}; give a reference");
            return Err(Error::invalid(field, reason));
        }
        Payload::parse(value.as_str())?;
        Ok(())
    }
}

fn bounded(note: String) -> String {
    match note.char_indices().nth(LONGEST_NOTE) {
        Some((end, _)) => note[..end].to_owned(),
        None => note,
    }
}
