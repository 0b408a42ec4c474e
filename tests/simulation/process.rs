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
    Context, Maestro, MemoryStore, Options, Payload, Skill, StepError,
    domain::{RunStep, StepStatus},
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
}

pub(crate) struct Process {
    pub(crate) maestro: Maestro,
    pub(crate) plan: FaultPlan,
    /// Set when it was killed: its operations never return.
    dead: Arc<AtomicBool>,
}

impl Process {
    pub(crate) async fn start(
        store: &MemoryStore,
        effects: &Arc<Effects>,
        origin: Instant,
        entropy: &SeededEntropy,
    ) -> Self {
        let skew = entropy.below(2_000) as i64 - 1_000;
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(origin, skew));
        let plan = FaultPlan::new(Arc::clone(&clock));
        let wrapped = FaultStore::new(Arc::new(store.clone()), plan.clone());
        let dead = Arc::new(AtomicBool::new(false));
        let options = Options::default()
            .with_max_runs(8)
            .with_poll_interval(Duration::from_millis(500))
            .with_worker_ttl(Duration::from_secs(6))
            .with_renew_interval(Duration::from_secs(1))
            .with_sweep_interval(Duration::from_secs(1))
            .with_hand_back_delay(Duration::from_secs(1))
            .with_abort_grace(Duration::from_millis(300));
        let maestro = Maestro::builder(wrapped)
            .skill(skill(store, effects, &dead, &clock, entropy.next_u64()))
            .options(options)
            .clock(clock)
            .entropy(Arc::new(SeededEntropy::new(entropy.next_u64())))
            .build()
            .await
            .unwrap();
        Self { maestro, plan, dead }
    }

    /// Ends the process as SIGKILL does: in the midst of a call, or between two.
    pub(crate) fn kill(&self, in_a_call: bool) {
        self.dead.store(true, Ordering::SeqCst);
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
fn skill(
    store: &MemoryStore,
    effects: &Arc<Effects>,
    dead: &Arc<AtomicBool>,
    clock: &Arc<dyn Clock>,
    seed: u64,
) -> Skill {
    let entropy = Arc::new(SeededEntropy::new(seed));
    let step = move |kind: Kind| {
        let (store, effects, dead, clock, entropy) =
            (store.clone(), Arc::clone(effects), Arc::clone(dead), Arc::clone(clock), Arc::clone(&entropy));
        move |context: Context, input: Value| {
            let (store, effects, dead, clock, entropy) = (
                store.clone(),
                Arc::clone(&effects),
                Arc::clone(&dead),
                Arc::clone(&clock),
                Arc::clone(&entropy),
            );
            async move {
                check_start(&store, &effects, &context).await;
                clock.sleep(Duration::from_millis(entropy.below(600))).await;
                if dead.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                act(kind, &effects, &context)?;
                clock.sleep(Duration::from_millis(entropy.below(100))).await;
                if dead.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                Ok::<Value, StepError>(input)
            }
        }
    };
    Skill::new("sim")
        .operation("work", step(Kind::Work))
        .operation("flaky", step(Kind::Flaky))
        .operation("shaky", step(Kind::Shaky))
        .operation("pay", step(Kind::Pay))
}

#[derive(Clone, Copy)]
enum Kind {
    Work,
    Flaky,
    Shaky,
    Pay,
}

/// Does what the operation is there for. What fails depends on the step alone, so that every process agrees.
fn act(kind: Kind, effects: &Effects, context: &Context) -> Result<(), StepError> {
    let hash = context
        .idempotency_key()
        .bytes()
        .fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    match kind {
        Kind::Work => Ok(()),
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
    let done = rows.iter().any(|row| {
        row.key == *context.step_key() && row.attempt == context.attempt() && row.status.is_final()
    });
    if done {
        effects.broken.lock().unwrap().push(format!(
            "{} of {} started after its end was on record",
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
    let _ = (StepStatus::Succeeded, Payload::null());
}
