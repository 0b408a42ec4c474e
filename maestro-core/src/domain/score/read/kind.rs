//! Reading the fields that only one kind of node has.

use serde_json::Value;

use super::{
    fields::{self, Fields},
    read_schema, types,
};
use crate::domain::{
    AgentId, NodeId, OperationName, SkillName,
    score::{
        DelayUntil, NodeKind, OnItemError, OnMax, OnTimeout, ProblemCode, Span, StopStatus,
        problem::Collector,
    },
};

/// Reads the name of the kind.
pub(super) fn read_name(fields: &mut Fields<'_>, problems: &mut Collector) -> Option<&'static str> {
    fields.required("kind", problems)?;
    fields.name("kind", &NodeKind::NAMES, |name| name, problems)
}

/// Reads the fields of the kind `name`.
pub(super) fn read_kind(name: &str, fields: &mut Fields<'_>, problems: &mut Collector) -> Option<NodeKind> {
    match name {
        "deterministic" => {
            let skill = fields.id("skill", |text| SkillName::new(text), problems);
            let operation = fields.id("operation", |text| OperationName::new(text), problems);
            Some(NodeKind::Deterministic { skill: skill?, operation: operation? })
        }
        "llm" => {
            let agent = fields.id("agent", |text| AgentId::new(text), problems);
            let prompt = required(fields, "prompt", problems, Fields::text_template);
            let output_schema = read_schema(fields, "output_schema", problems);
            let rounds = fields.count("max_tool_rounds", (0, NodeKind::MAX_TOOL_ROUNDS), problems);
            let max_tool_rounds = rounds.unwrap_or(NodeKind::DEFAULT_TOOL_ROUNDS);
            Some(NodeKind::Llm { agent: agent?, prompt: prompt?, output_schema, max_tool_rounds })
        }
        "map_over" => {
            let items = required(fields, "items", problems, Fields::template);
            let body = read_body(fields, problems);
            let concurrency = fields.count("max_concurrency", (1, NodeKind::MAX_CONCURRENCY), problems);
            let on_item_error = fields.name("on_item_error", OnItemError::ALL, OnItemError::name, problems);
            let max_items = fields.count("max_items", (1, NodeKind::MAX_ITEMS), problems);
            Some(NodeKind::MapOver {
                items: items?,
                body: body?,
                max_concurrency: concurrency.unwrap_or(NodeKind::DEFAULT_CONCURRENCY),
                on_item_error: on_item_error.unwrap_or_default(),
                max_items: max_items.unwrap_or(NodeKind::DEFAULT_ITEMS),
            })
        }
        "repeat" => {
            let body = read_body(fields, problems);
            let until = required(fields, "until", problems, Fields::expression);
            let max_iterations = required(fields, "max_iterations", problems, |fields, name, problems| {
                fields.count(name, (1, NodeKind::MAX_ITERATIONS), problems)
            });
            let on_max = fields.name("on_max", OnMax::ALL, OnMax::name, problems).unwrap_or_default();
            Some(NodeKind::Repeat { body: body?, until: until?, max_iterations: max_iterations?, on_max })
        }
        "delay" => read_delay(fields, problems).map(NodeKind::Delay),
        "approval" => {
            let title = required(fields, "title", problems, Fields::text_template);
            let timeout = fields.span("timeout_s", Span::LEAST, problems);
            let on_timeout = fields.name("on_timeout", OnTimeout::ALL, OnTimeout::name, problems);
            Some(NodeKind::Approval { title: title?, timeout, on_timeout: on_timeout.unwrap_or_default() })
        }
        _ => {
            let status = fields.name("status", StopStatus::ALL, StopStatus::name, problems);
            let reason = fields.text_template("reason", problems);
            Some(NodeKind::Stop { status: status.unwrap_or_default(), reason })
        }
    }
}

fn required<'d, T>(
    fields: &mut Fields<'d>,
    name: &'static str,
    problems: &mut Collector,
    read: fn(&mut Fields<'d>, &'static str, &mut Collector) -> Option<T>,
) -> Option<T> {
    fields.required(name, problems)?;
    read(fields, name, problems)
}

fn read_delay(fields: &mut Fields<'_>, problems: &mut Collector) -> Option<DelayUntil> {
    let (has_span, has_moment) = (fields.has("for_s"), fields.has("until"));
    let span = fields.span("for_s", Span::ZERO, problems);
    let moment = fields.text_template("until", problems);
    let place = fields.place();
    match (has_span, has_moment) {
        (true, true) => {
            let message = "a delay has `for_s` or `until`, not both";
            problems.add(place, ProblemCode::Conflict, message, "remove one of them");
            None
        }
        (false, false) => {
            let message = "a delay needs `for_s` or `until`";
            problems.add(place, ProblemCode::MissingField, message, "add `for_s`, a number of seconds");
            None
        }
        (true, false) => span.map(DelayUntil::For),
        (false, true) => moment.map(DelayUntil::Until),
    }
}

/// Reads a body that is right in every place.
pub(super) fn read_body(fields: &mut Fields<'_>, problems: &mut Collector) -> Option<Vec<NodeId>> {
    fields.required("body", problems)?;
    let list = fields.list("body", problems)?;
    let ids: Vec<Option<NodeId>> = list
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let pointer = format!("{}/{at}", fields.pointer("body"));
            match item {
                Value::String(text) => fields::id(text, pointer, |text| NodeId::new(text), problems),
                other => {
                    types::wrong_type(problems, pointer, "the id of a node", other);
                    None
                }
            }
        })
        .collect();
    ids.into_iter().collect()
}
