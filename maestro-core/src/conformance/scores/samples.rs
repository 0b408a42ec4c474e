//! Scores to save: the smallest there is, one of an agent, and one with everything.

use serde_json::json;

use crate::{
    conformance::kit::TEXTS,
    domain::{
        AgentId, DelayUntil, Edge, EdgeOn, Effect, Expression, Node, NodeId, NodeKind, OnError, OnItemError,
        OnMax, OnTimeout, OperationName, PipelineKind, Retry, Score, ScoreId, SkillName, Span, StopStatus,
        Template,
    },
};

fn node_id(id: &str) -> NodeId {
    NodeId::new(id).expect("a good node id")
}

fn template(source: serde_json::Value) -> Template {
    Template::parse(&source).expect("a good template")
}

/// Returns the smallest score there is.
pub(in crate::conformance) fn small_score(id: &str, version: u32) -> Score {
    Score {
        id: ScoreId::new(id).expect("a good score id"),
        name: id.to_owned(),
        version,
        pipeline_kind: PipelineKind::Other,
        template: false,
        description: String::new(),
        input_schema: None,
        summary: None,
        budget_cents: None,
        timeout: Score::DEFAULT_TIMEOUT,
        fail_fast: false,
        nodes: vec![operation("first")],
        edges: Vec::new(),
    }
}

pub(super) fn operation(id: &str) -> Node {
    let skill = SkillName::new("leads").expect("a good skill");
    let operation = OperationName::new("fetch").expect("a good operation");
    Node::new(node_id(id), NodeKind::Deterministic { skill, operation })
}

/// Returns a score that asks an agent.
pub(in crate::conformance) fn score_of_agent(id: &str, version: u32, agent: &str) -> Score {
    Score { nodes: vec![asks("ask", agent)], ..small_score(id, version) }
}

fn asks(id: &str, agent: &str) -> Node {
    let kind = NodeKind::Llm {
        agent: AgentId::new(agent).expect("a good agent id"),
        prompt: template(json!("Write to {{ input.name }} – שלום \"friend\"")),
        output_schema: Some(json!({"type": "object", "required": ["text"]})),
        max_tool_rounds: 3,
    };
    Node::new(node_id(id), kind)
}

/// Returns a score with every kind of node and every field set.
pub(super) fn full_score() -> Score {
    let map_over = NodeKind::MapOver {
        items: template(json!("{{ input.leads }}")),
        body: vec![node_id("ask"), node_id("again")],
        max_concurrency: 3,
        on_item_error: OnItemError::Drop,
        max_items: 100,
    };
    let repeat = NodeKind::Repeat {
        body: vec![node_id("inner")],
        until: Expression::parse("result.score > 3 and index >= 1").expect("a good expression"),
        max_iterations: 7,
        on_max: OnMax::Accept,
    };
    let approval = NodeKind::Approval {
        title: template(json!("Send {{ from.each | length }} drafts?")),
        timeout: Some(Span::from_millis(1_500)),
        on_timeout: OnTimeout::Reject,
    };
    let stop =
        NodeKind::Stop { status: StopStatus::Cancelled, reason: Some(template(json!("nobody \u{1f3bb}"))) };
    let until = NodeKind::Delay(DelayUntil::Until(template(json!("2030-01-01T00:00:00Z"))));
    let first = Node {
        label: Some(TEXTS[5].to_owned()),
        input: Some(template(
            json!({"zebra": 9_007_199_254_740_993_u64, "ant": [1.5, null, {"": "{{ run.input }}"}]}),
        )),
        retry: Some(Retry {
            max_attempts: 5,
            initial: Span::from_millis(250),
            factor: 1.5,
            max: Span::from_secs(60),
            jitter: 0.5,
        }),
        timeout: Some(Span::from_secs(90)),
        on_error: OnError::Fail,
        effect: Effect::Once,
        ..operation("first")
    };
    let wait = Node::new(node_id("wait"), NodeKind::Delay(DelayUntil::For(Span::from_secs(5))));
    let edge =
        |from: &str, to: &str| Edge { from: node_id(from), to: node_id(to), on: EdgeOn::Success, when: None };
    let when = Expression::parse("output.count > 0").expect("a good expression");
    Score {
        name: TEXTS[5].to_owned(),
        pipeline_kind: PipelineKind::Outreach,
        template: true,
        description: format!("{} {}", TEXTS[3], TEXTS[6]),
        input_schema: Some(
            json!({"type": "object", "properties": {"leads": {"type": "array", "maxItems": 3}}}),
        ),
        summary: Some(template(json!("{{ result }} drafts"))),
        budget_cents: Some(4_000_000_000),
        timeout: Span::from_secs(7_200),
        fail_fast: true,
        nodes: vec![
            first,
            Node::new(node_id("each"), map_over),
            asks("ask", &"x".repeat(64)),
            Node::new(node_id("again"), repeat),
            operation("inner"),
            wait,
            Node::new(node_id("sure"), approval),
            Node::new(node_id("until"), until),
            Node { on_error: OnError::Continue, ..operation("late") },
            Node::new(node_id("end"), stop),
        ],
        edges: vec![
            Edge { when: Some(when), ..edge("first", "each") },
            Edge { on: EdgeOn::Failure, ..edge("first", "end") },
            Edge { on: EdgeOn::Always, ..edge("each", "wait") },
            edge("ask", "again"),
            edge("wait", "sure"),
            edge("sure", "until"),
            edge("until", "late"),
        ],
        ..small_score(&"s".repeat(64), 1)
    }
}
