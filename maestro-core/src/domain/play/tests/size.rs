//! Graphs and loops of any size: no recursion, and no cost that grows with the graph.

use serde_json::{Value, json};

use super::{
    score::{delay, map, op, op_with, repeat, score, score_with, with},
    stage::Stage,
};
use crate::domain::{RunStatus, Score};

/// Nodes that follow each other, the first one an operation.
fn chain(nodes: usize, on: &str) -> Score {
    let names: Vec<String> = (0..nodes).map(|at| format!("n{at}")).collect();
    let edges: Vec<String> =
        names.windows(2).map(|pair| format!("{} -{on}-> {}", pair[0], pair[1])).collect();
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    let nodes = names.iter().enumerate().map(|(at, name)| if at == 0 { op(name) } else { delay(name, 0) });
    score(nodes, &edges)
}

#[test]
fn a_long_chain_is_decided_without_recursion() {
    let mut stage = Stage::new(chain(3_000, "success"));
    stage.ok("n0", json!({"x": 1}));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!({"x": 1})));
    assert_eq!(stage.reload().verdict(), RunStatus::Succeeded);

    let mut stage = Stage::new(chain(3_000, "success"));
    stage.fail("n0"); // and everything behind it is skipped at once
    assert_eq!((stage.record.len(), stage.verdict()), (3_000, RunStatus::Failed));

    let mut stage = Stage::new(chain(3_000, "always"));
    stage.fail("n0");
    assert_eq!((stage.status("n2999"), stage.verdict()), ("succeeded", RunStatus::Failed));
}

#[test]
fn a_wide_fan_winds_down_at_once() {
    let names: Vec<String> = (0..1_000).map(|at| format!("n{at}")).collect();
    let nodes = names.iter().map(|name| delay(name, 60)).chain([op("a"), op("b")]);
    let mut stage = Stage::new(score_with(nodes, &[], json!({"fail_fast": true})));
    stage.fail("a");
    stage.fail("b");
    assert_eq!((stage.status("n0"), stage.status("n999")), ("cancelled", "cancelled"));
    assert_eq!((stage.status("b"), stage.verdict()), ("cancelled", RunStatus::Failed));
}

#[test]
fn iterations_that_need_no_execution_are_played_without_recursion() {
    let nodes = [repeat("again", "false", 2_000, &["d"]), delay("d", 0)];
    let stage = Stage::new(score(nodes, &[]));
    assert_eq!((stage.code("again"), stage.record.len()), ("max_iterations", 2_001));

    let items: Vec<u32> = (0..2_000).collect();
    let nodes = [with(map("each", json!(items), &["d"]), json!({"max_concurrency": 1})), delay("d", 0)];
    let mut stage = Stage::new(score(nodes, &[]));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!(items)));
    stage = stage.reload();
    assert_eq!(stage.result(), json!(items));
}

#[test]
fn loops_may_be_nested_as_deep_as_a_score_allows() {
    let deep = Score::MAX_LOOP_DEPTH;
    let names: Vec<String> = (0..deep).map(|at| format!("l{at}")).chain(["b".to_owned()]).collect();
    let loops = (0..deep).map(|at| map(&names[at], json!([1, 2]), &[&names[at + 1]]));
    let body = op_with("b", json!({"input": "{{ index }}"}));
    let nodes: Vec<Value> = loops.chain([body]).collect();
    let score = score(nodes, &[]);
    score.validate(&crate::domain::AnyCatalog).unwrap();
    let mut stage = Stage::new(score);
    assert_eq!(stage.running.len(), 1 << deep);
    while let Some(step) = stage.running.last().cloned() {
        stage.ok(step.key.as_str(), json!(0));
    }
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
    let row = stage.record.values().max_by_key(|row| row.key.as_str().len()).unwrap();
    assert_eq!(row.key.as_str().parse(), Ok(row.key.clone())); // every key reads back
}
