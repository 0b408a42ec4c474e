//! Scores that cannot be played: a validated one always can.

use std::sync::Arc;

use serde_json::{Value, json};

use super::score::{map, op, repeat, score};
use crate::domain::play::Plan;

#[test]
fn a_graph_that_makes_no_sense_is_refused() {
    let refusal =
        |nodes: Vec<Value>, edges: &[&str]| Plan::new(Arc::new(score(nodes, edges))).unwrap_err().to_string();
    let cases = [
        (refusal(vec![op("a")], &["a -> b"]), "there is no node b"),
        (refusal(vec![op("a"), op("b")], &["a -> b", "b -> a"]), "it goes in a circle"),
        (refusal(vec![op("a")], &["a -> a"]), "it goes in a circle"),
        (refusal(vec![map("m", json!([]), &["nope"])], &[]), "there is no node nope"),
        (refusal(vec![op("a"), map("m", json!([]), &["m"])], &[]), "node m stands in two places"),
        (refusal(vec![map("m", json!([]), &["b", "b"]), op("b")], &[]), "node b stands in two places"),
        (
            refusal(vec![map("m", json!([]), &["b"]), op("b"), op("c")], &["b -> c"]),
            "the edge b → c crosses the border of a loop",
        ),
        (refusal(vec![op("a"), map("m", json!([]), &[])], &[]), "the body of m is empty"),
        (refusal(vec![], &[]), "no node stands outside of loops"),
        (
            refusal(vec![op("a"), map("m", json!([]), &["r"]), repeat("r", "true", 1, &["m"])], &[]),
            "it goes in a circle",
        ),
    ];
    for (message, reason) in cases {
        assert_eq!(message, format!("the score test cannot be played: {reason}; validate it"));
    }
}
