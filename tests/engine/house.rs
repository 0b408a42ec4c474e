//! The house: one store, a virtual clock, operations that do what a test needs, and short ways to ask for runs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use maestro::{
    Context, Maestro, MemoryStore, NewOrchestra, Options, Roles, Run, RunStatus, Score, Skill, StepError,
    Workspace, WorkspaceId,
    domain::{OrchestraId, RunId, RunStep, StepStatus},
    engine::{Builder, RunHandle},
    ports::{Clock, store::StepQuery},
};
use maestro_core::testing::{Executions, FaultPlan, FaultStore, SeededEntropy};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::Instant};

use crate::virtual_time::SkewedClock;

/// What processes share.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) executions: Executions,
    pub(crate) crowd: Arc<Crowd>,
    /// Opened by tests: what operations `gate` wait for.
    pub(crate) gate: Arc<Semaphore>,
}

/// How many steps were executed at once, by operation.
#[derive(Default)]
pub(crate) struct Crowd(Mutex<BTreeMap<String, (usize, usize)>>);

struct Inside<'a>(&'a Crowd, String);

impl Crowd {
    fn enter(&self, who: String) -> Inside<'_> {
        let mut all = self.0.lock().unwrap();
        let (now, most) = all.entry(who.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        Inside(self, who)
    }

    pub(crate) fn most(&self, who: &str) -> usize {
        self.0.lock().unwrap().get(who).map_or(0, |(_, most)| *most)
    }

    pub(crate) fn now(&self, who: &str) -> usize {
        self.0.lock().unwrap().get(who).map_or(0, |(now, _)| *now)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some((now, _)) = self.0.0.lock().unwrap().get_mut(&self.1) {
            *now -= 1;
        }
    }
}

impl House {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            clock: Arc::new(SkewedClock::new(Instant::now(), 0)),
            executions: Executions::default(),
            crowd: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    /// The operations of tests. `input` decides how long they take (`ms`) and what they do.
    pub(crate) fn skill(&self) -> Skill {
        let house = self.clone();
        let slow = move |context: Context, input: Value| {
            let house = house.clone();
            async move {
                let _inside = house.crowd.enter(context.operation().name.to_string());
                let span = Duration::from_millis(input["ms"].as_u64().unwrap_or(1_000));
                house.clock.sleep(span).await;
                Ok::<_, StepError>(input)
            }
        };
        let house = self.clone();
        // Notices that it is asked to end, and ends well a little later.
        let graceful = move |context: Context, input: Value| {
            let house = house.clone();
            async move {
                context.cancelled().await;
                house.clock.sleep(Duration::from_millis(input["ms"].as_u64().unwrap_or(1_000))).await;
                Ok::<_, StepError>(json!("late"))
            }
        };
        let house = self.clone();
        let gate = move |context: Context, input: Value| {
            let house = house.clone();
            async move {
                let _inside = house.crowd.enter(context.operation().name.to_string());
                house.gate.acquire().await.unwrap().forget();
                Ok::<_, StepError>(input)
            }
        };
        let limited = slow.clone();
        let huge = |_: Context, _: Value| Ok::<_, StepError>(vec![true; 200_000]);
        let skill = Skill::new("t")
            .operation("huge", move |context: Context, input: Value| std::future::ready(huge(context, input)))
            .blocking_operation("huge-blocking", huge)
            .operation("echo", async |_: Context, input: Value| Ok::<_, StepError>(input))
            .operation("flaky", flaky)
            .operation("fail", fail)
            .operation("panics", panics)
            .operation("slow", slow)
            .operation("graceful", graceful)
            .operation("gate", gate)
            .operation("limited", limited)
            .max_concurrency(std::num::NonZeroU32::new(3).unwrap());
        self.executions.watch(skill)
    }

    /// Begins an engine with these operations, clock and store.
    pub(crate) fn builder(&self, seed: u64) -> Builder {
        self.builder_on(Arc::new(self.store.clone()), seed)
    }

    pub(crate) fn builder_on(&self, store: Arc<dyn maestro::ports::Store>, seed: u64) -> Builder {
        Maestro::builder_on(store)
            .skill(self.skill())
            .clock(Arc::clone(&self.clock))
            .entropy(Arc::new(SeededEntropy::new(seed)))
    }

    pub(crate) async fn engine(&self) -> Maestro {
        self.builder(1).build().await.unwrap()
    }

    /// Returns an engine whose store fails as the plan says.
    pub(crate) async fn faulty(&self, seed: u64, options: Options) -> (Maestro, FaultPlan) {
        let plan = FaultPlan::new(Arc::clone(&self.clock));
        let store = Arc::new(FaultStore::new(Arc::new(self.store.clone()), plan.clone()));
        (self.builder_on(store, seed).options(options).build().await.unwrap(), plan)
    }

