//! The house: a store of either kind, engines with master keys, and operations that use a secret.

use std::sync::{Arc, Mutex};

use maestro::{
    Context, Maestro, MasterKeys, MemoryStore, NewOrchestra, Run, Score, Secret, SecretName, Skill,
    StepError, Store, Workspace,
    domain::{OrchestraId, RunStep},
    engine::Builder,
    ports::store::StepQuery,
};
use maestro_store_postgres_harness::Database;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub(crate) const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const TWO: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// What engines share.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) store: Arc<dyn Store>,
    /// The values that operation `see` was given, in their order.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    /// Opened by tests: what operation `gate` waits for.
    pub(crate) gate: Arc<Semaphore>,
}

impl House {
    pub(crate) fn in_memory() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    pub(crate) async fn in_postgres() -> (Self, Database) {
        let database = Database::migrated().await;
        (Self::on(Arc::new(database.store().await)), database)
    }

    fn on(store: Arc<dyn Store>) -> Self {
        Self { store, seen: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    /// Begins an engine without master keys.
    pub(crate) fn builder(&self) -> Builder {
        self.builder_on(Arc::clone(&self.store))
    }

    pub(crate) fn builder_on(&self, store: Arc<dyn Store>) -> Builder {
        Maestro::builder_on(store).skill(self.skill()).skill(crate::canary::skill())
    }

    /// Returns an engine with this master key and these previous ones.
    pub(crate) async fn engine(&self, current: &str, previous: &[&str]) -> Maestro {
        self.builder().master_keys(keys(current, previous)).build().await.unwrap()
    }

    fn skill(&self) -> Skill {
        let house = self.clone();
        let see = move |context: Context, _: Value| {
            let house = house.clone();
            async move {
                let value = context.secret("key").await?.expose().to_owned();
                house.seen.lock().unwrap().push(value);
                Ok::<_, StepError>(json!("seen"))
            }
        };
        let house = self.clone();
        let gate = move |_: Context, input: Value| {
            let house = house.clone();
            async move {
                house.gate.acquire().await.unwrap().forget();
                Ok::<_, StepError>(input)
            }
        };
        let blocks =
            |context: Context, _: Value| Ok::<_, StepError>(context.blocking_secret("key")?.expose().len());
        let undeclared = async |context: Context, _: Value| {
            context.secret("other").await.map(|secret| secret.expose().len())
        };
        Skill::new("t")
            .operation("see", see)
            .secret("key")
            .operation("gate", gate)
            .blocking_operation("blocks", blocks)
            .secret("key")
            .operation("undeclared", undeclared)
            .secret("key")
    }
}

pub(crate) fn keys(current: &str, previous: &[&str]) -> MasterKeys {
    let keys = MasterKeys::new(current).unwrap();
    previous.iter().fold(keys, |keys, key| keys.with_previous(key).unwrap())
}

pub(crate) fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

pub(crate) fn secret(value: &str) -> Secret {
    Secret::new(value).unwrap()
}

/// A node that executes `t.operation`.
pub(crate) fn op(id: &str, operation: &str) -> Value {
    json!({"id": id, "kind": "deterministic", "skill": "t", "operation": operation})
}

/// Deploys a score whose slot `key` is bound to the secret `crm`.
pub(crate) async fn deploy(workspace: &Workspace, nodes: Value, edges: Value) -> OrchestraId {
    let score = Score::from_json(&json!({"name": "S", "nodes": nodes, "edges": edges})).unwrap();
    let score = workspace.save_score(score).await.unwrap();
    let new = NewOrchestra::new("S", &score.id).secret("key", "crm");
    workspace.create_orchestra(new).await.unwrap().id
}

pub(crate) async fn play(workspace: &Workspace, id: &OrchestraId) -> Run {
    workspace.run_now(id).await.unwrap().finished().await.unwrap()
}

pub(crate) async fn steps(workspace: &Workspace, run: &Run) -> Vec<RunStep> {
    workspace.steps(run.id, &StepQuery::default(), 1_000).await.unwrap()
}
