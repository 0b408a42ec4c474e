//! Which edges are taken, and which nodes become ready.

use serde_json::json;

use super::{
    score::{op, op_with, score},
    stage::Stage,
};
use crate::domain::RunStatus;

#[test]
fn a_node_is_ready_once_all_its_edges_are_decided() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["a -> c", "b -> c"]));
    stage.ok("a", json!({}));
    assert_eq!(stage.keys(), ["b"]);
    stage.ok("b", json!({}));
    assert_eq!(stage.keys(), ["c"]);
}

#[test]
fn one_taken_edge_is_enough_and_none_skips() {
    let nodes = || [op("a"), op("b"), op("c"), op("d")];
    let mut stage = Stage::new(score(nodes(), &["a -> c when false", "b -> c", "c -> d when false"]));
    stage.ok("a", json!({}));
    stage.ok("b", json!({}));
    stage.ok("c", json!({}));
    assert_eq!(stage.statuses(), ["a: succeeded", "b: succeeded", "c: succeeded", "d: skipped"]);
    assert_eq!(stage.verdict(), RunStatus::Succeeded);

    let mut stage = Stage::new(score(nodes(), &["a -> b when false", "b -> c", "c -> d"]));
    stage.ok("a", json!({}));
    assert_eq!(stage.statuses(), ["a: succeeded", "b: skipped", "c: skipped", "d: skipped"]);
    let row = stage.row("d").unwrap();
    assert_eq!((row.started_at, row.finished_at, row.attempt), (None, Some(stage.now), 1));
}

#[test]
fn success_failure_and_always_follow_the_end_of_their_source() {
    let edges = ["a -> s", "a -failure-> f", "a -always-> z"];
    let nodes = || [op("a"), op("s"), op("f"), op("z")];
    let mut stage = Stage::new(score(nodes(), &edges));
    stage.ok("a", json!({}));
    assert_eq!((stage.keys(), stage.status("f")), (vec!["s", "z"], "skipped"));

    let mut stage = Stage::new(score(nodes(), &edges));
    stage.fail("a");
    assert_eq!((stage.keys(), stage.status("s")), (vec!["f", "z"], "skipped"));
}

#[test]
fn always_is_taken_after_a_skip_too_and_failure_and_success_are_not() {
    let edges = ["a -> b when false", "b -> s", "b -failure-> f", "b -always-> z"];
    let mut stage = Stage::new(score([op("a"), op("b"), op("s"), op("f"), op("z")], &edges));
    stage.ok("a", json!({}));
    assert_eq!((stage.keys(), stage.status("s"), stage.status("f")), (vec!["z"], "skipped", "skipped"));
    assert_eq!(stage.input("z"), json!({}));
}

#[test]
fn continue_takes_success_and_always_with_an_empty_output() {
    let nodes = [op_with("a", json!({"on_error": "continue"})), op("s"), op("z")];
    let edges =
        ["a -> s when output == {} and status == 'failed' and error.code == 'broke'", "a -always-> z"];
    let mut stage = Stage::new(score(nodes, &edges));
    stage.fail("a");
    assert_eq!(stage.keys(), ["s", "z"]);
    assert_eq!((stage.input("s"), stage.input("z")), (json!({}), json!({})));
    stage.ok("s", json!({}));
    stage.ok("z", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Completed);
}

#[test]
fn a_condition_sees_the_end_of_its_source() {
    let taken = |when: &str, fails: bool| {
        let on = if fails { "failure" } else { "success" };
        let edge = format!("a -{on}-> b when {when}");
        let mut stage = Stage::with_input(score([op("a"), op("b")], &[&edge]), json!({"limit": 3}));
        if fails {
            stage.fail("a")
        } else {
            stage.ok("a", json!({"n": 4}))
        }
        stage.status("b") == "none" && stage.keys() == ["b"]
    };
    assert!(taken("output.n > run.input.limit", false));
    assert!(!taken("output.n < 3", false));
    assert!(taken("status == 'succeeded' and error is none", false));
    assert!(taken("status == 'failed' and error.code == 'broke' and output is none", true));
    assert!(!taken("output.n - 4", false)); // zero is false
    assert!(taken("output", false));
}

#[test]
fn a_condition_that_makes_no_sense_fails_its_target_and_is_never_not_taken() {
    let edges = ["a -> b when output.nope > 3", "b -failure-> c", "b -> d"];
    let mut stage = Stage::new(score([op("a"), op("b"), op("c"), op("d")], &edges));
    stage.ok("a", json!({}));
    assert_eq!((stage.status("b"), stage.code("b")), ("failed", "expression_error"));
    let message = &stage.row("b").unwrap().error.as_ref().unwrap().message;
    assert!(message.starts_with("the condition of the edge a → b: "), "{message}");
    assert_eq!((stage.keys(), stage.status("d")), (vec!["c"], "skipped"));
    stage.ok("c", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Completed);
}

#[test]
fn a_condition_that_makes_no_sense_fails_its_target_only_once_all_edges_are_decided() {
    let edges = ["a -> c when output.nope > 3", "b -> c"];
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &edges));
    stage.ok("a", json!({}));
    assert_eq!(stage.status("c"), "none");
    stage.ok("b", json!({}));
    assert_eq!(stage.status("c"), "failed");
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_condition_of_an_edge_that_is_not_taken_anyway_is_not_looked_at() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -failure-> b when output.nope > 3"]));
    stage.ok("a", json!({}));
    assert_eq!((stage.status("b"), stage.verdict()), ("skipped", RunStatus::Succeeded));
}
