//! Writing: the flat JSON form of a score, without what has its default.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{DelayUntil, Edge, Effect, Node, NodeKind, PipelineKind, Retry, Score};

/// Fields of an object, one after the other.
struct Fields<M>(M);

impl<M: SerializeMap> Fields<M> {
    fn always(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }

    fn if_some(&mut self, name: &'static str, value: &Option<impl Serialize>) -> Result<(), M::Error> {
        value.as_ref().map_or(Ok(()), |value| self.always(name, value))
    }

    fn unless<T: Serialize + PartialEq>(
        &mut self,
        name: &'static str,
        value: &T,
        default: T,
    ) -> Result<(), M::Error> {
        if *value == default { Ok(()) } else { self.always(name, value) }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.always("id", &self.id)?;
        fields.always("name", &self.name)?;
        fields.unless("version", &self.version, 0)?;
        fields.unless("pipeline_kind", &self.pipeline_kind, PipelineKind::default())?;
        fields.unless("template", &self.template, false)?;
        fields.unless("description", &self.description, String::new())?;
        fields.if_some("input_schema", &self.input_schema)?;
        fields.if_some("summary", &self.summary)?;
        fields.if_some("budget_cents", &self.budget_cents)?;
        fields.unless("timeout_s", &self.timeout, Self::DEFAULT_TIMEOUT)?;
        fields.unless("fail_fast", &self.fail_fast, false)?;
        fields.always("nodes", &self.nodes)?;
        fields.always("edges", &self.edges)?;
        fields.0.end()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.always("id", &self.id)?;
        fields.if_some("label", &self.label)?;
        fields.always("kind", self.kind.name())?;
        write_kind(&self.kind, &mut fields)?;
        fields.if_some("input", &self.input)?;
        fields.if_some("retry", &self.retry.as_ref().map(WrittenRetry))?;
        if self.kind.is_executed() {
            fields.if_some("timeout_s", &self.timeout)?; // an approval has written its own
        }
        fields.unless("on_error", &self.on_error, super::OnError::default())?;
        fields.unless("effect", &self.effect, Effect::default())?;
        fields.0.end()
    }
}

fn write_kind<M: SerializeMap>(kind: &NodeKind, fields: &mut Fields<M>) -> Result<(), M::Error> {
    match kind {
        NodeKind::Deterministic { skill, operation } => {
            fields.always("skill", skill)?;
            fields.always("operation", operation)
        }
        NodeKind::Llm { agent, prompt, output_schema, max_tool_rounds } => {
            fields.always("agent", agent)?;
            fields.always("prompt", prompt)?;
            fields.if_some("output_schema", output_schema)?;
            fields.unless("max_tool_rounds", max_tool_rounds, NodeKind::DEFAULT_TOOL_ROUNDS)
        }
        NodeKind::MapOver { items, body, max_concurrency, on_item_error, max_items } => {
            fields.always("items", items)?;
            fields.always("body", body)?;
            fields.unless("max_concurrency", max_concurrency, NodeKind::DEFAULT_CONCURRENCY)?;
            fields.unless("on_item_error", on_item_error, super::OnItemError::default())?;
            fields.unless("max_items", max_items, NodeKind::DEFAULT_ITEMS)
        }
        NodeKind::Repeat { body, until, max_iterations, on_max } => {
            fields.always("body", body)?;
            fields.always("until", until)?;
            fields.always("max_iterations", max_iterations)?;
            fields.unless("on_max", on_max, super::OnMax::default())
        }
        NodeKind::Delay(DelayUntil::For(span)) => fields.always("for_s", span),
        NodeKind::Delay(DelayUntil::Until(moment)) => fields.always("until", moment),
        NodeKind::Approval { title, timeout, on_timeout } => {
            fields.always("title", title)?;
            fields.if_some("timeout_s", timeout)?;
            fields.unless("on_timeout", on_timeout, super::OnTimeout::default())
        }
        NodeKind::Stop { status, reason } => {
            fields.always("status", status)?;
            fields.if_some("reason", reason)
        }
    }
}

/// A retry with its first field always there: its default depends on the effect of the node.
struct WrittenRetry<'r>(&'r Retry);

impl Serialize for WrittenRetry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (retry, default) = (self.0, Retry::default());
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.always("max_attempts", &retry.max_attempts)?;
        fields.unless("initial_s", &retry.initial, default.initial)?;
        fields.unless("factor", &retry.factor, default.factor)?;
        fields.unless("max_s", &retry.max, default.max)?;
        fields.unless("jitter", &retry.jitter, default.jitter)?;
        fields.0.end()
    }
}

impl Serialize for Edge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.always("from", &self.from)?;
        fields.always("to", &self.to)?;
        fields.unless("on", &self.on, super::EdgeOn::default())?;
        fields.if_some("when", &self.when)?;
        fields.0.end()
    }
}
