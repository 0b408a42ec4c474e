//! Winding down: what a failure that nobody handled, or the end of the run, means to everything else.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::super::StepStatus;
use super::{
    Decision, Play, StepHandle,
    finish::Ending,
    frame::{Failing, NodeState, Try},
    frames::{FrameId, ROOT},
};

impl Play {
    /// Tells whether new nodes of a frame must not start, because a failure in it or around it was not handled. Nodes
    /// of the frame that are licensed start nevertheless.
    fn is_blocked(&self, frame: FrameId) -> bool {
        let mut frame = self.frame(frame);
        loop {
            if frame.failing.is_some() {
                return true;
            }
            let Some((owner, _)) = frame.owner else { return false };
            let outer = self.frame(owner.frame);
            let owner = owner.local as usize;
            if matches!(&outer.nodes[owner], NodeState::Looping(looping) if looping.failed.is_some()) {
                return true;
            }
            if outer.licensed[owner] {
                return false;
            }
            frame = outer;
        }
    }

    /// Tells whether a node must not start.
    pub(super) fn is_held_back(&self, at: StepHandle) -> bool {
        !self.frame(at.frame).licensed[at.local as usize] && self.is_blocked(at.frame)
    }

    /// Tells whether even a step that has begun must not go on.
    pub(super) fn is_called_off(&self, at: StepHandle) -> bool {
        self.ending.is_some() || self.fails_fast() && self.is_held_back(at)
    }

    /// Tells whether nothing is decided any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.ending, Some(Ending::Stop { .. } | Ending::Timeout | Ending::Budget(_)))
    }

    fn fails_fast(&self) -> bool {
        self.plan.score().fail_fast && self.frame(ROOT).failing.is_some()
    }

    /// Notes a failure that nobody handled; what is in its reach winds down.
    pub(super) fn begin_failing(&mut self, frame: FrameId, failing: Failing, now: DateTime<Utc>) {
        let first = &mut self.frame_mut(frame).failing;
        match first {
            None => {
                *first = Some(failing);
                self.wind_down(vec![frame], now);
            }
            Some(first) if (failing.at, failing.local) < (first.at, first.local) => *first = failing,
            Some(_) => {}
        }
    }

    /// Ends the run as a whole: what waits is cancelled, what runs is asked to end, nothing new starts.
    pub(super) fn end(&mut self, ending: Ending, now: DateTime<Utc>) {
        if self.ending.is_none() {
            self.ending = Some(ending);
            self.wind_down(vec![ROOT], now);
        }
    }

    /// Cancels what waits in these frames, and in those within them, although it must not go on; asks what runs to end
    /// where it must. Looks at every frame once for each failure around it and once for the end of the run, so that its
    /// cost is a share of what it took to open the frame.
    pub(super) fn wind_down(&mut self, mut frames: Vec<FrameId>, now: DateTime<Utc>) {
        if self.history.is_some() {
            return; // looked at once the record is read
        }
        let (ends, fails_fast) = (self.ending.is_some(), self.fails_fast());
        // What was paid shall be on record.
        let spares = matches!(self.ending, Some(Ending::Budget(_)));
        let (mut waits, mut runs) = (Vec::new(), BTreeMap::new());
        while let Some(id) = frames.pop() {
            let blocked = self.is_blocked(id);
            let frame = self.frame(id);
            for (local, state) in frame.nodes.iter().enumerate() {
                let held_back = blocked && !frame.licensed[local];
                let called_off = ends || fails_fast && held_back;
                let at = StepHandle::node(id, local);
                match state {
                    NodeState::Looping(looping) => frames.extend(looping.open.values()),
                    NodeState::Waiting(..) if called_off || held_back => waits.push(at),
                    NodeState::Retrying(..) if called_off => waits.push(at),
                    NodeState::Running { attempt, asked_to_end: false } if called_off && !spares => {
                        runs.insert(at, *attempt);
                    }
                    NodeState::Talking(talk) if called_off => {
                        for (part, state) in talk.states() {
                            let at = StepHandle { part, ..at };
                            match state {
                                NodeState::Waiting(..) | NodeState::Retrying(..) => waits.push(at),
                                NodeState::Running { attempt, asked_to_end: false } if !spares => {
                                    runs.insert(at, *attempt);
                                }
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        self.rewrites |= !waits.is_empty() || !runs.is_empty();
        for at in waits {
            self.cancel_wait(at, now);
        }
        for (at, attempt) in self.retract(&mut runs) {
            let row = self.row(at, attempt, StepStatus::Cancelled);
            self.cancel(at, row, now);
        }
        for (at, attempt) in runs {
            self.set(at, NodeState::Running { attempt, asked_to_end: true });
            self.decisions.push(Decision::Abort(at));
        }
    }

    /// Takes back the starts that were decided in this very call, and returns their steps; the others stay in `runs`.
    fn retract(&mut self, runs: &mut BTreeMap<StepHandle, Try>) -> Vec<(StepHandle, Try)> {
        let mut fresh = Vec::new();
        if !runs.is_empty() {
            self.decisions.retain(|decision| {
                let Decision::Start(step) = decision else { return true };
                let retracted = runs.remove_entry(&step.handle);
                fresh.extend(retracted);
                retracted.is_none()
            });
        }
        fresh
    }

    /// Ends what waits for a moment. A try that is due later gets a row that says that it never came to be.
    pub(super) fn cancel_wait(&mut self, at: StepHandle, now: DateTime<Utc>) {
        let row = match self.state(at) {
            Some(NodeState::Waiting(row, _)) => (**row).clone(),
            Some(NodeState::Retrying(attempt, _)) => self.row(at, *attempt, StepStatus::Cancelled),
            _ => return,
        };
        self.cancel(at, row, now);
    }
}
