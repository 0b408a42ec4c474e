//! Nodes one by one: ranges, references to the host and the workspace, schemas, moments.

use chrono::DateTime;

use super::catalog::Catalog;
use crate::domain::{
    AgentId, JsonSchema, Template,
    score::{
        DelayUntil, Effect, Node, NodeKind, ProblemCode, Retry, Score, Span,
        outline::Outline,
        problem::{self, Collector},
    },
};

pub(super) fn check(outline: &Outline<'_>, known: &dyn Catalog, problems: &mut Collector) {
    if let Some(schema) = outline.input_schema {
        check_schema(schema, "/input_schema", problems);
    }
    check_text(outline.summary, || "/summary".to_owned(), problems);
    check_range(
        "/timeout_s",
        outline.timeout >= Span::LEAST,
        "a run needs time",
        "use more than 0",
        problems,
    );
    let affordable = outline.budget_cents.is_none_or(|cents| cents <= Score::MAX_BUDGET_CENTS);
    check_range("/budget_cents", affordable, "the budget is out of range", "use at most 10^12", problems);
    for (at, node) in outline.nodes.iter().filter_map(|node| Some((node.at, node.node?))) {
        check_common(node, at, problems);
        check_kind(&node.kind, at, known, problems);
    }
}

fn check_common(node: &Node, at: usize, problems: &mut Collector) {
    let pointer = |field: &str| format!("/nodes/{at}/{field}");
    if let Some(retry) = &node.retry {
        let good = (1..=Retry::MAX_ATTEMPTS).contains(&retry.max_attempts)
            && (1.0..=Retry::MAX_FACTOR).contains(&retry.factor)
            && (0.0..=1.0).contains(&retry.jitter);
        let fix = "use max_attempts 1 to 100, factor 1 to 100, jitter 0 to 1";
        check_range(&pointer("retry"), good, "a number of the retry is out of range", fix, problems);
    }
    if !node.kind.is_executed() {
        let is_set = [
            ("retry", node.retry.is_some()),
            ("timeout_s", node.timeout.is_some()),
            ("effect", node.effect != Effect::default()),
        ];
        for (field, _) in is_set.into_iter().filter(|(_, is_set)| *is_set) {
            problem::not_executed(pointer(field), field, node.kind.name(), problems);
        }
    } else if node.timeout == Some(Span::ZERO) {
        let message = "no try can end in no time";
        problems.add(pointer("timeout_s"), ProblemCode::OutOfRange, message, "use more than 0");
    }
}

fn check_kind(kind: &NodeKind, at: usize, known: &dyn Catalog, problems: &mut Collector) {
    let pointer = |field: &str| format!("/nodes/{at}/{field}");
    let mut range = |field: &str, good: bool, message: &str, fix: &str| {
        check_range(&pointer(field), good, message, fix, problems);
    };
    match kind {
        NodeKind::Deterministic { skill, operation } => {
            if !known.has_operation(skill, operation) {
                let message = format!("the host has no operation `{skill}.{operation}`");
                let fix = "register it with the host, or correct `skill` and `operation`";
                problems.add(pointer("operation"), ProblemCode::UnknownOperation, message, fix);
            }
        }
        NodeKind::Llm { agent, prompt, output_schema, max_tool_rounds } => {
            let good = *max_tool_rounds <= NodeKind::MAX_TOOL_ROUNDS;
            range("max_tool_rounds", good, "too many rounds", "use 0 to 100");
            check_model(agent, prompt, output_schema.as_ref(), known, pointer, problems);
        }
        NodeKind::MapOver { max_concurrency, max_items, .. } => {
            let good = (1..=NodeKind::MAX_CONCURRENCY).contains(max_concurrency);
            range("max_concurrency", good, "out of range", "use 1 to 1000");
            let good = (1..=NodeKind::MAX_ITEMS).contains(max_items);
            range("max_items", good, "out of range", "use 1 to 100000");
        }
        NodeKind::Repeat { max_iterations, .. } => {
            let good = (1..=NodeKind::MAX_ITERATIONS).contains(max_iterations);
            range("max_iterations", good, "out of range", "use 1 to 10000");
        }
        NodeKind::Delay(DelayUntil::For(_)) => {}
        NodeKind::Delay(DelayUntil::Until(moment)) => check_moment(moment, &pointer("until"), problems),
        NodeKind::Approval { title, timeout, .. } => {
            let good = timeout.is_none_or(|timeout| timeout >= Span::LEAST);
            range("timeout_s", good, "nobody answers in no time", "use more than 0");
            check_text(Some(title), || pointer("title"), problems);
        }
        NodeKind::Stop { reason, .. } => check_text(reason.as_ref(), || pointer("reason"), problems),
    }
}

/// Checks what a model is asked, and who asks it.
fn check_model(
    agent: &AgentId,
    prompt: &Template,
    output_schema: Option<&serde_json::Value>,
    known: &dyn Catalog,
    pointer: impl Fn(&str) -> String,
    problems: &mut Collector,
) {
    if !known.has_agent(agent) {
        let message = format!("the workspace has no agent `{agent}`");
        problems.add(pointer("agent"), ProblemCode::UnknownAgent, message, "create it, or name another");
    }
    check_text(Some(prompt), || pointer("prompt"), problems);
    if let Some(schema) = output_schema {
        check_schema(schema, &pointer("output_schema"), problems);
    }
}

/// Checks that a moment that is no template is one.
fn check_moment(moment: &Template, pointer: &str, problems: &mut Collector) {
    check_text(Some(moment), || pointer.to_owned(), problems);
    let constant = moment.source().as_str().filter(|_| moment.is_constant());
    if let Some(Err(error)) = constant.map(DateTime::parse_from_rfc3339) {
        let message = format!("{:?} is no moment: {error}", shortened(constant.unwrap_or_default()));
        let fix = "write RFC 3339 such as 2026-11-22T09:00:00Z, or a template that gives it";
        problems.add(pointer, ProblemCode::InvalidTime, message, fix);
    }
}

fn check_range(pointer: &str, good: bool, message: &str, fix: &str, problems: &mut Collector) {
    if !good {
        problems.add(pointer, ProblemCode::OutOfRange, message, fix);
    }
}

/// Checks that a template for people is one text.
fn check_text(template: Option<&Template>, pointer: impl Fn() -> String, problems: &mut Collector) {
    if template.is_some_and(|template| !template.source().is_string()) {
        problems.add(pointer(), ProblemCode::WrongType, "this must be a text", "write a text");
    }
}

fn check_schema(schema: &serde_json::Value, pointer: &str, problems: &mut Collector) {
    if let Err(error) = JsonSchema::compile(schema) {
        let pointer = format!("{pointer}{}", error.pointer);
        problems.add(pointer, ProblemCode::InvalidSchema, error.reason, error.fix);
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
