//! Building nodes: one constructor for each kind, one setter for each field.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::domain::score::{Effect, Node, OnError, OnItemError, OnMax, OnTimeout, Retry, StopStatus};

/// Builds a [`Node`]. A setter that does not suit the kind is a problem when the score is built.
#[derive(Clone, Debug)]
#[must_use = "a node does something only in a score"]
pub struct NodeBuilder {
    fields: Map<String, Value>,
}

impl Node {
    /// Starts a node that calls `skill.operation` of the host.
    pub fn operation(id: impl Into<String>, operation: &str) -> NodeBuilder {
        let node = NodeBuilder::new(id, "deterministic");
        match operation.split_once('.') {
            Some((skill, operation)) => node.set("skill", skill).set("operation", operation),
            None => node.set("skill", operation),
        }
    }

    /// Starts a node that asks a model.
    pub fn llm(id: impl Into<String>, agent: impl Into<String>, prompt: impl Into<String>) -> NodeBuilder {
        NodeBuilder::new(id, "llm").set("agent", agent.into()).set("prompt", prompt.into())
    }

    /// Starts a loop over a list: a template such as `"{{ from.fetch.items }}"`, or the list itself.
    pub fn map_over(id: impl Into<String>, items: impl Into<Value>) -> NodeBuilder {
        NodeBuilder::new(id, "map_over").set("items", items).set("body", json!([]))
    }

    /// Starts a loop that ends when `until` holds.
    pub fn repeat(id: impl Into<String>, until: impl Into<String>, max_iterations: u32) -> NodeBuilder {
        let node = NodeBuilder::new(id, "repeat").set("until", until.into());
        node.set("max_iterations", max_iterations).set("body", json!([]))
    }

    /// Starts a node that waits for some time.
    pub fn delay(id: impl Into<String>, time: Duration) -> NodeBuilder {
        NodeBuilder::new(id, "delay").set("for_s", time.as_secs_f64())
    }

    /// Starts a node that waits until a moment: RFC 3339, or a template that gives it.
    pub fn delay_until(id: impl Into<String>, moment: impl Into<String>) -> NodeBuilder {
        NodeBuilder::new(id, "delay").set("until", moment.into())
    }

    /// Starts a node that asks a person.
    pub fn approval(id: impl Into<String>, title: impl Into<String>) -> NodeBuilder {
        NodeBuilder::new(id, "approval").set("title", title.into())
    }

    /// Starts a node that ends the run.
    pub fn stop(id: impl Into<String>) -> NodeBuilder {
        NodeBuilder::new(id, "stop")
    }
}

impl NodeBuilder {
    fn new(id: impl Into<String>, kind: &str) -> Self {
        Self { fields: Map::new() }.set("id", id.into()).set("kind", kind)
    }

    /// Sets what people read instead of the id.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.set("label", label.into())
    }

    /// Sets what the node is given. Default: the merge of the upstream outputs.
    pub fn input(self, template: impl Into<Value>) -> Self {
        self.set("input", template)
    }

    /// Sets how it is tried again. Only for operations and models.
    pub fn retry(self, retry: Retry) -> Self {
        self.set(
            "retry",
            json!({
                "max_attempts": retry.max_attempts,
                "initial_s": retry.initial,
                "factor": retry.factor,
                "max_s": retry.max,
                "jitter": retry.jitter,
            }),
        )
    }

    /// Sets how long one try of an operation or a model may take; for an approval, how long it waits for a person.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set("timeout_s", timeout.as_secs_f64())
    }

    /// Sets what its failure means to the run. Default: [`OnError::Fail`].
    pub fn on_error(self, on_error: OnError) -> Self {
        self.set("on_error", on_error.name())
    }

    /// Sets whether it may be executed again. Default: [`Effect::Repeatable`]. Only for operations and models.
    pub fn effect(self, effect: Effect) -> Self {
        self.set("effect", effect.name())
    }

    /// Says that it may not be executed again when nobody knows what became of a try.
    pub fn once(self) -> Self {
        self.effect(Effect::Once)
    }

    /// Sets the nodes that a loop plays.
    pub fn body(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        self.set("body", ids)
    }

    /// Sets the JSON Schema of a model's answer. Default: the answer is text.
    pub fn output_schema(self, schema: Value) -> Self {
        self.set("output_schema", schema)
    }

    /// Sets how many rounds of tool calls a model gets. Default 8.
    pub fn max_tool_rounds(self, rounds: u32) -> Self {
        self.set("max_tool_rounds", rounds)
    }

    /// Sets how many items are played at a time. Default 8.
    pub fn max_concurrency(self, items: u32) -> Self {
        self.set("max_concurrency", items)
    }

    /// Sets what the failure of one item means. Default: [`OnItemError::Fail`].
    pub fn on_item_error(self, on_item_error: OnItemError) -> Self {
        self.set("on_item_error", on_item_error.name())
    }

    /// Sets how many items there may be. Default 10,000.
    pub fn max_items(self, items: u32) -> Self {
        self.set("max_items", items)
    }

    /// Sets what it means that `until` never held. Default: [`OnMax::Fail`].
    pub fn on_max(self, on_max: OnMax) -> Self {
        self.set("on_max", on_max.name())
    }

    /// Sets what it means that nobody answered in time. Default: [`OnTimeout::Fail`].
    pub fn on_timeout(self, on_timeout: OnTimeout) -> Self {
        self.set("on_timeout", on_timeout.name())
    }

    /// Sets how a stop ends the run. Default: [`StopStatus::Succeeded`].
    pub fn status(self, status: StopStatus) -> Self {
        self.set("status", status.name())
    }

    /// Sets why a stop ends the run.
    pub fn reason(self, reason: impl Into<String>) -> Self {
        self.set("reason", reason.into())
    }

    pub(super) fn into_json(self) -> Value {
        Value::Object(self.fields)
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}
