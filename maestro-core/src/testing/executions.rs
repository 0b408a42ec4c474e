//! What was executed, and points at which an execution comes to harm.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    domain::{Payload, RunId, StepKey},
    engine::{Context, Function, Skill},
    ports::StepError,
};

/// One execution of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The operation as `skill.operation`.
    pub operation: String,
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub key: StepKey,
    /// Which try, from 1.
    pub attempt: u32,
    /// What effects outside are guarded with.
    pub idempotency_key: String,
    /// What it got.
    pub input: Payload,
}

/// Records every execution of the operations that it [watches](Self::watch), in the order in which they began, and lets
/// chosen ones hang or panic: with a hanging one, dropping the future of [`tick`](crate::engine::Maestro::tick) is the death
/// of a process at that very point. Cloning shares the record. Example: [`testing`](super).
#[derive(Clone, Debug, Default)]
pub struct Executions(Arc<State>);

#[derive(Debug, Default)]
struct State {
    seen: Mutex<Seen>,
    count: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Seen {
    all: Vec<Execution>,
    numbers: BTreeMap<String, u64>,
    harm: BTreeMap<(String, u64), Harm>,
}

#[derive(Clone, Copy, Debug)]
enum Harm {
    Panic,
    HangBefore,
    HangAfter,
}

impl Executions {
    /// Returns the skill with all its operations watched.
    #[must_use]
    pub fn watch(&self, skill: Skill) -> Skill {
        skill.wrap(|operation, inner| Arc::new(Watched { operation, inner, state: Arc::clone(&self.0) }))
    }

    /// Returns every execution so far.
    pub fn all(&self) -> Vec<Execution> {
        self.seen().all.clone()
    }

    /// Returns the executions of one operation so far, by its full name.
    pub fn of(&self, operation: &str) -> Vec<Execution> {
        self.seen().all.iter().filter(|execution| execution.operation == operation).cloned().collect()
    }

    /// Waits until at least so many executions have begun.
    pub async fn reached(&self, count: usize) {
        // The sender lives as long as `self`.
        drop(self.0.count.subscribe().wait_for(|seen| *seen >= count).await);
    }

    /// Lets an execution panic before it does anything: the `number`th of the operation, from 1.
    pub fn panic_at(&self, operation: &str, number: u64) {
        self.harm(operation, number, Harm::Panic);
    }

    /// Lets an execution hang before it does anything: the `number`th of the operation, from 1.
    pub fn hang_before(&self, operation: &str, number: u64) {
        self.harm(operation, number, Harm::HangBefore);
    }

    /// Lets an execution hang after it has done what it does, so that nobody hears of it: the `number`th, from 1.
    pub fn hang_after(&self, operation: &str, number: u64) {
        self.harm(operation, number, Harm::HangAfter);
    }

    fn harm(&self, operation: &str, number: u64, harm: Harm) {
        self.seen().harm.insert((operation.to_owned(), number), harm);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes an execution; returns what harm it comes to.
    fn note(&self, execution: Execution) -> Option<Harm> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let operation = execution.operation.clone();
        seen.all.push(execution);
        let number = seen.numbers.entry(operation.clone()).or_default();
        *number += 1;
        let number = *number;
        let harm = seen.harm.get(&(operation, number)).copied();
        let count = seen.all.len();
        drop(seen);
        self.count.send_replace(count);
        harm
    }
}

struct Watched {
    operation: String,
    inner: Arc<dyn Function>,
    state: Arc<State>,
}

#[async_trait]
impl Function for Watched {
    async fn call(&self, context: Context) -> Result<Payload, StepError> {
        let harm = self.state.note(Execution {
            operation: self.operation.clone(),
            run_id: context.run_id(),
            key: context.step_key().clone(),
            attempt: context.attempt(),
            idempotency_key: context.idempotency_key().to_owned(),
            input: context.input().clone(),
        });
        match harm {
            None => self.inner.call(context).await,
            Some(Harm::Panic) => panic!("told to panic"),
            Some(Harm::HangBefore) => std::future::pending().await,
            Some(Harm::HangAfter) => {
                drop(self.inner.call(context).await);
                std::future::pending().await
            }
        }
    }
}
