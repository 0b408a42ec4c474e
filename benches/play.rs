//! What a node costs the interpreter, in small graphs and in large ones: the cost must not grow with the graph.
//!
//! Prints nanoseconds per node for 100 and for 10,000 nodes, and the ratio of the two.

use std::{cell::RefCell, hint::black_box, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use maestro::domain::{
    OrchestraId, Payload, RunId, RunStep, Score, ScoreId, Trigger, WorkspaceId,
    play::{Decision, Ended, Event, Plan, Play, PlayLimits, PlayedRun, StartStep, StepOutcome},
};
use serde_json::{Value, json};

const SMALL: usize = 100;
const LARGE: usize = 10_000;

fn main() {
    println!("{:<28}{:>12}{:>12}{:>8}", "", "100 nodes", "10,000", "ratio");
    for (name, score) in
        [("chain", chain as fn(usize) -> Value), ("fan", fan), ("map", map), ("map of chains", chains)]
    {
        compare(name, |nodes| {
            let plan = plan_of(&score(nodes));
            Box::new(move || play(&plan, drop))
        });
    }
    for (name, score) in [("load chain", chain as fn(usize) -> Value), ("load fan", fan), ("load map", map)] {
        compare(name, |nodes| {
            let plan = plan_of(&score(nodes));
            let rows = RefCell::new(Vec::new());
            play(&plan, |row| rows.borrow_mut().push(*row));
            let mut rows = rows.into_inner();
            rows.retain(|row| row.key.as_str() != "last"); // so that there is something left to do
            Box::new(move || load(&plan, rows.clone()))
        });
    }
}

/// Measures the cost per node in a small and in a large graph, turn by turn, and prints the best of each.
fn compare(name: &str, prepare: impl Fn(usize) -> Box<dyn Fn() -> Duration>) {
    let (small, large) = (prepare(SMALL), prepare(LARGE));
    let (mut of_small, mut of_large) = (Duration::MAX, Duration::MAX);
    for _ in 0..40 {
        let many: Duration = (0..LARGE / SMALL).map(|_| small()).sum();
        of_small = of_small.min(many);
        of_large = of_large.min(large());
    }
    let per_node = |of: Duration| of.as_secs_f64() * 1e9 / LARGE as f64;
    let (of_small, of_large) = (per_node(of_small), per_node(of_large));
    println!("{name:<28}{of_small:>9.0} ns{of_large:>9.0} ns{:>8.2}", of_large / of_small);
}

/// Plays a score from its beginning to its end, and returns how long that took.
fn play(plan: &Arc<Plan>, write: impl Fn(Box<RunStep>)) -> Duration {
    let output = Payload::parse("{\"n\":1}").expect("it is JSON");
    let mut running: Vec<Box<StartStep>> = Vec::new();
    let started = now();
    let (mut play, mut decisions) = Play::load(plan.clone(), run(), PlayLimits::default(), Vec::new(), at());
    loop {
        for decision in decisions {
            match decision {
                Decision::Start(step) => running.push(step),
                Decision::Write(row) => write(black_box(row)),
                Decision::Finish(finish) => {
                    assert!(finish.status.is_good());
                    return started.elapsed();
                }
                Decision::Abort(_) => {}
            }
        }
        let step = running.pop().expect("something runs until the end");
        let ended = Ended {
            handle: step.handle,
            attempt: step.attempt,
            input: None,
            outcome: StepOutcome::Succeeded(output.clone()),
            started_at: Some(at()),
            billed: None,
            random: 0.5,
        };
        decisions = black_box(play.apply(Event::Ended(Box::new(ended)), at()));
    }
}

fn load(plan: &Arc<Plan>, rows: Vec<RunStep>) -> Duration {
    let started = now();
    let loaded = black_box(Play::load(plan.clone(), run(), PlayLimits::default(), rows, at()));
    let took = started.elapsed();
    drop(loaded);
    took
}

fn op(id: impl Into<String>) -> Value {
    json!({"id": id.into(), "kind": "deterministic", "skill": "s", "operation": "o"})
}

fn chain(nodes: usize) -> Value {
    let all: Vec<Value> = (1..nodes).map(|at| op(format!("n{at}"))).chain([op("last")]).collect();
    let edges: Vec<Value> =
        all.windows(2).map(|pair| json!({"from": pair[0]["id"], "to": pair[1]["id"]})).collect();
    json!({"id": "chain", "nodes": all, "edges": edges})
}

/// One root, many nodes behind it, one join behind all of them.
fn fan(nodes: usize) -> Value {
    let names: Vec<String> = (2..nodes).map(|at| format!("n{at}")).collect();
    let all: Vec<Value> = names.iter().map(op).chain([op("root"), op("last")]).collect();
    let out = names.iter().map(|name| json!({"from": "root", "to": name}));
    let back = names.iter().map(|name| json!({"from": name, "to": "last"}));
    json!({"id": "fan", "nodes": all, "edges": out.chain(back).collect::<Vec<_>>()})
}

fn map(nodes: usize) -> Value {
    let items: Vec<usize> = (0..nodes).collect();
    let each = json!({"id": "last", "kind": "map_over", "items": items, "body": ["one"]});
    json!({"id": "map", "nodes": [each, op("one")], "edges": []})
}

/// Items with ten nodes each, one behind the other.
fn chains(nodes: usize) -> Value {
    let mut score = chain(10);
    let body: Vec<Value> =
        score["nodes"].as_array().into_iter().flatten().map(|node| node["id"].clone()).collect();
    let items: Vec<usize> = (0..nodes / 10).collect();
    let each =
        json!({"id": "each", "kind": "map_over", "items": items, "body": body, "max_concurrency": 100});
    if let Some(all) = score["nodes"].as_array_mut() {
        all.push(each);
    }
    score
}

fn plan_of(score: &Value) -> Arc<Plan> {
    let score = Score::from_json(score).expect("it is a score");
    Arc::new(Plan::new(Arc::new(score)).expect("it can be played"))
}

fn run() -> PlayedRun {
    let name = "bench";
    PlayedRun {
        workspace: WorkspaceId::new(name).expect("it is an id"),
        orchestra_id: OrchestraId::new(name).expect("it is an id"),
        run_id: RunId::from_u128(1),
        score_id: ScoreId::new(name).expect("it is an id"),
        score_version: 1,
        agents: Vec::new(),
        default_model: String::new(),
        trigger: Trigger::Manual,
        input: Payload::empty_object(),
        queued_at: at(),
        started_at: at(),
    }
}

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

#[allow(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
