//! Inputs that rows leave out: derived again by reading the record as a play does.

use std::sync::Arc;

use super::super::{Payload, RunStep, StepKey};
use super::{
    Plan, Play, PlayLimits, PlayedRun, StepHandle,
    frame::{NodeState, Try},
    history::{History, Inputs},
    talk::PartKind,
};

/// Derives the inputs of steps whose rows leave them out because they are the merge of recorded outputs: one for each
/// step that was started, in no particular order. For those who show a record to people.
///
/// `steps` are the rows of the run, all of them; what lies behind a row that is missing is not derived.
pub fn inputs(plan: Arc<Plan>, run: PlayedRun, steps: Vec<RunStep>) -> Vec<(StepKey, Payload)> {
    let at = run.started_at;
    // What is on record was within the limits, whatever they were.
    let limits = PlayLimits { value_bytes: usize::MAX, transcript_bytes: usize::MAX };
    let mut play = Play::new(plan, run, limits);
    let mut history = History::new(steps, |_| {});
    history.inputs = Some(Inputs::default());
    play.read(history, at);
    while let Some((loop_at, this, row)) = play.take_closed() {
        if matches!(play.state(loop_at), Some(NodeState::Looping(_) | NodeState::Talking(_))) {
            play.remember_end(loop_at, this, row, at);
            play.follow_up(at);
        }
    }
    play.history.and_then(|history| history.inputs).map(|inputs| inputs.derived).unwrap_or_default()
}

impl Play {
    /// Tells whether the record is read for the inputs, so that loops that are over are read too.
    pub(super) fn derives_inputs(&self) -> bool {
        self.history.as_ref().is_some_and(|history| history.inputs.is_some())
    }

    /// Derives the input of a step if somebody asks for it and it is the merge of outputs.
    pub(super) fn derive_input(&mut self, at: StepHandle, key: &StepKey) {
        if !self.derives_inputs() || !at.is_part() && self.node(at).input.is_some() {
            return;
        }
        let input = match self.part(at).map(|part| &part.kind) {
            None => self.brought(at).ok().map(|brought| brought.merged),
            Some(PartKind::Tool(_, call)) => Some(call.arguments.clone()),
            Some(PartKind::Turn(_)) => None, // the conversation so far
        };
        let Some(input) = input else { return };
        if let Some(inputs) = self.history.as_mut().and_then(|history| history.inputs.as_mut()) {
            inputs.derived.push((key.clone(), input));
        }
    }

    /// Keeps how a loop ended until its iterations are read.
    pub(super) fn keep_closed(&mut self, at: StepHandle, this: Try, row: RunStep) {
        let depth = row.key.as_str().matches('.').count();
        if let Some(inputs) = self.history.as_mut().and_then(|history| history.inputs.as_mut()) {
            inputs.closed.insert((depth, at), (this, row));
        }
    }

    /// Returns the innermost loop whose iterations are read.
    fn take_closed(&mut self) -> Option<(StepHandle, Try, RunStep)> {
        let closed = &mut self.history.as_mut()?.inputs.as_mut()?.closed;
        let ((_, at), (this, row)) = closed.pop_last()?;
        Some((at, this, row))
    }
}
