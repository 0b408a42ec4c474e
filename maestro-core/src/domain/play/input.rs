//! Inputs: what a node gets from the edges that brought it to play.

use std::sync::Arc;

use serde::Serialize;

use super::super::{ExprError, Failure, InvalidPayload, NodeId, OnError, Payload, Scope, Template};
use super::{
    Play, PlayLimits, PlayedRun, StepHandle,
    data::merge,
    event::Given,
    frame::{EdgeState, Frame, NodeState, Outcome},
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
        let incoming = &self.plan.place(self.number(at)).incoming;
        if incoming.is_empty() {
            return Ok(Brought { merged: frame.feed.clone(), from: Vec::new() });
        }
        let mut from: Vec<(NodeId, Payload)> = Vec::with_capacity(incoming.len());
        for edge in incoming {
            let link = self.plan.link(*edge);
            let source = self.plan.node(link.from);
            // A node that is reached by several edges brings its output once.
            let repeated = incoming.len() > 1 && from.last().is_some_and(|(id, _)| *id == source.id);
            if matches!(frame.edges[link.local], EdgeState::Taken) && !repeated {
                let continued = source.on_error == OnError::Continue;
                let output = brought_by(&frame.nodes[self.plan.place(link.from).local], continued);
                from.push((source.id.clone(), output));
            }
        }
        let merged = merge(&from).map_err(|error| unreadable(&error))?;
        Ok(Brought { merged, from })
    }

    /// Returns what the node's template makes of it, or the merge where it has none; and whether it has one.
    pub(super) fn input_of(&self, at: StepHandle, brought: &Brought) -> Result<(Payload, bool), Failure> {
        match &self.plan.node(self.number(at)).input {
            None => Ok((brought.merged.clone(), false)),
            Some(template) => Ok((self.render(at, brought, template, "input")?, true)),
        }
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
        match value.size() <= self.given.limits.value_bytes {
            true => Ok(value),
            false => Err(self.too_large(field, value.size())),
        }
    }

    pub(super) fn too_large(&self, what: &str, size: usize) -> Failure {
        let limit = self.given.limits.value_bytes;
        let message =
            format!("the {what} has {size} bytes, the limit is {limit}; pass on a reference instead");
        Failure::new("value_too_large", message)
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

/// Returns what a decided node brings along a taken edge: its output; of a failure the `error`; of others nothing.
fn brought_by(state: &NodeState, continued: bool) -> Payload {
    #[derive(Serialize)]
    struct Brings<'a> {
        error: &'a Failure,
    }
    match state {
        NodeState::Done(Outcome::Succeeded(output)) => output.clone(),
        NodeState::Done(Outcome::Failed(error)) if !continued => {
            Payload::from_serialize(&Brings { error }).unwrap_or_else(|_| Payload::empty_object())
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
        Self { run: Arc::new(run), scope, limits }
    }
}
