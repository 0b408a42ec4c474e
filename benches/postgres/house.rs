//! A database with an orchestra that does nothing, engines on it, and a count of what was executed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use maestro::{
    Context, Maestro, NewOrchestra, Payload, PostgresStore, Roles, Score, Skill, StepError, Workspace,
    WorkspaceId,
    domain::{Class, OrchestraId},
    engine::BulkRun,
    ports::{SystemClock, store::OrchestraStore},
};
use maestro_core::testing::{FaultPlan, FaultStore, Method};
use maestro_store_postgres_harness::Database;
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinHandle};

/// So many runs are enqueued at a time while there is to be no end of them.
const CHUNK: usize = 20_000;

pub(crate) struct House {
    pub(crate) database: Database,
    pub(crate) store: PostgresStore,
    /// Only asks.
    pub(crate) asker: Maestro,
    pub(crate) executed: Arc<AtomicUsize>,
    begun: mpsc::UnboundedSender<Instant>,
    /// When each step began, once somebody [listens](Self::listen).
    begins: mpsc::UnboundedReceiver<Instant>,
    listened: Arc<std::sync::atomic::AtomicBool>,
}

/// An engine that plays, and what it called.
pub(crate) struct Player {
    pub(crate) maestro: Maestro,
    pub(crate) plan: FaultPlan,
}

impl House {
    pub(crate) async fn new() -> Self {
        let database = Database::migrated().await;
        let store = database.store().await;
        let (begun, begins) = mpsc::unbounded_channel();
        let (executed, listened) = (Arc::default(), Arc::default());
        let asker =
            Maestro::builder(store.clone()).skill(skill(&executed, &begun, &listened)).roles(Roles::none());
        let asker = asker.build().await.unwrap();
        Self { database, store, asker, executed, begun, begins, listened }
    }

    /// Begins to note when steps begin.
    pub(crate) fn listen(&self) {
        self.listened.store(true, Ordering::SeqCst);
    }

    /// Waits until the next step begins.
    pub(crate) async fn next_begin(&mut self) -> Instant {
        self.begins.recv().await.unwrap()
    }

    pub(crate) fn workspace(&self) -> Workspace {
        self.asker.default_workspace()
    }

    /// Deploys a chain of so many steps.
    pub(crate) async fn deploy(&self, workspace: &Workspace, steps: usize) -> OrchestraId {
        let op = |n| json!({"id": format!("s{n}"), "kind": "deterministic", "skill": "bench", "operation": "nothing"});
        let nodes: Vec<Value> = (0..steps).map(op).collect();
        let edge = |n: usize| json!({"from": format!("s{}", n - 1), "to": format!("s{n}")});
        let edges: Vec<Value> = (1..steps).map(edge).collect();
        let name = format!("chain of {steps}");
        let score = Score::from_json(&json!({"name": name, "nodes": nodes, "edges": edges})).unwrap();
        let score = workspace.save_score(score).await.unwrap();
        workspace.create_orchestra(NewOrchestra::new(name, &score.id)).await.unwrap().id
    }

    /// Starts an engine at default options, on connections of its own.
    pub(crate) async fn player(&self, roles: Roles) -> Player {
        self.player_on(self.database.store().await, roles).await
    }

    pub(crate) async fn player_on(&self, store: PostgresStore, roles: Roles) -> Player {
        let plan = FaultPlan::new(Arc::new(SystemClock::new()));
        let wrapped = FaultStore::new(Arc::new(store), plan.clone());
        let skill = skill(&self.executed, &self.begun, &self.listened);
        let maestro = Maestro::builder(wrapped).skill(skill).roles(roles).build().await.unwrap();
        Player { maestro, plan }
    }

    /// Waits until so many steps were executed and no run is live any more.
    pub(crate) async fn drained(&self, orchestra: &OrchestraId, executed: usize) {
        while self.executed.load(Ordering::SeqCst) < executed {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        while self.store.orchestra(&WorkspaceId::default(), orchestra).await.unwrap().live.total() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Enqueues runs of one step until the task is aborted: at any time some wait, and never many.
    pub(crate) fn feed(&self, orchestra: &OrchestraId) -> JoinHandle<()> {
        let (workspace, orchestra, executed) =
            (self.workspace(), orchestra.clone(), Arc::clone(&self.executed));
        tokio::spawn(async move {
            let mut enqueued = executed.load(Ordering::SeqCst);
            loop {
                if executed.load(Ordering::SeqCst) + CHUNK > enqueued {
                    enqueue(&workspace, &orchestra, CHUNK).await;
                    enqueued += CHUNK;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }

    /// Returns how many steps a second are executed until `over` is done.
    pub(crate) async fn rate(&self, over: impl Future<Output = ()>) -> f64 {
        let (begin, before) = (Instant::now(), self.executed.load(Ordering::SeqCst));
        over.await;
        (self.executed.load(Ordering::SeqCst) - before) as f64 / begin.elapsed().as_secs_f64()
    }

    pub(crate) async fn close(self) {
        self.asker.shutdown(Duration::ZERO).await;
        self.store.close().await;
    }
}

impl Player {
    /// Returns how often the store was called; changes that it told by itself are none.
    pub(crate) fn calls(&self) -> usize {
        self.plan.calls().iter().filter(|call| call.method != Method::NextChange).count()
    }

    /// Returns how long each of its calls of a method took, the shortest first, but for the `skip` calls of any method that
    /// it made first.
    pub(crate) fn times(&self, method: Method, skip: usize) -> Vec<Duration> {
        let calls = self.plan.calls();
        let of_method = calls[skip..].iter().filter(|call| call.method == method);
        let mut times: Vec<_> = of_method.filter_map(|call| call.took).collect();
        times.sort();
        times
    }

    pub(crate) async fn stop(self) {
        self.maestro.shutdown(Duration::from_secs(10)).await;
    }
}

/// Enqueues many runs.
pub(crate) async fn enqueue(workspace: &Workspace, orchestra: &OrchestraId, runs: usize) {
    let run = BulkRun { input: Payload::empty_object(), class: Class::Normal };
    workspace.enqueue_many(orchestra, vec![run; runs]).await.unwrap();
}

fn skill(
    executed: &Arc<AtomicUsize>,
    begun: &mpsc::UnboundedSender<Instant>,
    listened: &Arc<std::sync::atomic::AtomicBool>,
) -> Skill {
    let (executed, begun, listened) = (Arc::clone(executed), begun.clone(), Arc::clone(listened));
    let nothing = move |_: Context, _: Value| {
        if listened.load(Ordering::Relaxed) {
            let _ = begun.send(Instant::now());
        }
        executed.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, StepError>(json!({})) }
    };
    Skill::new("bench").operation("nothing", nothing)
}
