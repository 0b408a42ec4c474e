//! The engine plays scores end to end on the memory store.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use maestro::{
    Context, Maestro, MemoryStore, Options, Orchestra, RunStatus, Score, Skill, StepError, Workspace,
    WorkspaceId,
    domain::{Actor, Misfire, Overlap, RunStep, StepStatus},
    ports::{
        Clock, SystemClock,
        store::{CancelAnswer, OrchestraStore, ScoreStore, StepQuery},
    },
};
use serde_json::{Value, json};

async fn upper(_: Context, input: Value) -> Result<Value, StepError> {
    let text = input["text"].as_str().ok_or_else(|| StepError::new("no text").permanent())?;
    Ok(json!({ "text": text.to_uppercase() }))
}

async fn flaky(ctx: Context, input: Value) -> Result<Value, StepError> {
    match ctx.attempt() {
        1 | 2 => Err(StepError::new("not yet")),
        _ => Ok(input),
    }
}

async fn panics(_: Context, _: Value) -> Result<Value, StepError> {
    panic!("boom");
}

async fn stuck(ctx: Context, input: Value) -> Result<Value, StepError> {
    ctx.cancelled().await;
    let _ = input;
    Err(StepError::new("told to stop"))
}

fn skills() -> Skill {
    Skill::new("t")
        .operation("upper", upper)
        .operation("flaky", flaky)
        .operation("panics", panics)
        .operation("stuck", stuck)
}

fn op(id: &str, operation: &str) -> Value {
    json!({"id": id, "kind": "deterministic", "skill": "t", "operation": operation, "retry": {"initial_s": 0.01, "jitter": 0}})
}

async fn engine(store: &MemoryStore) -> Maestro {
    Maestro::builder(store.clone()).skill(skills()).options(Options::default()).build().await.unwrap()
}

async fn deploy(store: &MemoryStore, nodes: Value, edges: Value) -> maestro::domain::OrchestraId {
    let now = SystemClock::new().now();
    let workspace = WorkspaceId::default();
    let score = Score::parse(&json!({"name": "S", "nodes": nodes, "edges": edges}).to_string()).unwrap();
    let score = Score { version: 1, ..score };
    store.save_score(&workspace, &score, now).await.unwrap();
    let orchestra = Orchestra {
        workspace,
        id: "o".parse().unwrap(),
        name: "O".into(),
        tag: String::new(),
        description: String::new(),
        cron: None,
        timezone: Default::default(),
        score_id: score.id,
        enabled: false,
        secret_bindings: Default::default(),
        overlap: Overlap::Skip,
        misfire: Misfire::FireOnce,
        catchup_window_s: 86_400,
        max_concurrent_runs: None,
        budget_cents: None,
        on_finish: None,
        revision: 1,
        schedule_rev: 1,
        next_fire_at: None,
        created_at: now,
        updated_at: now,
    };
    store.create_orchestra(&orchestra).await.unwrap();
    orchestra.id
}

async fn steps(workspace: &Workspace, run: maestro::domain::RunId) -> Vec<RunStep> {
    workspace.steps(run, &StepQuery::default(), 10_000).await.unwrap()
}

#[tokio::test]
async fn a_chain_is_played_to_its_end() {
    let store = MemoryStore::new();
    let id =
        deploy(&store, json!([op("a", "upper"), op("b", "flaky")]), json!([{"from": "a", "to": "b"}])).await;
    let maestro = engine(&store).await;
    let workspace = maestro.default_workspace();
    let run = workspace.run_now(&id).input(json!({"text": "hi"})).await.unwrap().finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!(run.result.unwrap().as_str(), "{\"text\":\"HI\"}");
    let seen: Vec<_> =
        steps(&workspace, run.id).await.iter().map(|s| (s.key.to_string(), s.attempt, s.status)).collect();
    let (ok, failed) = (StepStatus::Succeeded, StepStatus::Failed);
    let b = |attempt, status| ("b".to_owned(), attempt, status);
    assert_eq!(seen, [("a".to_owned(), 1, ok), b(1, failed), b(2, failed), b(3, ok)]);
    maestro.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_panic_is_a_failed_try() {
    let store = MemoryStore::new();
    let id = deploy(&store, json!([op("a", "panics")]), json!([])).await;
    let maestro = engine(&store).await;
    let run = maestro.default_workspace().run_now(&id).await.unwrap().finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Failed);
    let error = run.error.unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("panic", "step a: boom"));
    maestro.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_running_run_is_cancelled() {
    let store = MemoryStore::new();
    let id =
        deploy(&store, json!([op("a", "stuck"), op("b", "upper")]), json!([{"from": "a", "to": "b"}])).await;
    let maestro = engine(&store).await;
    let workspace = maestro.default_workspace();
    let handle = workspace.run_now(&id).await.unwrap();
    let mut changes = maestro.changes().await.unwrap();
    while workspace.run(handle.id()).await.unwrap().status != RunStatus::Running {
        changes.next().await;
    }
    let answer = workspace.cancel(handle.id(), false, &Actor::host()).await.unwrap();
    assert_eq!(answer, CancelAnswer::Requested);
    let run = handle.finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Cancelled);
    maestro.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn many_runs_are_played_side_by_side() {
    let store = MemoryStore::new();
    let id = deploy(&store, json!([op("a", "upper")]), json!([])).await;
    let maestro = engine(&store).await;
    let workspace = maestro.default_workspace();
    let input = maestro::Payload::from(json!({"text": "x"}));
    let runs = vec![maestro::engine::BulkRun { input, class: maestro::domain::Class::Normal }; 2_000];
    let handles = workspace.enqueue_many(&id, runs).await.unwrap();
    let done = Arc::new(AtomicU32::new(0));
    for handle in handles {
        assert_eq!(handle.finished().await.unwrap().status, RunStatus::Succeeded);
        done.fetch_add(1, Ordering::Relaxed);
    }
    assert_eq!(done.load(Ordering::Relaxed), 2_000);
    maestro.shutdown(Duration::from_secs(1)).await;
}
