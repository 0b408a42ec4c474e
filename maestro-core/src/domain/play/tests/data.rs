//! What flows along edges: merges, inputs and results.

use serde_json::json;

use super::{
    score::{op, op_with, score},
    stage::Stage,
};
use crate::domain::RunStatus;

#[test]
fn roots_get_the_input_of_the_run() {
    let stage = Stage::with_input(score([op("a"), op("b")], &[]), json!({"x": 1}));
    assert_eq!(stage.keys(), ["a", "b"]);
    assert_eq!((stage.input("a"), stage.input("b")), (json!({"x": 1}), json!({"x": 1})));
}

#[test]
fn outputs_merge_in_the_order_of_the_edges_and_the_later_wins() {
    let nodes = || [op("a"), op("b"), op("c")];
    let mut stage = Stage::new(score(nodes(), &["a -> c", "b -> c"]));
    stage.ok("b", json!({"who": "b", "deep": {"b": 1}}));
    stage.ok("a", json!({"who": "a", "deep": {"a": 1}, "only": true}));
    assert_eq!(stage.input("c"), json!({"who": "b", "deep": {"b": 1}, "only": true}));

    let mut stage = Stage::new(score(nodes(), &["b -> c", "a -> c"]));
    stage.ok("b", json!({"who": "b"}));
    stage.ok("a", json!({"who": "a"}));
    assert_eq!(stage.input("c"), json!({"who": "a"}));
}

#[test]
fn an_output_that_is_no_object_lands_under_the_id_of_its_node() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["a -> c", "b -> c"]));
    stage.ok("a", json!([1, 2]));
    stage.ok("b", json!({"b": 1}));
    assert_eq!(stage.input("c"), json!({"a": [1, 2], "b": 1}));

    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b"]));
    stage.ok("a", json!("text"));
    assert_eq!(stage.input("b"), json!({"a": "text"}));
}

#[test]
fn only_taken_edges_bring_anything() {
    let edges = ["a -> c", "b -> c", "b -failure-> c"];
    let mut stage = Stage::new(score([op("a"), op_with("b", json!({})), op("c")], &edges));
    stage.ok("a", json!({"a": 1}));
    stage.fail("b");
    assert_eq!(stage.input("c"), json!({"a": 1, "error": {"code": "broke", "message": "it was broke"}}));
}

#[test]
fn a_node_reached_by_several_edges_of_one_source_gets_its_output_once() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b", "a -always-> b"]));
    stage.ok("a", json!(7));
    assert_eq!(stage.input("b"), json!({"a": 7}));
    assert_eq!(stage.keys(), ["b"]);
}

#[test]
fn what_was_skipped_or_continued_from_brings_nothing() {
    let nodes = [op("a"), op("b"), op_with("c", json!({"on_error": "continue"})), op("d")];
    let mut stage = Stage::new(score(nodes, &["a -> b when false", "b -always-> d", "c -> d"]));
    stage.ok("a", json!({"a": 1}));
    stage.fail("c");
    assert_eq!(stage.status("b"), "skipped");
    assert_eq!(stage.input("d"), json!({}));
}

#[test]
fn a_template_makes_the_input_and_is_recorded() {
    let nodes =
        [op("a"), op_with("b", json!({"input": {"n": "{{ input.n }}", "text": "n is {{ from.a.n }}"}}))];
    let mut stage = Stage::new(score(nodes, &["a -> b"]));
    assert!(!stage.running[0].input_is_own);
    stage.ok("a", json!({"n": 3}));
    assert!(stage.running[0].input_is_own);
    stage.ok("b", json!(null));
    assert_eq!(stage.row("a").unwrap().input, None);
    let input = stage.row("b").unwrap().input.clone().unwrap();
    assert_eq!(input.as_str(), r#"{"n":3,"text":"n is 3"}"#);
}

#[test]
fn a_template_that_looks_up_what_no_edge_brought_fails_its_node() {
    let nodes = [op("a"), op_with("b", json!({"input": "{{ input.nope }}"}))];
    let mut stage = Stage::new(score(nodes, &["a -> b"]));
    stage.ok("a", json!({}));
    assert_eq!((stage.status("b"), stage.code("b")), ("failed", "expression_error"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn the_result_is_the_merge_over_the_last_nodes_that_succeeded() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["a -> b when false"]));
    stage.ok("a", json!({"not": "last"}));
    stage.ok("c", json!([1]));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!([1])));

    let mut stage = Stage::new(score([op("a"), op("b")], &[]));
    stage.ok("b", json!({"x": 2}));
    stage.ok("a", json!({"x": 1, "y": 1}));
    assert_eq!(stage.result(), json!({"x": 2, "y": 1}));

    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b when false"]));
    stage.ok("a", json!(1));
    assert_eq!(stage.result(), json!(null));
}

#[test]
fn the_text_of_outputs_is_passed_on_as_it_is() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b"]));
    let step = stage.take("a");
    let text = "{\"big\": 12345678901234567890123, \"z\": 1.00, \"a\": 0}";
    let output = crate::domain::Payload::parse(text).unwrap();
    let ended = stage.end_of(&step, crate::domain::play::StepOutcome::Succeeded(output));
    stage.apply(crate::domain::play::Event::Ended(Box::new(ended)));
    assert_eq!(stage.running[0].input.as_str(), text);
}
