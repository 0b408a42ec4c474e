//! Runs that have ended: played on from where they failed, or played a second time.

use std::{collections::BTreeMap, sync::Arc};

use super::{RunHandle, is_absent, played::played};
use crate::{
    domain::{
        Actor, AgentPin, Run, RunId, RunRef, RunStatus, RunStep, Signal, SignalKind, StepKey,
        play::{Decision, Plan, Play, PlayLimits, anew},
    },
    engine::{Error, Workspace, enlist},
    ports::store::{ConflictReason, Reopening, RunHistory, StoreError},
};

/// How an ended run is played on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// Steps to be played anew, beside those that kept the run from ending well. What follows from them is played anew too.
    pub from: Vec<StepKey>,
    /// Whether agents are used in the versions that they have now. Default false: in those that the run has.
    pub latest_agents: bool,
    /// What the run may spend from now on, what it has spent included, in cents. `None` leaves it to its score and its
    /// orchestra.
    pub budget_cents: Option<u64>,
}

impl Retry {
    /// Sets the steps to be played anew beside those that kept the run from ending well.
    pub fn with_from(self, from: impl IntoIterator<Item = StepKey>) -> Self {
        Self { from: from.into_iter().collect(), ..self }
    }

    /// Sets whether agents are used in the versions that they have now.
    pub fn with_latest_agents(self, latest_agents: bool) -> Self {
        Self { latest_agents, ..self }
    }

    /// Sets what the run may spend from now on.
    pub fn with_budget_cents(self, budget_cents: Option<u64>) -> Self {
        Self { budget_cents, ..self }
    }
}

impl Workspace {
    /// Has a run that failed or was cancelled played on: the same run, with the same input and version of its score. Steps
    /// whose failure nobody handled, and those that were cancelled, are executed anew under new idempotency keys, and so are
    /// the steps that `retry` names, and whatever follows from these. All else stands and is not paid again: other items of
    /// loops, other turns of models, failures that the score handled.
    ///
    /// An effect that may happen only once and was cut off by a cancel is not executed anew unless `retry` names it: it waits
    /// for a person as unknown. The time that the run may be active begins anew. It is due at once, whatever limit its
    /// orchestra has.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the run has not ended or has ended well, when its orchestra was deleted, when somebody else
    /// was faster, or when it would only end as before, because nothing is left to be played. [`Error::Store`] when there is
    /// no such run or step, or the store does not answer: then look whether the run is live before asking again.
    pub async fn retry(&self, run_id: RunId, retry: Retry, actor: &Actor) -> Result<RunHandle, Error> {
        let shared = &self.shared;
        let run = shared.store.run(&self.id, run_id).await?;
        check_status(&run)?;
        self.check_orchestra(&run).await?;
        let history = self.history_of(&run).await?;
        for key in &retry.from {
            let is_there = history.steps.iter().any(|row| row.key == *key);
            is_there.then_some(()).ok_or_else(|| StoreError::not_found("step", key))?;
        }
        let plan = shared.plans.get(&*shared.store, &self.id, &run.score_id, run.score_version).await?;
        let agents = match retry.latest_agents {
            true => Some(enlist::pins(shared, &self.id, plan.score()).await?),
            false => None,
        };
        let now = shared.now();
        let steps = anew(&plan, &history.steps, &retry.from, actor, now);
        self.check_outlook(&run, plan, agents.as_deref(), history.steps, &steps).await?;
        let kind = SignalKind::Retry { from: retry.from, budget_cents: retry.budget_cents };
        let signal = Signal { id: shared.new_signal_id(), kind, actor: actor.clone(), at: now };
        let reopening = Reopening { signal, seq: history.seq, steps, agents };
        let reopened = shared.store.reopen(&self.id, run_id, &reopening).await;
        reopened.map_err(|error| match error.conflict_reason() {
            Some(ConflictReason::Live | ConflictReason::Changed) => {
                conflict(run_id, "somebody else had it played on at the same time")
            }
            _ => error.into(),
        })?;
        shared.work.notify_one();
        Ok(self.handle(run_id))
    }

    /// Asks for a new run of the same orchestra with the same input, whatever became of the first. It plays the present
    /// version of the score with the present versions of the agents, as [`run_now`](Self::run_now) does; its trigger names
    /// the first run.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the orchestra was deleted; otherwise as [`run_now`](Self::run_now).
    pub async fn rerun(&self, run_id: RunId, actor: &Actor) -> Result<RunHandle, Error> {
        let run = self.shared.store.run(&self.id, run_id).await?;
        self.check_orchestra(&run).await?;
        let handle = self.run_now(&run.orchestra_id).again(&run).enqueue().await?;
        tracing::info!(%run_id, rerun_id = %handle.id(), %actor, "a run is played a second time");
        Ok(handle)
    }

    async fn check_orchestra(&self, run: &Run) -> Result<(), Error> {
        match self.shared.store.orchestra(&self.id, &run.orchestra_id).await {
            Ok(_) => Ok(()),
            Err(error) if is_absent(&error) => {
                let reason = format!("its orchestra {} was deleted; run another one", run.orchestra_id);
                Err(conflict(run.id, &reason))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn history_of(&self, run: &Run) -> Result<RunHistory, Error> {
        let orchestra_id = run.orchestra_id.clone();
        let run = RunRef { workspace: self.id.clone(), orchestra_id, run_id: run.id };
        Ok(self.shared.store.history(&[run]).await?.pop().unwrap_or_default())
    }

    /// Refuses to have a run played on that would only end as it has.
    async fn check_outlook(
        &self,
        run: &Run,
        plan: Arc<Plan>,
        agents: Option<&[AgentPin]>,
        rows: Vec<RunStep>,
        resets: &[RunStep],
    ) -> Result<(), Error> {
        let shared = &self.shared;
        let agents = shared.plans.agents(&*shared.store, &self.id, agents.unwrap_or(&run.agents)).await?;
        let rows = rows.into_iter().chain(resets.iter().cloned());
        let record: BTreeMap<_, _> = rows.map(|row| ((row.key.clone(), row.attempt), row)).collect();
        let limits = PlayLimits {
            value_bytes: shared.options.max_value_bytes,
            transcript_bytes: shared.options.max_transcript_bytes,
        };
        let now = shared.now();
        let played = played(run, agents, run.started_at.unwrap_or(now));
        let (_, decisions) = Play::load(plan, played, limits, record.into_values().collect(), now);
        let finish = decisions.iter().find_map(|decision| match decision {
            Decision::Finish(finish) if !finish.status.is_good() => Some(finish),
            _ => None,
        });
        let Some(finish) = finish else { return Ok(()) };
        let why =
            finish.error.as_ref().map_or("nothing is left to be played", |error| error.message.as_str());
        let reason = format!("it would end as before ({why}); name earlier steps to be played anew");
        Err(conflict(run.id, &reason))
    }
}

fn check_status(run: &Run) -> Result<(), Error> {
    let hint = match run.status {
        RunStatus::Failed | RunStatus::Cancelled => return Ok(()),
        RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => "wait for its end",
        RunStatus::Succeeded | RunStatus::Completed => "rerun it",
    };
    let reason =
        format!("it is {}; only a run that failed or was cancelled is played on; {hint}", run.status);
    Err(conflict(run.id, &reason))
}

fn conflict(run_id: RunId, reason: &str) -> Error {
    Error::Conflict { what: format!("run {run_id}"), reason: reason.to_owned() }
}
