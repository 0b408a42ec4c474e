//! Simulated processes: an engine with its own clock, its own connection to the store, and its own way to die.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use maestro::{
    Context, Maestro, MemoryStore, Options, Skill, StepError,
    domain::{RunId, RunStep, StepKey, StepStatus},
    ports::{
        Clock,
        store::{RunStore, StepQuery},
    },
};
use maestro_core::testing::{Fault, FaultPlan, FaultStore, SeededEntropy};
use serde_json::Value;
use tokio::time::Instant;

use crate::virtual_time::SkewedClock;

/// What operations did, in all processes, by idempotency key.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) paid: Mutex<BTreeMap<String, u32>>,
    pub(crate) broken: Mutex<Vec<String>>,
    /// Who executes which step now.
    inside: Mutex<BTreeMap<(RunId, StepKey), Crowd>>,
}

/// The processes that execute one step.
type Crowd = Vec<Arc<Health>>;

/// Whether a process can do anything.
struct Health {
    /// Set when it was killed: its operations never return.
    dead: AtomicBool,
    clock: Arc<SkewedClock>,
}

impl Health {
    /// Sleeps; for ever, when the process dies meanwhile.
    async fn lives_through(&self, span: Duration) {
        self.clock.sleep(span).await;
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

/// One execution; it is over when this is dropped.
struct Inside {
    effects: Arc<Effects>,
    step: (RunId, StepKey),
    process: Arc<Health>,
}

impl Inside {
    /// Two processes that are awake must never execute one step at the same time: who may have lost its lease stops first.
    fn enter(effects: &Arc<Effects>, process: &Arc<Health>, context: &Context) -> Self {
        let step = (context.run_id(), context.step_key().clone());
        let mut all = effects.inside.lock().unwrap();
        let there = all.entry(step.clone()).or_default();
        let awake = |other: &Arc<Health>| !other.dead.load(Ordering::SeqCst) && !other.clock.is_frozen();
        if there.iter().any(|other| !Arc::ptr_eq(other, process) && awake(other)) && awake(process) {
            effects
                .broken
                .lock()
                .unwrap()
                .push(format!("{} of {} is executed by two at once", step.1, step.0));
        }
        there.push(Arc::clone(process));
        Self { effects: Arc::clone(effects), step, process: Arc::clone(process) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut all = self.effects.inside.lock().unwrap();
        if let Some(there) = all.get_mut(&self.step) {
            let at = there.iter().position(|process| Arc::ptr_eq(process, &self.process));
            at.map(|at| there.swap_remove(at));
        }
    }
}

pub(crate) struct Process {
    pub(crate) maestro: Maestro,
    pub(crate) plan: FaultPlan,
    health: Arc<Health>,
}

impl Process {
    pub(crate) async fn start(
        store: &MemoryStore,
        effects: &Arc<Effects>,
        origin: Instant,
        entropy: &SeededEntropy,
    ) -> Self {
        let skew = entropy.below(2_000) as i64 - 1_000;
        let own = Arc::new(SkewedClock::new(origin, skew));
        let clock: Arc<dyn Clock> = own.clone();
        let plan = FaultPlan::new(Arc::clone(&clock));
        let wrapped = FaultStore::new(Arc::new(store.clone()), plan.clone());
        let health = Arc::new(Health { dead: AtomicBool::new(false), clock: own });
        let options = Options::default()
            .with_max_runs(8)
            .with_poll_interval(Duration::from_millis(500))
            .with_worker_ttl(Duration::from_secs(6))
            .with_renew_interval(Duration::from_secs(1))
            .with_sweep_interval(Duration::from_secs(1))
            .with_hand_back_delay(Duration::from_secs(1))
            .with_abort_grace(Duration::from_millis(300));
        let maestro = Maestro::builder(wrapped)
            .skill(skill(store, effects, &health, entropy.next_u64()))
            .options(options)
            .clock(clock)
            .entropy(Arc::new(SeededEntropy::new(entropy.next_u64())))
            .build()
            .await
            .unwrap();
        Self { maestro, plan, health }
    }

    /// Stops the process for a while, as SIGSTOP does: no timer of it rings, no call and no answer gets through.
    pub(crate) fn freeze(&self, span: Duration) {
        self.plan.freeze(span);
        self.health.clock.freeze(span);
    }

    /// Ends the process as SIGKILL does: in the midst of a call, or between two.
    pub(crate) fn kill(&self, in_a_call: bool) {
        self.health.dead.store(true, Ordering::SeqCst);
        let so_far = self.plan.calls().len() as u64;
        if in_a_call {
            self.plan.between_all(so_far + 1..=so_far + 1, Fault::HangAfter);
            self.plan.between_all(so_far + 2.., Fault::HangBefore);
        } else {
            self.plan.between_all(so_far + 1.., Fault::HangBefore);
        }
    }
}

/// The operations of the simulation. Each looks first whether it may be executed at all.
fn skill(store: &MemoryStore, effects: &Arc<Effects>, process: &Arc<Health>, seed: u64) -> Skill {
    let entropy = Arc::new(SeededEntropy::new(seed));
    let step = move |kind: Kind| {
        let (store, effects, process, entropy) =
            (store.clone(), Arc::clone(effects), Arc::clone(process), Arc::clone(&entropy));
        move |context: Context, input: Value| {
            let (store, effects, process, entropy) =
                (store.clone(), Arc::clone(&effects), Arc::clone(&process), Arc::clone(&entropy));
            async move {
                let _inside = Inside::enter(&effects, &process, &context);
                check_start(&store, &effects, &context).await;
                process.lives_through(Duration::from_millis(entropy.below(600))).await;
                if matches!(kind, Kind::Long) {
                    let end = process.lives_through(Duration::from_secs(300));
                    tokio::select! {
                        biased;
                        () = context.cancelled() => return Err(StepError::new("told to end")),
                        () = end => {}
                    }
                }
                act(kind, &effects, &context)?;
                process.lives_through(Duration::from_millis(entropy.below(100))).await;
                Ok::<Value, StepError>(input)
            }
        }
    };
    Skill::new("sim")
        .operation("work", step(Kind::Work))
        .operation("flaky", step(Kind::Flaky))
        .operation("shaky", step(Kind::Shaky))
        .operation("pay", step(Kind::Pay))
        .operation("long", step(Kind::Long))
}

#[derive(Clone, Copy)]
enum Kind {
    Work,
    Flaky,
    Shaky,
    Pay,
    /// Takes minutes, unless it is asked to end.
    Long,
}

/// Does what the operation is there for. What fails depends on the step alone, so that every process agrees.
fn act(kind: Kind, effects: &Effects, context: &Context) -> Result<(), StepError> {
    let hash = context
        .idempotency_key()
        .bytes()
        .fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    match kind {
        Kind::Work | Kind::Long => Ok(()),
        Kind::Flaky if context.attempt() <= hash % 3 => Err(StepError::new("not yet")),
        Kind::Flaky => Ok(()),
        Kind::Shaky if hash.is_multiple_of(4) => Err(StepError::new("broken for good").permanent()),
        Kind::Shaky => Ok(()),
        Kind::Pay => {
            *effects.paid.lock().unwrap().entry(context.idempotency_key().to_owned()).or_default() += 1;
            Ok(())
        }
    }
}

/// A step may start only while it is not on record as done, and only after those before it are.
async fn check_start(store: &MemoryStore, effects: &Effects, context: &Context) {
    let rows = store
        .steps(context.workspace(), context.run_id(), &StepQuery::default(), u32::MAX)
        .await
        .unwrap_or_default();
    let (path, node) = context.step_key().split();
    let last = |node: &str| -> Option<&RunStep> {
        rows.iter().filter(|row| row.key.as_str() == format!("{path}{node}")).max_by_key(|row| row.attempt)
    };
    let this = rows.iter().find(|row| row.key == *context.step_key() && row.attempt == context.attempt());
    // Who ends a run by force does not wait for its owner, who may be about to start the step.
    if let Some(row) = this.filter(|row| row.status.is_final() && row.status != StepStatus::Cancelled) {
        effects.broken.lock().unwrap().push(format!(
            "{} of {} started after its end was on record: {row:?}",
            context.step_key(),
            context.run_id()
        ));
    }
    let before: &[&str] = match (context.orchestra_id().as_str(), node) {
        ("chain", "b") | ("rescue", "b") | ("once", "pay") => &["a"],
        ("chain", "c") => &["b"],
        ("rescue", "c" | "help") => &["b"],
        ("rescue", "clean") => &["c"],
        ("map", "y") => &["x"],
        ("map", "end") => &["each"],
        ("once", "b") => &["pay"],
        ("wait", "b") => &["nap"],
        _ => &[],
    };
    for source in before {
        if !last(source).is_some_and(|row| row.status.is_final() && !row.is_retried()) {
            effects.broken.lock().unwrap().push(format!(
                "{} of {} started before {source} was on record",
                context.step_key(),
                context.run_id()
            ));
        }
    }
}
