//! What is played: a score for every mechanism that a crash could hurt.

use maestro::Score;
use serde_json::{Value, json};

fn op(id: &str, operation: &str, more: Value) -> Value {
    let mut node = json!({
        "id": id, "kind": "deterministic", "skill": "sim", "operation": operation,
        "retry": {"max_attempts": 6, "initial_s": 0.3, "max_s": 2}
    });
    node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    node
}

fn score(name: &str, nodes: Value, edges: Value) -> Score {
    Score::from_json(&json!({"name": name, "nodes": nodes, "edges": edges})).unwrap()
}

/// Names the orchestra that plays when one has ended well.
pub(crate) fn follower(name: &str) -> Option<&'static str> {
    match name {
        "chain" | "once" | "wait" => Some("one"),
        _ => None,
    }
}

pub(crate) fn all() -> Vec<Score> {
    let none = || json!({});
    let to = |from: &str, to: &str| json!({"from": from, "to": to});
    let on = |from: &str, to: &str, on: &str| json!({"from": from, "to": to, "on": on});
    vec![
        score("one", json!([op("a", "work", none())]), json!([])),
        score(
            "chain",
            json!([op("a", "work", none()), op("b", "flaky", none()), op("c", "work", none())]),
            json!([to("a", "b"), to("b", "c")]),
        ),
        score(
            "map",
            json!([
                {"id": "each", "kind": "map_over", "items": [1, 2, 3, 4, 5], "body": ["x", "y"], "max_concurrency": 2,
                 "on_item_error": "null"},
                op("x", "flaky", none()), op("y", "shaky", none()), op("end", "work", none())
            ]),
            json!([to("x", "y"), to("each", "end")]),
        ),
        score(
            "rescue",
            json!([
                op("a", "work", none()), op("b", "shaky", json!({"on_error": "fail"})), op("c", "work", none()),
                op("help", "work", none()), op("clean", "work", none())
            ]),
            json!([to("a", "b"), to("b", "c"), on("b", "help", "failure"), on("c", "clean", "always")]),
        ),
        score(
            "once",
            json!([op("a", "work", none()), op("pay", "pay", json!({"effect": "once", "retry": {"max_attempts": 1}})), op("b", "work", none())]),
            json!([to("a", "pay"), to("pay", "b")]),
        ),
        score(
            "wait",
            json!([op("a", "work", none()), {"id": "nap", "kind": "delay", "for_s": 4}, op("b", "work", none())]),
            json!([to("a", "nap"), to("nap", "b")]),
        ),
        score(
            "again",
            json!([
                {"id": "loop", "kind": "repeat", "body": ["t"], "until": "index >= 2", "max_iterations": 5},
                op("t", "work", none())
            ]),
            json!([]),
        ),
    ]
    .into_iter()
    .collect()
}
