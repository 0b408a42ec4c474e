//! Inputs: what a node gets from the edges that brought it to play.

use serde::Serialize;

use super::super::{
    ExprError, Failure, InvalidPayload, MAX_DEPTH, NodeId, OnError, Payload, Scope, Template,
};
use super::{
    Play, PlayLimits, PlayedRun, StepHandle,
    data::merge,
    event::Given,
    frame::{Frame, NodeState, Outcome},
};

/// What a node may see.
pub(super) struct Brought {
    /// The merge of what its edges brought.
    pub(super) merged: Payload,
    /// The output of each node behind a taken edge.
    pub(super) from: Vec<(NodeId, Payload)>,
}

impl Play {
    /// Collects what the taken edges bring to a node.
    pub(super) fn brought(&self, at: StepHandle) -> Result<Brought, Failure> {
        let frame = self.frame(at.frame);
        let incoming = self.plan.incoming(self.number(at));
        if incoming.is_empty() {
            return Ok(Brought { merged: frame.feed.clone(), from: Vec::new() });
        }
        let mut from: Vec<(NodeId, Payload)> = Vec::with_capacity(incoming.len());
        for edge in incoming {
            let link = self.plan.link(*edge);
            if frame.taken[link.local] {
                let source = self.plan.node(link.from);
                let state = &frame.nodes[self.plan.place(link.from).local];
                from.push((source.id.clone(), brought_by(state, source.on_error)));
            }
        }
        let merged = merge(&from).map_err(|error| unreadable(&error))?;
        Ok(Brought { merged, from })
    }

    /// Renders a template of a node.
    pub(super) fn render(
        &self,
        at: StepHandle,
        brought: &Brought,
        template: &Template,
        field: &str,
    ) -> Result<Payload, Failure> {
        let frame = self.frame(at.frame);
        let scope = Scope::new()
            .with("input", &brought.merged)
            .with_from(&brought.from)
            .with("run", &self.given.scope);
        let mut scope = frame.loop_names(scope);
        if let Some(previous) = &frame.previous {
            scope = scope.with("previous", previous);
        }
        let value = template.render(&scope).map_err(|error| broken(field, &error))?;
        self.check(field, &value)?;
        Ok(value)
    }

    /// Renders a template that must give a text.
    pub(super) fn text(
        &self,
        at: StepHandle,
        brought: &Brought,
        template: &Template,
        field: &str,
    ) -> Result<String, Failure> {
        let value = self.render(at, brought, template, field)?;
        match value.value() {
            Ok(serde_json::Value::String(text)) => Ok(text.clone()),
            Ok(other) => Ok(other.to_string()),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// Checks that a value can be recorded.
    pub(super) fn check(&self, what: &str, value: &Payload) -> Result<(), Failure> {
        let limit = self.given.limits.value_bytes;
        if value.size() > limit {
            let size = value.size();
            let message =
                format!("the {what} has {size} bytes, the limit is {limit}; pass on a reference instead");
            return Err(Failure::new("value_too_large", message));
        }
        if value.is_too_deep() {
            let message =
                format!("the {what} is nested more than {MAX_DEPTH} levels deep; pass on a part of it");
            return Err(Failure::new("value_too_deep", message));
        }
        Ok(())
    }
}

impl Frame {
    /// Adds the names that the loops around the frame give.
    pub(super) fn loop_names<'a>(&'a self, scope: Scope<'a>) -> Scope<'a> {
        let scope = match &self.item {
            Some(item) => scope.with("item", item),
            None => scope,
        };
        match self.index() {
            Some(index) => scope.with_index(index),
            None => scope,
        }
    }
}

/// Returns what a decided node brings along a taken edge: its output; of a failure the `error`, or nothing when the run
/// goes on as if it had succeeded; of others nothing.
pub(super) fn brought_by(state: &NodeState, on_error: OnError) -> Payload {
    #[derive(Serialize)]
    struct Brings<'a> {
        error: &'a Failure,
    }
    let named = |name: &str, value: Payload| NodeId::new(name).ok().map(|name| (name, value));
    match (state, on_error) {
        (NodeState::Done(Outcome::Succeeded(output)), _) => output.clone(),
        (NodeState::Done(Outcome::Failed(failed)), OnError::Fail) => {
            let error = Payload::from_serialize(&Brings { error: &failed.failure }).ok();
            let told = failed.told.clone().and_then(|told| named("data", told));
            let all: Vec<_> = told.into_iter().chain(error.and_then(|error| named("error", error))).collect();
            merge(&all).unwrap_or_else(|_| Payload::empty_object())
        }
        _ => Payload::empty_object(),
    }
}

pub(super) fn broken(field: &str, error: &ExprError) -> Failure {
    Failure::new("expression_error", format!("{field}: {error}"))
}

pub(super) fn unreadable(error: &InvalidPayload) -> Failure {
    Failure::new("unreadable_output", error.to_string())
}

impl Given {
    pub(super) fn new(run: PlayedRun, limits: PlayLimits) -> Self {
        #[derive(Serialize)]
        struct Shown<'a> {
            id: String,
            orchestra_id: &'a str,
            score_id: &'a str,
            score_version: u32,
            trigger: &'a super::super::Trigger,
            input: &'a Payload,
            queued_at: chrono::DateTime<chrono::Utc>,
            started_at: chrono::DateTime<chrono::Utc>,
        }
        let shown = Shown {
            id: run.run_id.to_string(),
            orchestra_id: run.orchestra_id.as_str(),
            score_id: run.score_id.as_str(),
            score_version: run.score_version,
            trigger: &run.trigger,
            input: &run.input,
            queued_at: run.queued_at,
            started_at: run.started_at,
        };
        // Not checked for depth: the input was, and may be as deep as a payload can be.
        let scope =
            serde_json::to_string(&shown).map_or_else(|_| Payload::empty_object(), Payload::from_stored);
        Self { run, scope, limits }
    }
}
