//! Money: turns that must not be asked for, and turns that must wait for it.

use chrono::{DateTime, Utc};

use super::super::{Failure, RunStep, StepStatus};
use super::{
    Fate, Play, StepHandle,
    finish::Ending,
    frame::{NodeState, Try},
    frames::ROOT,
};

impl Play {
    /// Ends the run, because a turn that was decided could cost more than the run may. What runs goes on to its end, so
    /// that nothing is lost that was paid.
    pub(super) fn over_budget(&mut self, at: StepHandle, failure: Failure, now: DateTime<Utc>) {
        let Some(attempt) = self.undone(at) else { return };
        let row = self.row(at, attempt, StepStatus::Cancelled);
        self.set(at, NodeState::Pending { undecided: 0 }); // it never began: nobody has to end it
        self.end(Ending::Budget(failure.clone()), now);
        self.cancel(at, RunStep { error: Some(failure), ..row }, now);
    }

    /// Lets a turn that was decided wait.
    pub(super) fn hold(
        &mut self,
        at: StepHandle,
        reason: Failure,
        (since, until): (DateTime<Utc>, DateTime<Utc>),
    ) {
        let Some(attempt) = self.undone(at) else { return };
        let row = self.row(at, attempt, StepStatus::Waiting);
        let row = RunStep { started_at: Some(since), resume_at: Some(until), error: Some(reason), ..row };
        self.write(row.clone());
        self.set(at, NodeState::Waiting(Box::new(row), Some(until)));
    }

    /// Decides anew about the turns that wait.
    pub(super) fn wake(&mut self) {
        let (mut frames, mut held) = (vec![ROOT], Vec::new());
        while let Some(frame) = frames.pop() {
            let Some(open) = self.frames.get(frame) else { continue };
            for (local, state) in open.nodes.iter().enumerate() {
                match state {
                    NodeState::Looping(looping) => frames.extend(looping.open.values()),
                    NodeState::Talking(talk) => {
                        let waits =
                            talk.states().filter(|(_, state)| matches!(state, NodeState::Waiting(..)));
                        let at = StepHandle::node(frame, local);
                        held.extend(waits.map(|(part, _)| StepHandle { part, ..at }));
                    }
                    _ => {}
                }
            }
        }
        for at in held {
            self.release(at);
        }
    }

    /// Goes on with a turn that waited.
    pub(super) fn release(&mut self, at: StepHandle) {
        let Some(NodeState::Waiting(row, _)) = self.state(at) else { return };
        let before = self.first_try(at).before;
        let attempt = Try { attempt: row.attempt, generation: row.generation, before };
        let billed = row.bill();
        self.billed_before.extend(billed.map(|billed| (at, billed)));
        self.set(at, NodeState::Pending { undecided: 0 });
        self.ready.push_back((at, Fate::Retry(attempt)));
    }

    /// Returns the try of a step that was decided.
    fn undone(&self, at: StepHandle) -> Option<Try> {
        match self.state(at) {
            Some(NodeState::Running { attempt, .. }) => Some(*attempt),
            _ => None,
        }
    }
}
