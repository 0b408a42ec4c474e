//! All problems at once: those of reading, and those of as much of the graph as could be read.

use serde_json::json;

use super::{ProblemCode::*, problems};

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let found = problems(json!({
        "naem": "x", "version": -1, "pipeline_kind": "seo ", "template": "yes", "timeout_s": 0, "budget_cents": 1.5,
        "input_schema": [], "summary": "{{ }}", "fail_fast": null,
        "nodes": [
            {"id": "A", "kind": "llm", "agent": "a", "prompt": 7},
            {"id": "b", "kind": "lm"},
            {"id": "c", "kind": "deterministic", "skill": "s", "opration": "o", "retry": {"max_attempts": 0, "x/y": 1}},
            {"id": "c", "kind": "delay", "for_s": 1, "until": "x"},
            {"id": "d", "kind": "delay"},
            {"id": "e", "kind": "map_over", "items": {"a~b": ["", "{{ x"]}, "body": [1, "B"], "max_items": 1000000},
            {"id": "f", "kind": "repeat", "body": "x", "until": "{{ x }}"},
            7,
        ],
        "edges": [{"from": "a"}, {"from": "a", "to": "b", "on": "succes", "when": "a ==", "if": 1}, []],
    }));
    let expected = [
        ("", MissingField),
        ("/version", OutOfRange),
        ("/pipeline_kind", UnknownName),
        ("/template", WrongType),
        ("/input_schema", WrongType),
        ("/summary", InvalidTemplate),
        ("/budget_cents", OutOfRange),
        ("/timeout_s", OutOfRange),
        ("/fail_fast", WrongType),
        ("/nodes/0/id", InvalidId),
        ("/nodes/0/prompt", WrongType),
        ("/nodes/1/kind", UnknownName),
        ("/nodes/2", MissingField),
        ("/nodes/2/retry/max_attempts", OutOfRange),
        ("/nodes/2/retry/x~1y", UnknownField),
        ("/nodes/2/opration", UnknownField),
        ("/nodes/3", Conflict),
        ("/nodes/4", MissingField),
        ("/nodes/5/items/a~0b/1", InvalidTemplate),
        ("/nodes/5/body/0", WrongType),
        ("/nodes/5/body/1", InvalidId),
        ("/nodes/5/max_items", OutOfRange),
        ("/nodes/6/body", WrongType),
        ("/nodes/6/until", InvalidTemplate),
        ("/nodes/6", MissingField),
        ("/nodes/7", WrongType),
        ("/edges/0", MissingField),
        ("/edges/1/on", UnknownName),
        ("/edges/1/when", InvalidTemplate),
        ("/edges/1/if", UnknownField),
        ("/edges/2", WrongType),
        ("/naem", UnknownField),
        ("/nodes/3/id", DuplicateId),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn problems_of_the_graph_are_told_beside_those_of_reading() {
    let found = problems(json!({
        "name": "N", "summary": "{{ from.nobody }}", "input_schema": {"type": "objekt"}, "timeout": 1,
        "nodes": [
            {"id": "a", "kind": "delay", "for_s": "soon"},
            {"id": "b", "kind": "stop", "reason": "{{ from.a }} {{ from.d }} {{ nope }} {{ item }}"},
            {"id": "c", "kind": "map_over", "items": "{{ }}", "body": ["b", "b", "nobody"]},
            {"id": "d", "kind": "deterministic", "skill": 7, "operation": "o"},
            {"id": "a", "kind": "stop"},
        ],
        "edges": [
            {"from": "b", "to": "d"}, {"from": "d", "to": "e"},
            {"from": "c", "to": "d", "when": "=="}, {"from": "d", "to": "c", "when": "result"},
        ],
    }));
    let expected = [
        ("/nodes/0/for_s", WrongType),
        ("/nodes/2/items", InvalidTemplate),
        ("/nodes/3/skill", WrongType),
        ("/edges/2/when", InvalidTemplate),
        ("/timeout", UnknownField),
        ("/nodes/4/id", DuplicateId),
        ("/nodes/2/body/1", InvalidBody),
        ("/nodes/2/body/2", UnknownNode),
        ("/edges/0", CrossesLoop),
        ("/edges/1/to", UnknownNode),
        ("/edges/2", Cycle),
        ("/input_schema/type", InvalidSchema),
        ("/nodes/1/reason", UnseenName),
        ("/nodes/1/reason", UnseenName),
        ("/nodes/1/reason", UnseenName),
        ("/edges/3/when", UnseenName),
        ("/summary", UnseenName),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn nothing_is_said_about_what_could_not_be_read() {
    let b = json!({"id": "b", "kind": "delay", "for_s": 1});
    for (reason, node, edges, expected) in [
        (
            "{{ item }}",
            json!({"id": "l", "kind": "map_over", "items": [], "body": ["a", 1]}),
            json!([]),
            vec![("/nodes/1/body/1", WrongType)],
        ),
        (
            "{{ item }}",
            json!({"id": "l", "kind": "mapover", "items": [], "body": ["a"]}),
            json!([]),
            vec![("/nodes/1/kind", UnknownName)],
        ),
        (
            "{{ from.l }}",
            json!({"id": "L", "kind": "stop"}),
            json!([{"from": "l", "to": "a"}]),
            vec![("/nodes/1/id", InvalidId)],
        ),
        (
            "{{ from.b }}",
            b.clone(),
            json!([{"from": "b", "too": "a"}]),
            vec![("/edges/0", MissingField), ("/edges/0/too", UnknownField)],
        ),
        (
            "{{ from.b }}",
            b,
            json!([{"from": "b", "to": "a"}, {"from": "b", "to": "a", "on": "failed"}]),
            vec![("/edges/1/on", UnknownName)],
        ),
    ] {
        let nodes = json!([{"id": "a", "kind": "stop", "reason": reason}, node]);
        let found = problems(json!({"name": "N", "nodes": nodes, "edges": edges}));
        let expected: Vec<_> = expected.into_iter().map(|(at, code)| (at.to_owned(), code)).collect();
        assert_eq!(found, expected);
    }
}
