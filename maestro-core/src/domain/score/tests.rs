//! Scores from outside: what is read and refused, and that the published schema says the same.

mod generate;
mod graph;
mod whole;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::{JsonSchema, Payload};

pub(super) fn read(document: Value) -> Score {
    Score::from_json(&document).unwrap_or_else(|problems| panic!("{document}\n{problems}"))
}

/// Returns where what kinds of problems are, those of reading or else those of validating.
pub(super) fn problems(document: Value) -> Vec<(String, ProblemCode)> {
    let found = Score::from_json(&document).and_then(|score| score.validate(&AnyCatalog)).err();
    let found = found.map(Problems::into_vec).unwrap_or_default();
    for problem in &found {
        assert!(!problem.message.is_empty() && !problem.fix.is_empty(), "{problem}");
    }
    found.into_iter().map(|problem| (problem.pointer, problem.code)).collect()
}

fn schema() -> JsonSchema {
    JsonSchema::compile(Score::json_schema()).expect("the published schema is one")
}

fn minimal(node: Value) -> Value {
    json!({"name": "N", "nodes": [node]})
}

#[test]
fn a_minimal_score_has_the_defaults() {
    let score = read(minimal(json!({"id": "a", "kind": "deterministic", "skill": "s", "operation": "o"})));
    assert_eq!((score.id.as_str(), score.name.as_str(), score.version), ("n", "N", 0));
    assert_eq!(score.timeout, Span::from_secs(86_400));
    assert_eq!(score.pipeline_kind, PipelineKind::Other);
    assert_eq!(score.nodes[0].retry(), Retry::default());
    assert_eq!(score.nodes[0].on_error, OnError::Fail);
    let score = read(json!({"id": "only-id", "nodes": []}));
    assert_eq!(score.name, "only-id");
    let operation = json!({
        "id": "a", "kind": "deterministic", "skill": "s", "operation": "o",
        "effect": "once", "retry": {"initial_s": 2},
    });
    let once = read(minimal(operation));
    assert_eq!(once.nodes[0].retry().max_attempts, 1);
    assert_eq!(once, read(serde_json::to_value(&once).unwrap()));
}

#[test]
fn defaults_are_not_written() {
    let document = json!({
        "id": "n", "name": "N", "version": 3,
        "nodes": [
            {"id": "a", "kind": "map_over", "items": "{{ input }}", "body": ["b"]},
            {"id": "b", "kind": "approval", "title": "t", "timeout_s": 1.5},
            {"id": "c", "kind": "delay", "for_s": 0},
            {"id": "d", "kind": "llm", "agent": "x", "prompt": "", "input": null, "retry": {"max_attempts": 3}},
        ],
        "edges": [{"from": "a", "to": "c", "on": "always", "when": "output"}],
    });
    assert_eq!(serde_json::to_value(read(document.clone())).unwrap(), document);
}

#[test]
fn a_typo_is_answered_with_what_was_meant() {
    let found = Score::from_json(&minimal(json!({"id": "a", "kind": "stop", "resaon": "x", "labell": 1})))
        .unwrap_err();
    let mut fixes: Vec<&str> = found.iter().map(|problem| problem.fix.as_str()).collect();
    fixes.sort_unstable();
    assert_eq!(fixes, ["did you mean `label`?", "did you mean `reason`?"]);
    let line = "/nodes/0/resaon: a node of kind stop has no field `resaon`; did you mean `reason`?";
    assert!(found.to_string().lines().any(|found| found == line), "{found}");
}

#[test]
fn fields_about_tries_are_refused_where_nothing_is_tried() {
    let tries = json!({"retry": {"max_attempts": 2}, "timeout_s": 5, "effect": "once"});
    let with_tries = |node: Value| {
        let mut document = minimal(node);
        document["nodes"][0].as_object_mut().unwrap().extend(tries.as_object().unwrap().clone());
        document["nodes"].as_array_mut().unwrap().push(json!({"id": "b", "kind": "delay", "for_s": 1}));
        document
    };
    for (node, expected) in [
        (json!({"id": "a", "kind": "deterministic", "skill": "s", "operation": "o"}), vec![]),
        (json!({"id": "a", "kind": "llm", "agent": "x", "prompt": ""}), vec![]),
        (json!({"id": "a", "kind": "approval", "title": "t"}), vec!["retry", "effect"]),
        (json!({"id": "a", "kind": "delay", "for_s": 1}), vec!["retry", "timeout_s", "effect"]),
        (json!({"id": "a", "kind": "stop"}), vec!["retry", "timeout_s", "effect"]),
        (
            json!({"id": "a", "kind": "map_over", "items": [], "body": ["b"]}),
            vec!["retry", "timeout_s", "effect"],
        ),
        (
            json!({"id": "a", "kind": "repeat", "body": ["b"], "until": "true", "max_iterations": 2}),
            vec!["retry", "timeout_s", "effect"],
        ),
    ] {
        let document = with_tries(node);
        let pointers = expected.iter().map(|field| (format!("/nodes/0/{field}"), ProblemCode::Conflict));
        assert_eq!(problems(document.clone()), pointers.collect::<Vec<_>>(), "{document}");
        assert_eq!(
            schema().check(&Payload::from(document.clone())).is_ok(),
            expected.is_empty(),
            "{document}"
        );
    }
    let stop = Node::stop("a").once().retry(Retry::default()).timeout(std::time::Duration::from_secs(1));
    let refused = Score::builder("N").node(stop).build().unwrap_err();
    assert_eq!(refused.as_slice().len(), 3);
    let mut built = read(minimal(json!({"id": "a", "kind": "stop"})));
    built.nodes[0] = Node { effect: Effect::Once, retry: Some(Retry::never()), ..built.nodes[0].clone() };
    let refused = built.validate(&AnyCatalog).unwrap_err();
    assert_eq!(refused.as_slice()[1].fix, "remove it; only nodes of kind deterministic and llm have it");
}

