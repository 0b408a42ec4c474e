//! Bodies that are played until something holds.

use serde_json::json;

use super::{
    score::{delay, map, op, op_with, repeat, score, with},
    stage::Stage,
};
use crate::domain::RunStatus;

#[test]
fn the_last_result_is_previous_and_feeds_the_next_iteration() {
    let nodes = [
        op("a"),
        with(repeat("again", "result.n >= 3", 10, &["b", "c"]), json!({"input": {"n": "{{ input.start }}"}})),
        op("b"),
        op_with(
            "c",
            json!({"input": {"n": "{{ input.n }}", "previous": "{{ previous }}", "index": "{{ index }}"}}),
        ),
    ];
    let mut stage = Stage::new(score(nodes, &["a -> again", "b -> c"]));
    stage.ok("a", json!({"start": 1}));
    assert_eq!(stage.input("again.0.b"), json!({"n": 1})); // a root of the first iteration gets the loop's input
    stage.ok("again.0.b", json!({"n": 1}));
    assert_eq!(stage.input("again.0.c"), json!({"n": 1, "previous": null, "index": 0}));
    stage.ok("again.0.c", json!({"n": 2}));
    assert_eq!(stage.input("again.1.b"), json!({"n": 2}));
    assert!(!stage.running[0].input_is_own);
    stage.ok("again.1.b", json!({"n": 7}));
    assert_eq!(stage.input("again.1.c"), json!({"n": 7, "previous": {"n": 2}, "index": 1}));
    stage.ok("again.1.c", json!({"n": 3}));
    assert_eq!((stage.output("again"), stage.verdict()), (json!({"n": 3}), RunStatus::Succeeded));
    assert_eq!(stage.row("again").unwrap().input.as_ref().unwrap().as_str(), r#"{"n":1}"#);
}

#[test]
fn until_sees_result_index_and_run() {
    let until = "index == run.input.last and result == 'x'";
    let score = score([repeat("again", until, 10, &["b"]), op("b")], &[]);
    let mut stage = Stage::with_input(score, json!({"last": 2}));
    for index in 0..3 {
        stage.ok(&format!("again.{index}.b"), json!("x"));
    }
    assert_eq!(stage.result(), json!("x"));
}

#[test]
fn an_until_that_makes_no_sense_fails_the_loop() {
    let mut stage = Stage::new(score([repeat("again", "result.n > 1", 10, &["b"]), op("b")], &[]));
    stage.ok("again.0.b", json!({}));
    assert_eq!((stage.code("again"), stage.verdict()), ("expression_error", RunStatus::Failed));
}

#[test]
fn so_many_iterations_fail_or_are_accepted() {
    let play = |on_max: &str| {
        let again = with(repeat("again", "false", 2, &["b"]), json!({"on_max": on_max}));
        let mut stage = Stage::new(score([again, op("b")], &[]));
        stage.ok("again.0.b", json!(0));
        stage.ok("again.1.b", json!(1));
        stage
    };
    let stage = play("accept");
    assert_eq!((stage.output("again"), stage.verdict()), (json!(1), RunStatus::Succeeded));
    let stage = play("fail");
    assert_eq!((stage.code("again"), stage.verdict()), ("max_iterations", RunStatus::Failed));
}

#[test]
fn a_failed_iteration_fails_the_loop() {
    let mut stage = Stage::new(score([repeat("again", "false", 5, &["b"]), op("b")], &[]));
    stage.ok("again.0.b", json!(0));
    stage.fail("again.1.b");
    let error = stage.row("again").unwrap().error.clone().unwrap();
    assert_eq!(error.message, "iteration 1: step again.1.b: it was broke");
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn an_iteration_in_which_nothing_succeeds_gives_null() {
    let again = repeat("again", "result is none", 5, &["b", "c"]);
    let mut stage = Stage::new(score([again, op("b"), op("c")], &["b -> c when false"]));
    stage.ok("again.0.b", json!(0));
    assert_eq!((stage.output("again"), stage.result()), (json!(null), json!(null)));
}

#[test]
fn a_failing_run_begins_no_other_iteration() {
    let nodes = [op("a"), repeat("again", "index == 1", 5, &["b"]), op("b")];
    let mut stage = Stage::new(score(nodes.clone(), &[]));
    stage.fail("a");
    stage.ok("again.0.b", json!(0));
    assert_eq!((stage.status("again"), stage.verdict()), ("cancelled", RunStatus::Failed));

    let mut stage = Stage::new(score(nodes, &[]));
    stage.ok("again.0.b", json!(0));
    stage.fail("a");
    stage.ok("again.1.b", json!(1)); // with which it is complete
    assert_eq!((stage.output("again"), stage.verdict()), (json!(1), RunStatus::Failed));
}

#[test]
fn a_repeat_goes_on_after_its_process_is_lost() {
    let again = repeat("again", "index == 3", 5, &["b", "d"]);
    let mut stage = Stage::new(score([again, op("b"), delay("d", 1)], &["b -> d"]));
    for index in 0..4 {
        stage = stage.reload();
        stage.ok(&format!("again.{index}.b"), json!({"n": index}));
        stage = stage.reload();
        stage.pass(1);
    }
    assert_eq!(stage.result(), json!({"n": 3}));
}

#[test]
fn a_repeat_in_a_map_repeats_for_each_item() {
    let nodes = [
        map("each", json!([1, 2]), &["again"]),
        repeat("again", "result >= 2", 9, &["b"]),
        op_with("b", json!({"input": "{{ (previous or 0) + item }}"})),
    ];
    let mut stage = Stage::new(score(nodes, &[]));
    while let Some(step) = stage.running.last().cloned() {
        stage.ok(step.key.as_str(), step.input.value().unwrap().clone());
    }
    assert_eq!(stage.result(), json!([2, 2]));
    assert!(stage.row("each.0.again.1.b").is_some() && stage.row("each.1.again.1.b").is_none());
}
