//! Reading a node and an edge.

use serde_json::Value;

use super::{
    draft::{DraftBody, DraftNode},
    fields::Fields,
    kind,
};
use crate::domain::{
    NodeId,
    score::{
        Edge, EdgeOn, Effect, Node, OnError, Retry, Span,
        problem::{self, Collector},
    },
};

pub(super) fn read_node(value: &Value, pointer: String, problems: &mut Collector) -> DraftNode {
    let Some(mut fields) = Fields::open(value, pointer, problems) else { return DraftNode::unreadable() };
    let id = fields.id("id", |text| NodeId::new(text), problems);
    let label = fields.text("label", problems).map(str::to_owned);
    let input = fields.template("input", problems);
    let on_error = fields.name("on_error", OnError::ALL, OnError::name, problems).unwrap_or_default();
    let Some(name) = kind::read_name(&mut fields, problems) else {
        read_tries(&mut fields, problems);
        // which other fields it may have depends on the kind
        return DraftNode { id, ..DraftNode::unreadable() };
    };
    let kind = kind::read_kind(name, &mut fields, problems);
    let tries = match name {
        "deterministic" | "llm" => read_tries(&mut fields, problems),
        _ => refuse_tries(name, &mut fields, problems),
    };
    let Tries { retry, timeout, effect } = tries;
    let node = id.clone().zip(kind);
    let node = node.map(|(id, kind)| Node { id, label, kind, input, retry, timeout, on_error, effect });
    let body = match &node {
        Some(_) => DraftBody::None,
        // what is wrong with the body itself is told already
        None => DraftBody::of(name, || kind::read_body(&mut fields, &mut Collector::default())),
    };
    fields.finish(&format!("a node of kind {name}"), problems);
    DraftNode { id, body, node }
}

/// The fields that only a node has which an executor performs.
#[derive(Default)]
struct Tries {
    retry: Option<Retry>,
    timeout: Option<Span>,
    effect: Effect,
}

fn read_tries(fields: &mut Fields<'_>, problems: &mut Collector) -> Tries {
    let effect = fields.name("effect", Effect::ALL, Effect::name, problems).unwrap_or_default();
    let retry = fields.any("retry").and_then(|retry| {
        let pointer = fields.pointer("retry");
        read_retry(retry, pointer, effect, problems)
    });
    Tries { retry, timeout: fields.span("timeout_s", Span::LEAST, problems), effect }
}

/// Refuses what would be ignored. The `timeout_s` of an approval is its own: how long it waits for a person.
fn refuse_tries(kind: &str, fields: &mut Fields<'_>, problems: &mut Collector) -> Tries {
    let names: &[&'static str] = match kind {
        "approval" => &["retry", "effect"],
        _ => &["retry", "timeout_s", "effect"],
    };
    for name in names {
        if fields.has(name) {
            fields.any(name);
            problem::not_executed(fields.pointer(name), name, kind, problems);
        }
    }
    Tries::default()
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
    let says_on = fields.has("on");
    let on = fields.name("on", EdgeOn::ALL, EdgeOn::name, problems);
    let when = fields.expression("when", problems);
    let all_known = fields.finish("an edge", problems);
    let on = on.or_else(|| (all_known && !says_on).then(EdgeOn::default));
    Some(Edge { from: from?, to: to?, on: on?, when })
}