    /// Returns an engine that only enqueues and edits.
    pub(crate) async fn office(&self) -> Workspace {
        self.builder(99).roles(Roles::none()).build().await.unwrap().default_workspace()
    }

    /// Saves a score and deploys it.
    pub(crate) async fn deploy(&self, name: &str, nodes: Value, edges: Value) -> OrchestraId {
        self.deploy_score(name, json!({"name": name, "nodes": nodes, "edges": edges}), |new| new).await
    }

    pub(crate) async fn deploy_score(
        &self,
        name: &str,
        score: Value,
        with: impl FnOnce(NewOrchestra) -> NewOrchestra,
    ) -> OrchestraId {
        let office = self.office().await;
        let score = office.save_score(Score::from_json(&score).unwrap()).await.unwrap();
        office.create_orchestra(with(NewOrchestra::new(name, &score.id))).await.unwrap().id
    }

    pub(crate) async fn sleep(&self, seconds: f64) {
        self.clock.sleep(Duration::from_secs_f64(seconds)).await;
    }

    pub(crate) fn passed(&self) -> f64 {
        self.clock.monotonic().as_secs_f64()
    }

    /// Waits until a run has this status.
    pub(crate) async fn until(&self, run: RunId, status: RunStatus) -> Run {
        let office = self.office().await;
        for _ in 0..100_000 {
            let found = office.run(run).await.unwrap();
            if found.status == status {
                return found;
            }
            assert!(!found.status.is_final(), "{found:#?}");
            self.sleep(0.01).await;
        }
        panic!("{run} never gets {status}");
    }

    /// Returns the steps of a run as `key.try status`.
    pub(crate) async fn said(&self, run: RunId) -> Vec<String> {
        let said = |step: RunStep| format!("{}#{} {}", step.key, step.attempt, step.status);
        self.steps(run).await.into_iter().map(said).collect()
    }

    pub(crate) async fn steps(&self, run: RunId) -> Vec<RunStep> {
        self.office().await.steps(run, &StepQuery::default(), u32::MAX).await.unwrap()
    }

    /// Waits until a step has this status.
    pub(crate) async fn until_step(&self, run: RunId, key: &str, status: StepStatus) -> RunStep {
        for _ in 0..100_000 {
            let steps = self.steps(run).await;
            if let Some(step) =
                steps.into_iter().find(|step| step.key.as_str() == key && step.status == status)
            {
                return step;
            }
            self.sleep(0.01).await;
        }
        panic!("{key} of {run} never gets {status}");
    }
}

async fn flaky(context: Context, input: Value) -> Result<Value, StepError> {
    let bad = input["bad"].as_u64().unwrap_or(2);
    if u64::from(context.attempt()) <= bad { Err(StepError::new("not yet")) } else { Ok(input) }
}

async fn fail(_: Context, _: Value) -> Result<Value, StepError> {
    Err(StepError::with_code("broken", "it is broken").permanent())
}

async fn panics(_: Context, _: Value) -> Result<Value, StepError> {
    panic!("boom");
}

/// A node that executes `t.operation`.
pub(crate) fn op(id: &str, operation: &str) -> Value {
    with(id, operation, json!({}))
}

/// The same with more fields.
pub(crate) fn with(id: &str, operation: &str, more: Value) -> Value {
    let mut node = json!({
        "id": id, "kind": "deterministic", "skill": "t", "operation": operation,
        "retry": {"initial_s": 10, "factor": 1, "jitter": 0}
    });
    node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    node
}

pub(crate) fn once() -> Value {
    json!({"effect": "once", "retry": {"max_attempts": 1}})
}

pub(crate) fn edge(from: &str, to: &str) -> Value {
    json!({"from": from, "to": to})
}

pub(crate) async fn ask(workspace: &Workspace, id: &OrchestraId, input: Value) -> RunHandle {
    workspace.run_now(id).input(input).await.unwrap()
}

/// Deploys a score of one node by an engine that knows its operation.
pub(crate) async fn deploy_one(workspace: &Workspace, node: Value) -> OrchestraId {
    let score = Score::from_json(&json!({"name": "S", "nodes": [node]})).unwrap();
    let score = workspace.save_score(score).await.unwrap();
    workspace.create_orchestra(NewOrchestra::new("S", &score.id)).await.unwrap().id
}

/// Asks for a run and waits for its end.
pub(crate) async fn play(workspace: &Workspace, id: &OrchestraId, input: Value) -> Run {
    ask(workspace, id, input).await.finished().await.unwrap()
}

pub(crate) fn workspace_id(name: &str) -> WorkspaceId {
    WorkspaceId::new(name).unwrap()
}
