//! Running steps: the tasks of a driver, each with what is needed to end it or to tell what became of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use chrono::{DateTime, Utc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Failure, RunStep, StepKey, StepKind, StepStatus,
        play::{Billed, Ended, StartStep, StepHandle, StepOutcome},
    },
    engine::worker::{life::Life, steps},
    ports::{Meter, Operation, StepCall, store::ClaimedRun},
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
}

/// A step that is executed now.
struct Running {
    start: StartStep,
    token: CancellationToken,
    meter: Arc<Meter>,
    started_at: Arc<OnceLock<DateTime<Utc>>>,
}

impl Steps {
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Starts a step. One that runs already, because the play was loaded anew, goes on.
    pub(super) fn start(&mut self, life: &Arc<Life>, claimed: &ClaimedRun, start: StartStep) {
        if let Some(running) = self.running.get_mut(&start.key)
            && running.start.attempt == start.attempt
        {
            self.by_handle.remove(&running.start.handle);
            self.by_handle.insert(start.handle, start.key);
            running.start.handle = start.handle;
            return;
        }
        let operation = Operation { skill: start.skill.clone(), name: start.operation.clone() };
        let (token, meter, started_at) = (CancellationToken::new(), Arc::<Meter>::default(), Arc::default());
        let this = steps::Try {
            call: StepCall {
                workspace: claimed.run.workspace.clone(),
                orchestra_id: claimed.run.orchestra_id.clone(),
                run_id: claimed.run.run_id,
                key: start.key.clone(),
                attempt: start.attempt,
                idempotency_key: format!("{}/{}/{}", claimed.run.run_id, start.key, start.generation),
                operation,
                input: start.input.clone(),
                max_output_bytes: life.shared.options.max_value_bytes,
                secret_bindings: Arc::default(),
                meter: Arc::clone(&meter),
                cancelled: token.clone(),
            },
            timeout: start.timeout.map(|span| span.as_std()),
            started_at: Arc::clone(&started_at),
        };
        let task = self.tasks.spawn(life.tries.track_future(steps::execute(Arc::clone(life), this))).id();
        self.by_task.insert(task, start.key.clone());
        self.by_handle.insert(start.handle, start.key.clone());
        self.hidden.push(start.key.clone());
        self.running.insert(start.key.clone(), Running { token, meter, started_at, start });
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

    /// Drops every step where it stands.
    pub(super) fn cut_off(&mut self) {
        *self = Self::default();
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
        let ended = Ended {
            handle: running.start.handle,
            attempt: running.start.attempt,
            input: running.start.input_is_own.then(|| running.start.input.clone()),
            outcome,
            started_at: running.started_at.get().copied(),
            billed: running.meter.take().map(|(model, usage)| Billed {
                model,
                usage,
                price: None,
                cost: None,
            }),
            random: life.shared.entropy.next_fraction(),
        };
        Some((key, ended))
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
            let row =
                RunStep::new(start.key.clone(), start.attempt, StepKind::Deterministic, StepStatus::Running);
            rows.push(RunStep {
                tool_name: Some(format!("{}.{}", start.skill, start.operation)),
                input: start.input_is_own.then(|| start.input.clone()),
                started_at: Some(started_at),
                generation: start.generation,
                ..row
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

fn panicked(error: JoinError) -> StepOutcome {
    let message = match error.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "it panicked".to_owned(),
        },
        Err(_) => return StepOutcome::Aborted { not_applied: false },
    };
    StepOutcome::Failed {
        failure: Failure::new("panic", message),
        permanent: false,
        not_applied: false,
        after: None,
    }
}
