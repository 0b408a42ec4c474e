//! Short ways to write scores.

use serde_json::{Value, json};

use crate::domain::Score;

/// Returns a node that calls an operation.
pub(super) fn op(id: &str) -> Value {
    json!({"id": id, "kind": "deterministic", "skill": "s", "operation": "o"})
}

/// Returns `node` with more fields.
pub(super) fn with(mut node: Value, fields: Value) -> Value {
    node.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    node
}

/// Returns a node that calls an operation and has more fields.
pub(super) fn op_with(id: &str, fields: Value) -> Value {
    with(op(id), fields)
}

pub(super) fn map(id: &str, items: Value, body: &[&str]) -> Value {
    json!({"id": id, "kind": "map_over", "items": items, "body": body})
}

pub(super) fn repeat(id: &str, until: &str, max: u32, body: &[&str]) -> Value {
    json!({"id": id, "kind": "repeat", "until": until, "max_iterations": max, "body": body})
}

pub(super) fn delay(id: &str, seconds: u32) -> Value {
    json!({"id": id, "kind": "delay", "for_s": seconds})
}

pub(super) fn llm(id: &str, prompt: &str) -> Value {
    json!({"id": id, "kind": "llm", "agent": "writer", "prompt": prompt})
}

pub(super) fn approval(id: &str) -> Value {
    json!({"id": id, "kind": "approval", "title": "Go on?"})
}

pub(super) fn stop(id: &str, status: &str) -> Value {
    json!({"id": id, "kind": "stop", "status": status})
}

/// Returns an edge written as `a -> b`, `a -failure-> b` or `a -always-> b`, with ` when …` behind it if it has a
/// condition.
fn edge(text: &str) -> Value {
    let (ends, when) = match text.split_once(" when ") {
        Some((ends, when)) => (ends, Some(when)),
        None => (text, None),
    };
    let parts: Vec<&str> = ends.split(' ').collect();
    let [from, arrow, to] = parts[..] else { panic!("{text} is no edge") };
    let on = match arrow {
        "->" => "success",
        arrow => arrow.trim_start_matches('-').trim_end_matches("->"),
    };
    let mut edge = json!({"from": from, "to": to, "on": on});
    if let Some(when) = when {
        edge["when"] = json!(when);
    }
    edge
}

/// Reads a score from its nodes and its edges in short.
pub(super) fn score(nodes: impl IntoIterator<Item = Value>, edges: &[&str]) -> Score {
    score_with(nodes, edges, json!({}))
}

/// Reads a score with more fields.
pub(super) fn score_with(nodes: impl IntoIterator<Item = Value>, edges: &[&str], fields: Value) -> Score {
    let nodes: Vec<Value> = nodes.into_iter().collect();
    let edges: Vec<Value> = edges.iter().map(|text| edge(text)).collect();
    Score::from_json(&with(json!({"id": "test", "nodes": nodes, "edges": edges}), fields)).unwrap()
}
