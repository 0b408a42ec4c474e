//! Reading a node and an edge.

use serde_json::Value;

use super::{fields::Fields, kind};
use crate::domain::{
    NodeId,
    score::{Edge, EdgeOn, Effect, Node, NodeKind, OnError, Retry, Span, problem::Collector},
};

pub(super) fn read_node(value: &Value, pointer: String, problems: &mut Collector) -> Option<Node> {
    let mut fields = Fields::open(value, pointer, problems)?;
    let id = fields.id("id", |text| NodeId::new(text), problems);
    let label = fields.text("label", problems).map(str::to_owned);
    let input = fields.template("input", problems);
    let on_error = fields.name("on_error", OnError::ALL, OnError::name, problems).unwrap_or_default();
    let effect = fields.name("effect", Effect::ALL, Effect::name, problems).unwrap_or_default();
    let retry = fields.any("retry").and_then(|retry| {
        let pointer = fields.pointer("retry");
        read_retry(retry, pointer, effect, problems)
    });
    let Some(name) = kind::read_name(&mut fields, problems) else {
        return None; // which other fields it may have depends on the kind
    };
    let kind = kind::read_kind(name, &mut fields, problems);
    // the `timeout_s` of an approval is how long it waits for a person
    let timeout = match name {
        "approval" => None,
        _ => fields.span("timeout_s", Span::LEAST, problems),
    };
    fields.finish(&format!("a node of kind {name}"), problems);
    let kind: NodeKind = kind?;
    Some(Node { id: id?, label, kind, input, retry, timeout, on_error, effect })
}

fn read_retry(value: &Value, pointer: String, effect: Effect, problems: &mut Collector) -> Option<Retry> {
    let mut fields = Fields::open(value, pointer, problems)?;
    let default = match effect {
        Effect::Repeatable => Retry::default(),
        Effect::Once => Retry::never(),
    };
    let attempts = fields.count("max_attempts", (1, Retry::MAX_ATTEMPTS), problems);
    let retry = Retry {
        max_attempts: attempts.unwrap_or(default.max_attempts),
        initial: fields.span("initial_s", Span::ZERO, problems).unwrap_or(default.initial),
        factor: fields.number("factor", (1.0, Retry::MAX_FACTOR), problems).unwrap_or(default.factor),
        max: fields.span("max_s", Span::ZERO, problems).unwrap_or(default.max),
        jitter: fields.number("jitter", (0.0, 1.0), problems).unwrap_or(default.jitter),
    };
    fields.finish("a retry", problems);
    Some(retry)
}

pub(super) fn read_edge(value: &Value, pointer: String, problems: &mut Collector) -> Option<Edge> {
    let mut fields = Fields::open(value, pointer, problems)?;
    let from = fields.id("from", |text| NodeId::new(text), problems);
    let to = fields.id("to", |text| NodeId::new(text), problems);
    let on = fields.name("on", EdgeOn::ALL, EdgeOn::name, problems).unwrap_or_default();
    let when = fields.expression("when", problems);
    fields.finish("an edge", problems);
    Some(Edge { from: from?, to: to?, on, when })
}
