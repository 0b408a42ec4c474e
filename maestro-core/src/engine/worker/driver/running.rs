//! Running steps: the tasks of a driver, each with what is needed to end it or to tell what became of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use chrono::{DateTime, Utc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::calls;
use crate::{
    domain::{
        Failure, Payload, RunStep, StepKey, StepSecrets, StepStatus,
        play::{Billed, Ended, StartStep, StepHandle, StepOutcome},
    },
    engine::{
        redaction,
        secrets::Bindings,
        worker::{life::Life, panics, steps},
    },
    ports::{EntropyExt, Meter, store::ClaimedRun},
};

/// The steps of a run that are executed now.
#[derive(Default)]
pub(super) struct Steps {
    tasks: JoinSet<StepOutcome>,
    running: BTreeMap<StepKey, Running>,
    by_task: HashMap<Id, StepKey>,
    by_handle: BTreeMap<StepHandle, StepKey>,
    /// Steps that the record does not show yet, in the order in which they were started.
    hidden: Vec<StepKey>,
    /// What the orchestra of the run binds to secret slots.
    bindings: Arc<Bindings>,
}

/// A step that is executed now.
struct Running {
    start: StartStep,
    token: CancellationToken,
    meter: Arc<Meter>,
    started_at: Arc<OnceLock<DateTime<Utc>>>,
    /// The secrets that it was given, if it declares any.
    secrets: Arc<OnceLock<Arc<StepSecrets>>>,
}

impl Steps {
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Tells whether this very try is executed now.
    pub(super) fn runs(&self, start: &StartStep) -> bool {
        self.running.get(&start.key).is_some_and(|running| running.start.attempt == start.attempt)
    }

    /// Starts a step. One that runs already, because the play was loaded anew, goes on.
    pub(super) fn start(&mut self, life: &Arc<Life>, claimed: &ClaimedRun, start: StartStep) {
        if self.runs(&start)
            && let Some(running) = self.running.get_mut(&start.key)
        {
            self.by_handle.remove(&running.start.handle);
            self.by_handle.insert(start.handle, start.key);
            running.start.handle = start.handle;
            return;
        }
        let (token, meter, started_at) = (CancellationToken::new(), Arc::<Meter>::default(), Arc::default());
        let secrets = Arc::default();
        let this = steps::Try {
            call: calls::of(&life.shared, claimed, &start, &meter, &token),
            cancelled: token.clone(),
            timeout: start.timeout.map(|span| span.as_std()),
            bindings: Arc::clone(&self.bindings),
            secrets: Arc::clone(&secrets),
            started_at: Arc::clone(&started_at),
        };
        let task = self.tasks.spawn(life.tries.track_future(steps::execute(Arc::clone(life), this))).id();
        self.by_task.insert(task, start.key.clone());
        self.by_handle.insert(start.handle, start.key.clone());
        self.hidden.push(start.key.clone());
        self.running.insert(start.key.clone(), Running { token, meter, started_at, secrets, start });
    }

    /// Asks a step to end. False when it does not run.
    pub(super) fn abort(&self, handle: StepHandle) -> bool {
        let running = self.by_handle.get(&handle).and_then(|key| self.running.get(key));
        running.inspect(|running| running.token.cancel()).is_some()
    }

    /// Asks every step to end.
    pub(super) fn abort_all(&self) {
        self.running.values().for_each(|running| running.token.cancel());
    }

    /// Waits for the next end. Dropping the future loses none. Pends for ever when nothing runs.
    pub(super) async fn next(&mut self, life: &Life) -> (StepKey, Ended) {
        match self.tasks.join_next_with_id().await {
            Some(joined) => match self.ended(joined, life) {
                Some(ended) => ended,
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// Returns an end that is there already.
    pub(super) fn try_next(&mut self, life: &Life) -> Option<(StepKey, Ended)> {
        let joined = self.tasks.try_join_next_with_id()?;
        self.ended(joined, life)
    }

    fn ended(
        &mut self,
        joined: Result<(Id, StepOutcome), JoinError>,
        life: &Life,
    ) -> Option<(StepKey, Ended)> {
        let (task, outcome) = match joined {
            Ok((task, outcome)) => (task, outcome),
            Err(error) => (error.id(), panicked(error)),
        };
        let key = self.by_task.remove(&task)?;
        let running = self.running.remove(&key)?;
        self.by_handle.remove(&running.start.handle);
        Some((key, running.end(outcome, life)))
    }

    /// Drops every step where it stands; returns what is known of each.
    pub(super) fn cut_off(&mut self, life: &Life) -> Vec<(StepKey, Ended)> {
        self.abort_all();
        self.tasks.abort_all();
        self.by_task.clear();
        self.by_handle.clear();
        let cut_off = std::mem::take(&mut self.running).into_iter().map(|(key, running)| {
            let not_applied = running.started_at.get().is_none();
            (key, running.end(StepOutcome::Aborted { not_applied }, life))
        });
        cut_off.collect()
    }

    /// Returns rows for the steps that have run since `before` and that the record does not show yet.
    pub(super) fn show(&mut self, before: DateTime<Utc>) -> Vec<RunStep> {
        let mut rows = Vec::new();
        self.hidden.retain(|key| {
            let Some(running) = self.running.get(key) else { return false };
            let Some(started_at) = running.started_at.get().copied().filter(|started| *started <= before)
            else {
                return true;
            };
            let start = &running.start;
            let row = RunStep::new(start.key.clone(), start.attempt, start.kind, StepStatus::Running);
            rows.push(RunStep {
                tool_name: Some(start.work.name()),
                input: running.own_input(),
                started_at: Some(started_at),
                generation: start.generation,
                ..row.billed(start.billed.clone())
            });
            false
        });
        rows
    }

    /// Tells whether a step may run that the record does not show.
    pub(super) fn hides_any(&self) -> bool {
        !self.hidden.is_empty()
    }
}

impl Running {
    fn end(self, outcome: StepOutcome, life: &Life) -> Ended {
        let none = Arc::default();
        let secrets = self.secrets.get().unwrap_or(&none);
        let bill = |(model, usage)| Billed { model, usage, price: None, cost: None };
        Ended {
            handle: self.start.handle,
            attempt: self.start.attempt,
            input: self.own_input(),
            outcome: redaction::outcome(secrets, outcome),
            started_at: self.started_at.get().copied(),
            billed: self.meter.take().map(|billed| redaction::bill(secrets, bill(billed))),
            random: life.shared.entropy.next_fraction(),
        }
    }

    /// Returns the input, where it must be recorded itself.
    fn own_input(&self) -> Option<Payload> {
        let input = self.start.input_is_own.then(|| self.start.input.clone())?;
        Some(match self.secrets.get() {
            Some(secrets) => redaction::input(secrets, input),
            None => input,
        })
    }
}

impl Drop for Steps {
    /// What is dropped in its midst is asked to end too: an operation may have begun something that only listens.
    fn drop(&mut self) {
        self.abort_all();
    }
}

/// Returns how a step ended that was called off before it began.
pub(super) fn never_began(start: StartStep) -> Ended {
    Ended {
        handle: start.handle,
        attempt: start.attempt,
        input: None,
        outcome: StepOutcome::Aborted { not_applied: true },
        started_at: None,
        billed: None,
        random: 0.0,
    }
}

fn panicked(error: JoinError) -> StepOutcome {
    let Ok(panic) = error.try_into_panic() else { return StepOutcome::Aborted { not_applied: false } };
    let message = panics::text(&*panic);
    StepOutcome::Failed {
        failure: Failure::new("panic", message),
        permanent: false,
        not_applied: false,
        after: None,
    }
}