#[test]
fn null_is_answered_with_what_is_needed() {
    let document = json!({"name": null, "description": null, "nodes": [{"id": null, "kind": "stop"}]});
    let found = Score::from_json(&document).unwrap_err();
    let said: Vec<(&str, &str)> =
        found.iter().map(|problem| (problem.pointer.as_str(), problem.fix.as_str())).collect();
    let optional = ("/description", "leave it out, or give it a value");
    assert_eq!(said, [("/name", "write a text"), optional, ("/nodes/0/id", "write a text")]);
    assert_eq!(found.as_slice()[0].message, "this must be a text, not null; `name` is required");
}

#[test]
fn an_unknown_field_is_answered_with_every_field_once() {
    let found = Score::from_json(&minimal(json!({"id": "a", "kind": "stop", "zzzzzzzz": 1}))).unwrap_err();
    let fix = &found.as_slice()[0].fix;
    assert_eq!(fix.matches("kind, kind").count(), 0, "{fix}");
    assert_eq!(fix.matches(" id,").count(), 1, "{fix}");
}

#[test]
fn texts_are_bounded_before_they_are_read() {
    let code = |text: &str| Score::parse(text).unwrap_err().as_slice()[0].code;
    assert_eq!(code(&" ".repeat(Score::MAX_TEXT + 1)), ProblemCode::TooLarge);
    assert_eq!(code(&"[".repeat(1_000_000)), ProblemCode::TooLarge);
    assert_eq!(code("{"), ProblemCode::MalformedJson);
    assert_eq!(code("[]"), ProblemCode::WrongType);
    assert_eq!(code(""), ProblemCode::MalformedJson);
    let many = json!({"name": "N", "nodes": vec![json!({"id": "A", "kind": "stop"}); 5_000]});
    assert_eq!(Score::from_json(&many).unwrap_err().as_slice().len(), Problems::MAX);
    let too_many = json!({"name": "N", "nodes": vec![json!(1); 20_001]});
    assert_eq!(problems(too_many), [("/nodes".to_owned(), ProblemCode::TooLarge)]);
}

#[test]
fn keys_that_stand_twice_are_refused_beside_all_else() {
    let text = r#"{"name": "a", "name": "b", "nodes": [
        {"id": "a", "kind": "stop", "reason": "x", "reason": "y"},
        {"id": "b", "kind": "delay", "for_s": 1, "input": {"a/b": 1, "a/b": 1}}
    ], "edges": [{"from": "a", "to": "c"}]}"#;
    let found: Vec<_> =
        Score::parse(text).unwrap_err().into_iter().map(|problem| (problem.pointer, problem.code)).collect();
    let expected = [
        ("/name", ProblemCode::RepeatedKey),
        ("/nodes/0/reason", ProblemCode::RepeatedKey),
        ("/nodes/1/input/a~1b", ProblemCode::RepeatedKey),
        ("/edges/0/to", ProblemCode::UnknownNode),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    assert!(serde_json::from_str::<Score>(text).is_err());
}

