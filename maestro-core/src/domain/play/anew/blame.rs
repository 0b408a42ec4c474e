//! Blame: which steps kept a run from ending well.

use super::super::super::{EdgeOn, NodeKind, OnError, OnItemError, RunStep, StepKind, StepStatus};
use super::{Place, Record, is_part, owner_of, place_of};

impl<'a> Record<'a> {
    /// Tells whether the run must play this step anew to end well: it failed and nobody handled that, or it was cancelled.
    pub(super) fn is_blamed(&self, row: &'a RunStep) -> bool {
        let Some(place) = place_of(self.plan, row) else { return false };
        match row.status {
            StepStatus::Failed if row.is_retried() => false,
            StepStatus::Cancelled | StepStatus::Failed if is_part(row) => {
                // What a tool failed with was an answer to the model.
                let counts = row.status == StepStatus::Cancelled || row.kind == StepKind::ModelTurn;
                let node = owner_of(row.key.as_str()).and_then(|node| self.last.get(node));
                counts && node.is_none_or(|node| self.is_blamed(node))
            }
            StepStatus::Cancelled => self.counts_around(place, false),
            StepStatus::Failed => !self.is_handled(place) && self.counts_around(place, true),
            StepStatus::Running
            | StepStatus::Waiting
            | StepStatus::Succeeded
            | StepStatus::Skipped
            | StepStatus::Unknown => false,
        }
    }

    /// Tells whether a loop or an LLM node was left before its end, so that the rest of it is still to be played.
    pub(super) fn is_cut_short(&self, row: &RunStep) -> bool {
        let has_parts = matches!(row.kind, StepKind::MapOver | StepKind::Repeat | StepKind::Llm);
        has_parts && row.status == StepStatus::Cancelled
    }

    /// Tells whether an iteration that did not end well kept the loops around it from ending well. `failed` says how it ended.
    fn counts_around(&self, place: Place<'a>, failed: bool) -> bool {
        let Some((key, owner, _)) = self.owner(place.path) else { return true };
        let on_item_error = match &self.plan.node(owner.node).kind {
            NodeKind::MapOver { on_item_error, .. } => *on_item_error,
            _ => OnItemError::Fail,
        };
        if failed && on_item_error != OnItemError::Fail {
            return false;
        }
        match self.last.get(key) {
            Some(row) if row.status.is_final() => self.is_blamed(row),
            _ => self.counts_around(owner, false),
        }
    }

    /// Tells whether the run went on after a failure, as its score says that it may.
    fn is_handled(&self, place: Place<'a>) -> bool {
        let row_of =
            |node: usize| self.last.get(format!("{}{}", place.path, self.plan.node(node).id).as_str());
        let stops = |node: usize| {
            let is_stop = matches!(self.plan.node(node).kind, NodeKind::Stop { .. });
            is_stop && row_of(node).is_some_and(|row| row.status == StepStatus::Succeeded)
        };
        if self.following(place.node).into_iter().any(stops) {
            return false; // it led to the stop that ended the run
        }
        let is_played = |node: usize| {
            row_of(node).is_some_and(|row| !matches!(row.status, StepStatus::Skipped | StepStatus::Cancelled))
        };
        let mut handlers = self
            .plan
            .outgoing(place.node)
            .iter()
            .filter(|edge| self.plan.edge(**edge).on == EdgeOn::Failure)
            .map(|edge| self.plan.link(*edge).to);
        self.plan.node(place.node).on_error == OnError::Continue || handlers.any(is_played)
    }
}
