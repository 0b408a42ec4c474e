//! Random scores: valid ones, and ways to spoil them.

use proptest::{option, prelude::*};
use serde_json::{Map, Value, json};

/// A valid score: some nodes of all kinds in a line, some in loops, edges from earlier to later nodes.
pub(super) fn score() -> impl Strategy<Value = Value> {
    let fields = (
        option::of(Just("some-id")),
        option::of(0..9_u32),
        option::of(choice(&["outreach", "content", "seo", "other"])),
        option::of(any::<bool>()),
        option::of("[ -~]{0,8}".prop_filter("no marks", |text| !text.contains('{'))),
        option::of(seconds()),
        option::of(0..10_000_u64),
    );
    let nodes = prop::collection::vec((kind(), common(), any::<bool>()), 1..7);
    let edges = prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            option::of(choice(&["success", "failure", "always"])),
            option::of(Just("output.n > 3 and status == 'succeeded'")),
        ),
        0..8,
    );
    (fields, nodes, edges).prop_map(|(fields, nodes, edges)| {
        let (id, version, kind, template, description, timeout, budget) = fields;
        let mut document = Map::new();
        document.insert("name".to_owned(), json!("A name"));
        set(&mut document, "id", id);
        set(&mut document, "version", version);
        set(&mut document, "pipeline_kind", kind);
        set(&mut document, "template", template);
        set(&mut document, "description", description);
        set(&mut document, "timeout_s", timeout);
        set(&mut document, "budget_cents", budget);
        set(&mut document, "input_schema", budget.map(|_| json!({"type": "object"})));
        set(&mut document, "summary", budget.map(|_| "{{ result }} {{ run.id }}"));
        let count = nodes.len();
        let mut all = Vec::new();
        for (at, (mut kind, mut common, continues)) in nodes.into_iter().enumerate() {
            if kind["kind"] != "deterministic" && kind["kind"] != "llm" {
                common.retain(|name, _| !["retry", "timeout_s", "effect"].contains(&name.as_str()));
            }
            kind.insert("id".to_owned(), json!(format!("n{at}")));
            kind.extend(common);
            if kind["kind"] == "map_over" || kind["kind"] == "repeat" {
                let inner = format!("inner-{at}");
                kind.insert("body".to_owned(), json!([inner]));
                let seen =
                    if kind["kind"] == "repeat" { "{{ previous }}" } else { "{{ item.x }} {{ index }}" };
                all.push(json!({"id": inner, "kind": "stop", "reason": seen}));
            }
            set(&mut kind, "on_error", continues.then_some("fail"));
            all.push(Value::Object(kind));
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut joined = Vec::new();
        for (one, other, on, when) in edges {
            let (one, other) = (one.index(count), other.index(count));
            let (from, to) = (one.min(other), one.max(other));
            if from != to && seen.insert((from, to, on.unwrap_or("success"))) {
                let mut edge = Map::new();
                edge.insert("from".to_owned(), json!(format!("n{from}")));
                edge.insert("to".to_owned(), json!(format!("n{to}")));
                set(&mut edge, "on", on);
                set(&mut edge, "when", when);
                joined.push(Value::Object(edge));
            }
        }
        document.insert("nodes".to_owned(), json!(all));
        if !joined.is_empty() {
            document.insert("edges".to_owned(), json!(joined));
        }
        Value::Object(document)
    })
}

fn set(map: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value.into());
    }
}

fn choice(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names)
}

fn seconds() -> impl Strategy<Value = Value> {
    prop_oneof![
        (1..100_000_u32).prop_map(Value::from),
        (1..100_000_000_u32).prop_map(|micros| json!(f64::from(micros) / 1e6))
    ]
}

fn template() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("plain"),
        json!("{{ input.a }}"),
        json!("x {{ run.id }} {% if input.a is defined %}y{% endif %}"),
        json!({"a": ["{{ input }}", 1, null, 2.5]}),
        json!(null),
    ])
}

