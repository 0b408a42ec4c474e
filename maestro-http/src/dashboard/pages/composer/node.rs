//! One node of a score in full.

use maestro_core::domain::{EdgeOn, NodeKind, Score};

use crate::dashboard::{
    json,
    markup::Markup,
    words::{self, Look},
};

/// A node as its panel shows it.
pub(crate) struct NodeView {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) look: Look,
    pub(crate) line: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Texts that are templates: a name and the text.
    pub(crate) texts: Vec<(&'static str, String)>,
    pub(crate) input: Option<Markup>,
    pub(crate) schema: Option<Markup>,
    pub(crate) edges: Vec<EdgeView>,
}

/// An edge of the node.
pub(crate) struct EdgeView {
    /// The class that it is drawn with.
    pub(crate) class: &'static str,
    pub(crate) words: &'static str,
    pub(crate) direction: &'static str,
    pub(crate) other: String,
    pub(crate) when: String,
}

impl NodeView {
    /// Returns a node of a score, if there is one with this id.
    pub(super) fn of(score: &Score, id: &str) -> Option<Self> {
        let node = score.nodes.iter().find(|node| node.id.as_str() == id)?;
        let mut view = Self {
            id: node.id.to_string(),
            label: node.label.clone(),
            look: Look::of_node(&node.kind),
            line: words::kind_of_node(&node.kind),
            facts: Vec::new(),
            texts: Vec::new(),
            input: node.input.as_ref().map(|input| json::of_value(input.source())),
            schema: None,
            edges: edges(score, id),
        };
        view.add_kind(&node.kind);
        if node.kind.is_executed() {
            let retry = node.retry();
            view.facts.push(("Tries, at most", retry.max_attempts.to_string()));
            view.facts.push(("Effect", node.effect.to_string()));
            if let Some(timeout) = node.timeout {
                view.facts.push(("Timeout", words::span(timeout.as_duration().num_milliseconds())));
            }
        }
        view.facts.push(("On error", node.on_error.to_string()));
        Some(view)
    }

    fn add_kind(&mut self, kind: &NodeKind) {
        let template = |text: &maestro_core::domain::Template| match text.source() {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match kind {
            NodeKind::Deterministic { skill, operation } => {
                self.facts.push(("Operation", format!("{skill}.{operation}")));
            }
            NodeKind::Llm { agent, prompt, output_schema, max_tool_rounds } => {
                self.facts.push(("Agent", agent.to_string()));
                self.facts.push(("Tool rounds", max_tool_rounds.to_string()));
                self.texts.push(("Prompt", template(prompt)));
                self.schema = output_schema.as_ref().map(json::of_value);
            }
            NodeKind::MapOver { items, max_concurrency, on_item_error, max_items, .. } => {
                self.facts.push(("At once", max_concurrency.to_string()));
                self.facts.push(("Failed items", on_item_error.to_string()));
                self.facts.push(("Items, at most", words::count(u64::from(*max_items))));
                self.texts.push(("Items", template(items)));
            }
            NodeKind::Repeat { until, max_iterations, on_max, .. } => {
                self.facts.push(("Rounds, at most", max_iterations.to_string()));
                self.facts.push(("After that", on_max.to_string()));
                self.texts.push(("Until", until.source().to_owned()));
            }
            NodeKind::Delay(until) => match until {
                maestro_core::domain::DelayUntil::For(span) => {
                    self.facts.push(("Waits", words::span(span.as_duration().num_milliseconds())));
                }
                maestro_core::domain::DelayUntil::Until(until) => {
                    self.texts.push(("Waits until", template(until)))
                }
            },
            NodeKind::Approval { title, timeout, on_timeout } => {
                self.texts.push(("Asks", template(title)));
                if let Some(timeout) = timeout {
                    let span = words::span(timeout.as_duration().num_milliseconds());
                    self.facts.push(("Without an answer", format!("{on_timeout} after {span}")));
                }
            }
            NodeKind::Stop { status, reason } => {
                self.facts.push(("Ends the run", status.to_string()));
                self.texts.extend(reason.as_ref().map(|reason| ("Reason", template(reason))));
            }
        }
        if kind.is_loop() {
            let body: Vec<&str> = kind.body().iter().map(|id| id.as_str()).collect();
            self.facts.push(("Body", body.join(", ")));
        }
    }
}

fn edges(score: &Score, id: &str) -> Vec<EdgeView> {
    let touching = score.edges.iter().filter(|edge| edge.from.as_str() == id || edge.to.as_str() == id);
    let view = |edge: &maestro_core::domain::Edge| {
        let (class, words) = match edge.on {
            EdgeOn::Success => ("e", "on success"),
            EdgeOn::Failure => ("e f", "on failure"),
            EdgeOn::Always => ("e a", "always"),
        };
        let (direction, other) = match edge.to.as_str() == id {
            true => ("from", edge.from.to_string()),
            false => ("to", edge.to.to_string()),
        };
        let when = edge.when.as_ref().map_or_else(String::new, |when| when.source().to_owned());
        EdgeView { class, words, direction, other, when }
    };
    touching.map(view).collect()
}
