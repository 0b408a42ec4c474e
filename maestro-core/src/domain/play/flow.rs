//! Flow: how the decision about one node decides the edges behind it, and those the next nodes.

use chrono::{DateTime, Utc};

use super::super::{EdgeOn, Failure, OnError, Payload, Scope};
use super::{
    Decision, Fate, Play, StepHandle, Work,
    finish::Ending,
    frame::{EdgeState, Frame, NodeState, Outcome},
};

impl Play {
    /// Opens a frame: its roots are ready.
    pub(super) fn open(&mut self, mut frame: Frame) -> usize {
        let plan = self.plan.clone();
        let slot = self.free.pop().unwrap_or_else(|| {
            self.frames.push(None);
            self.frames.len() - 1
        });
        let mut roots = Vec::new();
        for (local, number) in plan.scope(frame.scope).members.iter().enumerate() {
            let undecided = plan.place(*number).incoming.len();
            frame.nodes[local] = NodeState::Pending { undecided };
            if undecided == 0 {
                roots.push((StepHandle { frame: slot, local }, Fate::Start));
            }
        }
        if frame.undecided == 0 {
            self.work.push(Work::FrameDone(slot));
        }
        self.paths.insert(frame.path.clone(), slot);
        self.frames[slot] = Some(frame);
        self.ready.extend(roots);
        slot
    }

    /// Decides a node for good.
    pub(super) fn decide(&mut self, at: StepHandle, outcome: Outcome) {
        self.running.remove(&at);
        self.unknown.remove(&at);
        if let Some(NodeState::Waiting(_, moment) | NodeState::Retrying(_, moment)) = self.state(at) {
            let moment = *moment;
            self.timers.remove(&(moment, at));
        }
        self.any_failed |= matches!(outcome, Outcome::Failed(_));
        let frame = self.frame_mut(at.frame);
        frame.cut_short |= matches!(outcome, Outcome::Cancelled);
        frame.nodes[at.local] = NodeState::Done(outcome);
        frame.undecided -= 1;
        if frame.undecided == 0 {
            self.work.push(Work::FrameDone(at.frame)); // popped after what follows from the node itself
        }
        self.work.push(Work::Decided(at));
    }

    /// Decides the edges behind a node that was decided.
    pub(super) fn propagate(&mut self, at: StepHandle, now: DateTime<Utc>) {
        let plan = self.plan.clone();
        let number = self.number(at);
        let node = plan.node(number);
        let NodeState::Done(outcome) = &self.frame(at.frame).nodes[at.local] else { return };
        let outcome = outcome.clone();
        let mut handled = node.on_error == OnError::Continue;
        for edge in &plan.place(number).outgoing {
            let taken = self.decide_edge(at, *edge, &outcome);
            handled |= matches!(taken, EdgeState::Taken) && plan.edge(*edge).on == EdgeOn::Failure;
            let link = plan.link(*edge);
            let target = StepHandle { frame: at.frame, local: plan.place(link.to).local };
            let frame = self.frame_mut(at.frame);
            frame.edges[link.local] = taken;
            if let NodeState::Pending { undecided } = &mut frame.nodes[target.local] {
                *undecided -= 1;
                if *undecided == 0 {
                    let fate = self.fate_of(target);
                    self.ready.push_back((target, fate));
                }
            }
        }
        if let (Outcome::Failed(failure), false) = (&outcome, handled) {
            let key = self.frame(at.frame).path.step(&node.id);
            let failure = Failure::new(&failure.code, format!("step {key}: {}", failure.message));
            self.begin_failing(at.frame, failure, now);
        }
    }

    fn decide_edge(&self, from: StepHandle, edge: usize, outcome: &Outcome) -> EdgeState {
        let continued = self.plan.node(self.number(from)).on_error == OnError::Continue;
        let edge = self.plan.edge(edge);
        let taken = match (edge.on, outcome) {
            (EdgeOn::Always, _) | (EdgeOn::Success, Outcome::Succeeded(_)) => true,
            (EdgeOn::Success, Outcome::Failed(_)) => continued,
            (EdgeOn::Failure, Outcome::Failed(_)) => !continued,
            (EdgeOn::Success, Outcome::Skipped | Outcome::Cancelled) => false,
            (EdgeOn::Failure, Outcome::Succeeded(_) | Outcome::Skipped | Outcome::Cancelled) => false,
        };
        let Some(when) = edge.when.as_ref().filter(|_| taken) else {
            return if taken { EdgeState::Taken } else { EdgeState::NotTaken };
        };
        let frame = self.frame(from.frame);
        let (output, error) = match outcome {
            Outcome::Succeeded(output) => (output.clone(), Payload::null()),
            Outcome::Failed(failure) => {
                let output = if continued { Payload::empty_object() } else { Payload::null() };
                (output, Payload::from_serialize(failure).unwrap_or_default())
            }
            Outcome::Skipped | Outcome::Cancelled => (Payload::null(), Payload::null()),
        };
        let scope = Scope::new()
            .with("output", &output)
            .with("error", &error)
            .with_text("status", outcome.status())
            .with("run", &self.given.scope);
        match when.is_true(&frame.loop_names(scope)) {
            Ok(true) => EdgeState::Taken,
            Ok(false) => EdgeState::NotTaken,
            Err(error) => {
                let place = format!("the condition of the edge {} → {}", edge.from, edge.to);
                EdgeState::Broken(Failure::new("expression_error", format!("{place}: {error}")))
            }
        }
    }

