//! Values that are too large or too deep to be recorded.

use serde_json::{Value, json};

use super::{
    score::{delay, map, op, op_with, repeat, score, stop},
    stage::{Stage, cancelled},
};
use crate::domain::{MAX_DEPTH, Payload, RunStatus};

const LIMIT: usize = 256 * 1024;

fn text(bytes: usize) -> Value {
    json!("x".repeat(bytes - 2)) // and two quotes
}

fn deep(levels: usize) -> Value {
    (1..levels).fold(json!([]), |inner, _| json!([inner]))
}

#[test]
fn an_output_may_be_as_large_as_the_limit_and_no_larger() {
    let mut stage = Stage::new(score([op("a")], &[]));
    stage.ok("a", text(LIMIT));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
    let mut stage = Stage::new(score([op("a")], &[]));
    stage.ok("a", text(LIMIT + 1));
    assert_eq!((stage.code("a"), stage.verdict()), ("value_too_large", RunStatus::Failed));
    assert_eq!(stage.row("a").unwrap().output, None);
    assert!(!stage.row("a").unwrap().is_retried());
}

#[test]
fn a_rendered_input_is_bounded() {
    let nodes = [op("a"), op("b"), op_with("c", json!({"input": ["{{ from.a }}", "{{ from.b }}"]}))];
    let mut stage = Stage::new(score(nodes, &["a -> c", "b -> c"]));
    stage.ok("a", text(LIMIT));
    stage.ok("b", text(10));
    assert_eq!(stage.code("c"), "value_too_large");
}

#[test]
fn a_merge_that_is_not_recorded_may_be_larger_but_not_what_passes_it_on() {
    let nodes = |last: Value| [op("a"), op("b"), last];
    let edges = ["a -> z", "b -> z"];
    let mut stage = Stage::new(score(nodes(op("z")), &edges));
    stage.ok("a", text(LIMIT));
    stage.ok("b", text(LIMIT));
    assert_eq!(stage.keys(), ["z"]);
    for last in [delay("z", 60), stop("z", "succeeded")] {
        let mut stage = Stage::new(score(nodes(last), &edges));
        stage.ok("a", text(LIMIT));
        stage.ok("b", text(LIMIT));
        assert_eq!((stage.status("z"), stage.code("z")), ("failed", "value_too_large"));
    }
}

#[test]
fn the_result_of_a_loop_is_bounded() {
    let mut stage =
        Stage::new(score([map("each", json!([1, 2]), &["b"]), op("b"), op("h")], &["each -failure-> h"]));
    stage.ok("each.0.b", text(LIMIT - 100));
    stage.ok("each.1.b", text(LIMIT - 100));
    assert_eq!((stage.code("each"), stage.keys()), ("value_too_large", vec!["h"]));
}

#[test]
fn a_run_whose_result_is_too_large_has_failed() {
    let mut stage = Stage::new(score([op("a"), op("b")], &[]));
    stage.ok("a", text(LIMIT));
    stage.ok("b", text(LIMIT));
    assert_eq!((stage.verdict(), stage.finish().result.as_ref()), (RunStatus::Failed, None));
    let error = stage.finish().error.clone().unwrap();
    assert!(error.message.starts_with("the result has 524299 bytes"), "{}", error.message);
}

#[test]
fn a_run_that_is_cancelled_is_not_failed_by_what_it_has_so_far() {
    let mut stage = Stage::new(score([op("a"), op("b"), delay("d", 60)], &[]));
    stage.ok("a", text(LIMIT));
    stage.ok("b", text(LIMIT));
    stage.apply(cancelled());
    assert_eq!((stage.verdict(), stage.finish().result.as_ref()), (RunStatus::Cancelled, None));
}

#[test]
fn a_deep_input_of_the_run_is_seen() {
    let input = json!({"deep": deep(MAX_DEPTH - 1)});
    let nodes = [
        op("a"),
        op_with("b", json!({"input": "{{ run.input }}"})),
        op_with("c", json!({"input": "{{ run.input.deep }}"})),
        op_with("d", json!({"input": "{{ run }}"})),
    ];
    let stage = Stage::with_input(score(nodes, &[]), input.clone());
    assert_eq!((stage.input("a"), stage.input("b")), (input.clone(), input.clone()));
    assert_eq!(stage.input("c"), input["deep"]);
    assert_eq!(stage.code("d"), "value_too_deep"); // with the run around it, it is one level too deep
}

#[test]
fn an_output_that_is_too_deep_fails() {
    let mut stage = Stage::new(score([op("a")], &[]));
    stage.ok("a", deep(MAX_DEPTH + 1));
    assert_eq!(stage.code("a"), "value_too_deep");
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b"]));
    stage.ok("a", deep(MAX_DEPTH));
    assert_eq!(stage.input("b"), json!({"a": deep(MAX_DEPTH)}));
}

#[test]
fn loops_may_not_make_a_value_too_deep() {
    let mut stage = Stage::new(score([map("each", json!([1]), &["b"]), op("b")], &[]));
    stage.ok("each.0.b", deep(MAX_DEPTH));
    assert_eq!((stage.code("each"), stage.verdict()), ("value_too_deep", RunStatus::Failed));

    let mut stage = Stage::new(score([repeat("again", "true", 1, &["b"]), op("b")], &[]));
    stage.ok("again.0.b", deep(MAX_DEPTH));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn what_a_person_says_is_bounded_too() {
    let mut stage = Stage::new(score([op_with("a", json!({"effect": "once"}))], &[]));
    stage.end("a", super::stage::failed("timeout"));
    let output = Payload::from(text(LIMIT + 1));
    stage.resolve("a", 1, crate::domain::Resolution::Done { output });
    assert_eq!((stage.status("a"), stage.code("a")), ("failed", "value_too_large"));
}
