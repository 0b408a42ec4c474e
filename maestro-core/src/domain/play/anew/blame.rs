//! Blame: which steps kept a run from ending well.

use super::super::super::{EdgeOn, NodeKind, OnError, OnItemError, RunStep, StepKind, StepStatus};
use super::{Place, Reach, is_part, owner_of, place_of};

impl<'a> Reach<'_, 'a> {
    /// Tells whether a step must be played anew for the run to end well: it failed and nobody handled that, or it was
    /// cancelled.
    pub(super) fn is_blamed(&self, row: &'a RunStep) -> bool {
        let Some(place) = place_of(self.record.plan, row) else { return false };
        match row.status {
            StepStatus::Failed if row.is_retried() => false,
            StepStatus::Cancelled | StepStatus::Failed if is_part(row) => {
                // What a tool failed with was an answer to the model.
                let counts = row.status == StepStatus::Cancelled || row.kind == StepKind::ModelTurn;
                let node = owner_of(row.key.as_str()).and_then(|node| self.record.last.get(node));
                counts
                    && node.is_none_or(|node| self.again.contains(node.key.as_str()) || self.is_blamed(node))
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

    /// Tells whether an iteration that did not end well kept the loops around it from ending well. `failed` says how it ended.
    fn counts_around(&self, place: Place<'a>, failed: bool) -> bool {
        let Some((key, owner, _)) = self.record.owner(place.path) else { return true };
        if self.is_again_within(place.path.trim_end_matches('.')) {
            return true; // it is opened again, and shall end well now
        }
        let on_item_error = match &self.record.plan.node(owner.node).kind {
            NodeKind::MapOver { on_item_error, .. } => *on_item_error,
            _ => OnItemError::Fail,
        };
        if failed && on_item_error != OnItemError::Fail {
            return false;
        }
        match self.record.last.get(key) {
            Some(row) if row.status.is_final() => self.is_blamed(row),
            _ => self.counts_around(owner, false),
        }
    }

    /// Tells whether the run went on after a failure, as its score says that it may.
    fn is_handled(&self, place: Place<'a>) -> bool {
        let plan = self.record.plan;
        let row_of =
            |node: usize| self.record.last.get(format!("{}{}", place.path, plan.node(node).id).as_str());
        let stops = |node: usize| {
            let is_stop = matches!(plan.node(node).kind, NodeKind::Stop { .. });
            is_stop && row_of(node).is_some_and(|row| row.status == StepStatus::Succeeded)
        };
        if self.record.following(place.node).into_iter().any(stops) {
            return false; // it led to the stop that ended the run
        }
        let is_played = |node: usize| {
            row_of(node).is_some_and(|row| !matches!(row.status, StepStatus::Skipped | StepStatus::Cancelled))
        };
        let edges = plan.outgoing(place.node).iter();
        let on_failure = edges.filter(|edge| plan.edge(**edge).on == EdgeOn::Failure);
        let mut handlers = on_failure.map(|edge| plan.link(*edge).to);
        plan.node(place.node).on_error == OnError::Continue || handlers.any(is_played)
    }
}
