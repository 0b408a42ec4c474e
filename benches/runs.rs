//! Runs per second from enqueue to finish on the memory store, at default options: `cargo bench --bench runs`.
//!
//! Draining: a backlog is enqueued first, then an engine starts. At once: the engine plays while runs are enqueued. One
//! line per case; compare ratios, not absolute numbers of different machines. The last one has a model take a turn that takes
//! no time: what it costs beyond a step that does nothing is what Maestro adds to a model.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use maestro::{
    Context, Maestro, MemoryStore, Payload, Roles, Score, Skill, StepError, WorkspaceId,
    domain::{Agent, Class, OrchestraId, Usage},
    engine::{BulkRun, NewOrchestra},
    ports::store::OrchestraStore,
};
use maestro_core::testing::ScriptedModel;
use serde_json::{Value, json};

const RUNS: usize = 50_000;

async fn nothing(_: Context, _: Value) -> Result<Value, StepError> {
    Ok(json!({}))
}

fn chain(steps: usize) -> Score {
    let op =
        |n| json!({"id": format!("s{n}"), "kind": "deterministic", "skill": "bench", "operation": "nothing"});
    let nodes: Vec<Value> = (0..steps).map(op).collect();
    let edges: Vec<Value> =
        (1..steps).map(|n| json!({"from": format!("s{}", n - 1), "to": format!("s{n}")})).collect();
    Score::from_json(&json!({"name": format!("chain {steps}"), "nodes": nodes, "edges": edges}))
        .expect("a score")
}

/// A score of one LLM node.
fn talk() -> Score {
    let node = json!({"id": "ask", "kind": "llm", "agent": "answerer", "prompt": "Say yes."});
    Score::from_json(&json!({"name": "talk", "nodes": [node]})).expect("a score")
}

fn answerer() -> Agent {
    let agent = json!({
        "id": "answerer", "version": 1, "name": "Answerer", "model": "m", "system_prompt": "You answer.",
        "updated_at": "2026-01-01T00:00:00Z",
    });
    serde_json::from_value(agent).expect("an agent")
}

async fn engine(store: &MemoryStore, roles: Roles) -> Maestro {
    let skill = Skill::new("bench").operation("nothing", nothing);
    let model = ScriptedModel::new(|call| {
        let usage = Usage { input: Some(10), output: Some(1), ..Usage::default() };
        call.meter.report(&call.model, usage);
        Ok(ScriptedModel::says("yes"))
    });
    let builder = Maestro::builder(store.clone()).skill(skill).model_client(Arc::new(model));
    builder.roles(roles).build().await.expect("an engine")
}

async fn enqueue(maestro: &Maestro, orchestra: &OrchestraId) {
    let run = BulkRun { input: Payload::empty_object(), class: Class::Normal };
    maestro.default_workspace().enqueue_many(orchestra, vec![run; RUNS]).await.expect("runs");
}

async fn drained(store: &MemoryStore, orchestra: &OrchestraId) {
    let workspace = WorkspaceId::default();
    while store.orchestra(&workspace, orchestra).await.expect("the orchestra").live.total() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn case(score: Score, at_once: bool) -> f64 {
    let store = MemoryStore::new();
    let asker = engine(&store, Roles::none()).await;
    let workspace = asker.default_workspace();
    workspace.save_agent(answerer()).await.expect("an agent");
    let score = workspace.save_score(score).await.expect("a score");
    let orchestra =
        workspace.create_orchestra(NewOrchestra::new("Bench", &score.id)).await.expect("an orchestra").id;
    let player = if at_once {
        let begin = Instant::now();
        let player = engine(&store, Roles::worker()).await;
        enqueue(&asker, &orchestra).await;
        drained(&store, &orchestra).await;
        (player, begin.elapsed())
    } else {
        enqueue(&asker, &orchestra).await;
        let begin = Instant::now();
        let player = engine(&store, Roles::worker()).await;
        drained(&store, &orchestra).await;
        (player, begin.elapsed())
    };
    player.0.shutdown(Duration::from_secs(1)).await;
    asker.shutdown(Duration::ZERO).await;
    RUNS as f64 / player.1.as_secs_f64()
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let cases = [
        ("drain steps=1", chain(1), false),
        ("drain steps=3", chain(3), false),
        ("enqueue and drain steps=1", chain(1), true),
        ("enqueue and drain steps=3", chain(3), true),
        ("drain model turns=1", talk(), false),
    ];
    for (name, score, at_once) in cases {
        let mut rates: Vec<f64> = (0..3).map(|_| runtime.block_on(case(score.clone(), at_once))).collect();
        rates.sort_by(f64::total_cmp);
        println!("runs {name}: {:.0} runs/s (of three: {:.0} to {:.0})", rates[1], rates[0], rates[2]);
    }
}