fn kind() -> impl Strategy<Value = Map<String, Value>> {
    let count = || option::of(1..100_u32);
    prop_oneof![
        Just(json!({"kind": "deterministic", "skill": "http", "operation": "get"})),
        (count(), any::<bool>()).prop_map(|(rounds, has_schema)| {
            let mut node = json!({"kind": "llm", "agent": "writer", "prompt": "Hi {{ input.name }}"});
            set(node.as_object_mut().unwrap(), "max_tool_rounds", rounds);
            set(
                node.as_object_mut().unwrap(),
                "output_schema",
                has_schema.then(|| json!({"type": "string"})),
            );
            node
        }),
        (template(), count(), count(), option::of(choice(&["fail", "null", "drop"]))).prop_map(
            |(items, a, b, on)| {
                let mut node = json!({"kind": "map_over", "items": items});
                set(node.as_object_mut().unwrap(), "max_concurrency", a);
                set(node.as_object_mut().unwrap(), "max_items", b);
                set(node.as_object_mut().unwrap(), "on_item_error", on);
                node
            }
        ),
        (1..100_u32, option::of(choice(&["fail", "accept"]))).prop_map(|(most, on)| {
            let mut node =
                json!({"kind": "repeat", "until": "result.done or index > 2", "max_iterations": most});
            set(node.as_object_mut().unwrap(), "on_max", on);
            node
        }),
        seconds().prop_map(|time| json!({"kind": "delay", "for_s": time})),
        choice(&["2026-11-22T09:00:00Z", "{{ input.at }}"])
            .prop_map(|until| json!({"kind": "delay", "until": until})),
        option::of(choice(&["approve", "reject", "fail"])).prop_map(|on| {
            let mut node = json!({"kind": "approval", "title": "Send {{ input.n }}?"});
            set(node.as_object_mut().unwrap(), "on_timeout", on);
            node
        }),
        option::of(choice(&["succeeded", "completed", "failed", "cancelled"])).prop_map(|status| {
            let mut node = json!({"kind": "stop"});
            set(node.as_object_mut().unwrap(), "status", status);
            node
        }),
    ]
    .prop_map(|node| node.as_object().cloned().unwrap())
}

fn common() -> impl Strategy<Value = Map<String, Value>> {
    let retry = (option::of(1..9_u32), option::of(seconds()), option::of(1.0..9.0), option::of(0.0..1.0_f64))
        .prop_map(|(n, s, f, j)| {
            let mut retry = Map::new();
            set(&mut retry, "max_attempts", n);
            set(&mut retry, "initial_s", s.clone());
            set(&mut retry, "max_s", s);
            set(&mut retry, "factor", f);
            set(&mut retry, "jitter", j);
            Value::Object(retry)
        });
    let fields = (
        option::of(".{0,6}"),
        option::of(template()),
        option::of(retry),
        option::of(seconds()),
        option::of(choice(&["repeatable", "once"])),
    );
    fields.prop_map(|(label, input, retry, timeout, effect)| {
        let mut node = Map::new();
        set(&mut node, "label", label);
        set(&mut node, "input", input);
        set(&mut node, "retry", retry);
        set(&mut node, "timeout_s", timeout);
        set(&mut node, "effect", effect);
        node
    })
}

/// How a field is spoilt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spoil {
    Rename,
    Retype,
    Duplicate,
}

pub(super) fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![Just(Spoil::Rename), Just(Spoil::Retype), Just(Spoil::Duplicate)]
}

/// Spoils one of the fields whose meaning the schema fixes; returns the pointer to its object too. `None` when the change
/// would leave a valid score.
pub(super) fn spoil_at(
    mut document: Value,
    at: prop::sample::Index,
    spoil: Spoil,
) -> Option<(Value, String)> {
    let mut places = Vec::new();
    collect(&document, String::new(), &mut places);
    let (place, name) = places[at.index(places.len())].clone();
    let object = document.pointer_mut(&place)?.as_object_mut()?;
    let value = object.get(&name)?.clone();
    match spoil {
        Spoil::Rename => {
            object.remove(&name);
            object.insert(format!("{name}x"), value);
        }
        Spoil::Duplicate => {
            object.insert(format!("{name}-2"), value);
        }
        Spoil::Retype if matches!(name.as_str(), "input" | "items") => return None, // any JSON is right there
        Spoil::Retype => {
            object.insert(name, if value.is_array() { json!({}) } else { json!([[]]) });
        }
    }
    Some((document, place))
}

fn collect(value: &Value, pointer: String, places: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                places.push((pointer.clone(), name.clone()));
                if matches!(name.as_str(), "nodes" | "edges" | "retry") {
                    collect(inner, format!("{pointer}/{name}"), places);
                }
            }
        }
        Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                collect(inner, format!("{pointer}/{at}"), places);
            }
        }
        _ => {}
    }
}

/// JSON that has the words of a score in the wrong places.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let word = || {
        prop::sample::select(vec![
            "id", "kind", "nodes", "edges", "name", "from", "to", "on", "body", "items", "retry", "stop",
            "map_over", "delay", "until", "a", "when", "{{ x }}",
        ])
    };
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from),
        ".{0,5}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}