#[test]
fn the_schema_and_the_reader_agree_on_a_corpus() {
    let schema = schema();
    let with = |mut node: Value, extra: Value| {
        node.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        minimal(node)
    };
    let good_node = |extra| with(json!({"id": "a", "kind": "delay", "for_s": 1}), extra);
    let operation =
        |extra| with(json!({"id": "a", "kind": "deterministic", "skill": "s", "operation": "o"}), extra);
    for document in [
        json!(null),
        json!([]),
        json!({}),
        json!({"name": "x"}),
        json!({"nodes": []}),
        json!({"name": "x", "nodes": {}}),
        json!({"name": 1, "nodes": []}),
        json!({"id": "A", "nodes": []}),
        json!({"id": "a", "name": null, "nodes": []}),
        json!({"name": "x", "nodes": [], "edges": null}),
        json!({"name": "x", "nodes": [], "version": 1.0}),
        json!({"name": "x", "nodes": [], "version": 4294967296_u64}),
        json!({"name": "x", "nodes": [], "budget_cents": -1}),
        json!({"name": "x", "nodes": [], "input_schema": true}),
        json!({"name": "x", "nodes": [], "input_schema": 1}),
        json!({"name": "x", "nodes": [], "timeout_s": 0}),
        json!({"name": "x", "nodes": [], "timeout_s": 0.5}),
        json!({"name": "x", "nodes": [], "timeout_s": 315360001}),
        json!({"name": "x", "nodes": [], "timeout_s": "1"}),
        good_node(json!({})),
        good_node(json!({"until": "2026-11-22T09:00:00Z"})),
        good_node(json!({"for_s": -1})),
        good_node(json!({"retry": {}})),
        operation(json!({"retry": {}})),
        operation(json!({"retry": {"factor": 0.5}})),
        operation(json!({"retry": 1})),
        operation(json!({"retry": {"max_attempts": 101}})),
        operation(json!({"timeout_s": 0})),
        operation(json!({"timeout_s": 1})),
        operation(json!({"effect": "once"})),
        operation(json!({"effect": "twice"})),
        good_node(json!({"label": null})),
        good_node(json!({"input": null})),
        good_node(json!({"timeout_s": 1})),
        good_node(json!({"skill": "x"})),
        good_node(json!({"on_error": "stop"})),
        good_node(json!({"effect": "once"})),
        good_node(json!({"kind": "approval"})),
        minimal(
            json!({"id": "a", "kind": "approval", "title": "t", "timeout_s": 5, "on_timeout": "approve"}),
        ),
        minimal(json!({"id": "a", "kind": "approval", "title": "t", "for_s": 5})),
        minimal(json!({"id": "a", "kind": "stop"})),
        minimal(json!({"kind": "stop"})),
        minimal(json!({"id": "a"})),
        minimal(json!({"id": "a", "kind": "x"})),
        minimal(json!({"id": "a", "kind": "repeat", "body": [], "until": "true"})),
        minimal(json!({"id": "a", "kind": "repeat", "body": [], "until": "true", "max_iterations": 2})),
        minimal(json!({"id": "a", "kind": "repeat", "body": ["A"], "until": "true", "max_iterations": 2})),
        minimal(
            json!({"id": "a", "kind": "map_over", "body": [], "items": [1, {"a": "b"}], "max_concurrency": 0}),
        ),
        minimal(
            json!({"id": "a", "kind": "map_over", "body": ["b"], "items": [1, {"a": "b"}], "on_item_error": "null"}),
        ),
        json!({"name": "x", "nodes": [], "edges": [{"from": "a", "to": "b", "on": "failure"}]}),
        json!({"name": "x", "nodes": [], "edges": [{"from": "a", "to": "b", "on": "skipped"}]}),
        json!({"name": "x", "nodes": [], "edges": [{"from": "a", "too": "b"}]}),
    ] {
        let (read, allowed) = (Score::from_json(&document), schema.check(&Payload::from(document.clone())));
        assert_eq!(read.is_ok(), allowed.is_ok(), "{document}\n{read:?}\n{allowed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_score_reads_back_and_the_schema_knows_it(document in generate::score()) {
        let score = Score::from_json(&document).map_err(|problems| TestCaseError::fail(format!("{document}\n{problems}")))?;
        prop_assert!(score.validate(&AnyCatalog).is_ok(), "{document}\n{}", score.validate(&AnyCatalog).unwrap_err());
        let text = serde_json::to_string(&score).unwrap();
        prop_assert_eq!(&Score::parse(&text).unwrap(), &score);
        prop_assert_eq!(&serde_json::from_str::<Score>(&text).unwrap(), &score);
        let schema = schema();
        prop_assert!(schema.check(&Payload::from(document.clone())).is_ok(), "{document}\n{:?}", schema.check(&Payload::from(document.clone())));
        prop_assert!(schema.check(&Payload::parse(&text).unwrap()).is_ok());
    }

    #[test]
    fn a_spoilt_score_is_refused_by_both(document in generate::score(), at: prop::sample::Index, spoil in generate::spoil()) {
        if let Some((spoilt, place)) = generate::spoil_at(document, at, spoil) {
            for (pointer, code) in problems(spoilt.clone()) {
                prop_assert!(pointer.starts_with(&place), "{pointer} {code} follows from {place}\n{spoilt}");
            }
            let (read, allowed) = (Score::from_json(&spoilt), schema().check(&Payload::from(spoilt.clone())));
            prop_assert!(read.is_err() && allowed.is_err(), "{spoilt}\n{read:?}\n{allowed:?}");
        }
    }

    #[test]
    fn any_json_gives_a_score_or_problems(document in generate::any_json(), text: String) {
        for document in [document.clone(), minimal(document.clone()), json!({"id": "a", "nodes": document, "edges": document})] {
            if let Ok(score) = Score::from_json(&document) {
                let _ = score.validate(&AnyCatalog);
            }
        }
        let _ = Score::parse(&text);
    }
}