    /// Tells what its edges, all decided, make of a node; notes whether it goes on when the run is failing.
    fn fate_of(&mut self, at: StepHandle) -> Fate {
        let plan = self.plan.clone();
        let number = self.number(at);
        let frame = self.frame_mut(at.frame);
        let (mut taken, mut licensed) = (false, false);
        for edge in &plan.place(number).incoming {
            let link = plan.link(*edge);
            match &frame.edges[link.local] {
                EdgeState::Broken(failure) => return Fate::Fail(failure.clone()),
                EdgeState::Taken => {
                    taken = true;
                    licensed |=
                        plan.edge(*edge).on != EdgeOn::Success || frame.licensed[plan.place(link.from).local];
                }
                EdgeState::NotTaken | EdgeState::Undecided => {}
            }
        }
        frame.licensed[at.local] = licensed;
        if taken { Fate::Start } else { Fate::Skip }
    }

    /// Tells whether new nodes of a frame must not start, because a failure in it or around it was not handled.
    pub(super) fn is_blocked(&self, frame: usize) -> bool {
        let mut frame = self.frame(frame);
        loop {
            if frame.failing.is_some() {
                return true;
            }
            let Some((parent, owner, _)) = frame.parent else { return false };
            let outer = self.frame(parent);
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
        !self.frame(at.frame).licensed[at.local] && self.is_blocked(at.frame)
    }

    /// Notes a failure that nobody handled; what waits in its reach is cancelled, and what runs too if the score says so.
    fn begin_failing(&mut self, frame: usize, failure: Failure, now: DateTime<Utc>) {
        let failing = &mut self.frame_mut(frame).failing;
        if failing.is_none() {
            *failing = Some(failure);
            self.wind_down(now);
        }
    }

    /// Cancels what waits although it must not go on.
    pub(super) fn wind_down(&mut self, now: DateTime<Utc>) {
        if self.history.is_some() {
            return; // looked at once the record is read
        }
        let fail_fast = self.plan.score().fail_fast
            && self.frames[super::ROOT].as_ref().is_some_and(|f| f.failing.is_some());
        let waits: Vec<StepHandle> = self.timers.iter().map(|(_, at)| *at).collect();
        for at in waits {
            let retries = matches!(self.state(at), Some(NodeState::Retrying(..)));
            if self.is_held_back(at) && (!retries || fail_fast) {
                self.cancel_wait(at, now);
            }
        }
        if fail_fast {
            let held_back: Vec<_> =
                self.running.iter().copied().filter(|at| self.is_held_back(*at)).collect();
            self.decisions.extend(held_back.into_iter().map(Decision::Abort));
        }
    }

    /// Ends what waits for a moment.
    pub(super) fn cancel_wait(&mut self, at: StepHandle, now: DateTime<Utc>) {
        match self.state(at) {
            Some(NodeState::Waiting(row, _)) => {
                let row = row.cancelled(now);
                self.write(row);
            }
            Some(NodeState::Retrying(..)) => {}
            _ => return,
        }
        self.decide(at, Outcome::Cancelled);
    }

    /// Ends the run as a whole: what waits is cancelled, what runs is asked to end, nothing new starts.
    pub(super) fn end(&mut self, ending: Ending, now: DateTime<Utc>) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(ending);
        let waits: Vec<StepHandle> = self.timers.iter().map(|(_, at)| *at).collect();
        self.undone |= !waits.is_empty() || !self.unknown.is_empty();
        for at in waits {
            self.cancel_wait(at, now);
        }
        self.decisions.extend(self.running.iter().copied().map(Decision::Abort));
    }
}
