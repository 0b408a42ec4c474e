//! Scores of effects that the workers of a fleet play, and the table in which effects are left.

use maestro::{
    Maestro, NewOrchestra, PostgresStore, Roles, Score, Skill, StepError, Workspace, domain::OrchestraId,
};
use maestro_store_postgres_harness::Database;
use serde_json::{Value, json};

/// Makes a database with an empty table `effects`.
pub(crate) async fn database() -> Database {
    let database = Database::migrated().await;
    let sql =
        "create table effects (idempotency_key text not null, worker text not null, at timestamptz not null)";
    sqlx::raw_sql(sql).execute(&mut database.connection().await).await.expect("a table can be made");
    database
}

/// Builds an engine that only asks. Of the operation it has to know no more than that there is one.
pub(crate) async fn asker(store: &PostgresStore) -> Maestro {
    let util =
        Skill::new("util").operation("effect", |_, input: Value| async move { Ok::<_, StepError>(input) });
    let builder = Maestro::builder(store.clone()).skill(util).roles(Roles::none());
    builder.build().await.expect("an engine can be built")
}

/// Returns a node with an effect that takes `ms` milliseconds.
pub(crate) fn effect(id: &str, ms: u64) -> Value {
    json!({"id": id, "kind": "deterministic", "skill": "util", "operation": "effect",
           "input": {"table": "effects", "ms": ms}})
}

/// Deploys a chain of effects, each of which takes `ms` milliseconds.
pub(crate) async fn deploy(workspace: &Workspace, effects: usize, ms: u64) -> OrchestraId {
    let nodes = (0..effects).map(|n| effect(&format!("e{n}"), ms)).collect();
    let edge = |n: usize| json!({"from": format!("e{}", n - 1), "to": format!("e{n}")});
    deploy_nodes(workspace, &format!("{effects} effects"), nodes, (1..effects).map(edge).collect()).await
}

/// Deploys a score.
pub(crate) async fn deploy_nodes(
    workspace: &Workspace,
    name: &str,
    nodes: Vec<Value>,
    edges: Vec<Value>,
) -> OrchestraId {
    let score = json!({"name": name, "nodes": nodes, "edges": edges});
    let score = Score::from_json(&score).expect("a good score");
    let score = workspace.save_score(score).await.expect("a score is saved");
    workspace.create_orchestra(NewOrchestra::new(name, &score.id)).await.expect("an orchestra is created").id
}
