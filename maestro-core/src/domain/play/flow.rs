//! Flow: how the decision about one node decides the edges behind it, and those the next nodes.

use chrono::{DateTime, Utc};

use super::super::{EdgeOn, Failure, OnError, Payload, Scope};
use super::{
    Fate, Play, StepHandle,
    frame::{Failing, Frame, NodeState, Outcome},
    frames::FrameId,
};

impl Play {
    /// Opens a frame: its roots are ready.
    pub(super) fn open(&mut self, frame: Frame) -> FrameId {
        let scope = self.plan.scope(frame.scope);
        let frame = self.frames.open(frame);
        let roots = scope.roots.iter().map(|local| StepHandle::node(frame, *local));
        self.ready.extend(roots.map(|root| (root, Fate::Start)));
        frame
    }

    /// Decides a node for good.
    pub(super) fn decide(&mut self, at: StepHandle, outcome: Outcome) {
        if !at.is_part() {
            self.any_failed |= matches!(outcome, Outcome::Failed(_));
            self.frame_mut(at.frame).cut_short |= matches!(outcome, Outcome::Cancelled);
        }
        self.set(at, NodeState::Done(outcome));
        self.decided.push(at);
    }

    /// Follows up a node that was decided: its edges, the nodes behind them, the run when nobody handles its failure, and
    /// the frame when nothing else is left in it.
    pub(super) fn propagate(&mut self, at: StepHandle, now: DateTime<Utc>) {
        if at.is_part() {
            return self.part_decided(at, now);
        }
        let Some(NodeState::Done(outcome)) = self.state(at) else { return };
        let outcome = outcome.clone();
        let number = self.number(at);
        let mut handled = self.plan.node(number).on_error == OnError::Continue;
        for nth in 0..self.plan.outgoing(number).len() {
            let edge = self.plan.outgoing(number)[nth];
            let taken = self.decide_edge(at, edge, &outcome);
            handled |= taken == Ok(true) && self.plan.edge(edge).on == EdgeOn::Failure;
            self.follow_edge(at.frame, edge, taken);
        }
        if let (Outcome::Failed(failed), false) = (&outcome, handled) {
            let message = format!("step {}: {}", self.key(at), failed.failure.message);
            let failure = Failure::new(&failed.failure.code, message);
            let failing = Failing { at: failed.at, local: at.local, failure };
            self.begin_failing(at.frame, failing, now);
        }
        let frame = self.frame_mut(at.frame);
        frame.left -= 1;
        if frame.left == 0 {
            self.frame_done(at.frame, now);
        }
    }

    /// Tells whether an edge is taken, or why nobody can tell.
    fn decide_edge(&self, from: StepHandle, edge: usize, outcome: &Outcome) -> Result<bool, Failure> {
        let continued = self.plan.node(self.plan.link(edge).from).on_error == OnError::Continue;
        let edge = self.plan.edge(edge);
        let taken = match (edge.on, outcome) {
            (EdgeOn::Always, _) | (EdgeOn::Success, Outcome::Succeeded(_)) => true,
            (EdgeOn::Success, Outcome::Failed(_)) => continued,
            (EdgeOn::Failure, Outcome::Failed(_)) => !continued,
            (EdgeOn::Success, Outcome::Skipped | Outcome::Cancelled) => false,
            (EdgeOn::Failure, Outcome::Succeeded(_) | Outcome::Skipped | Outcome::Cancelled) => false,
        };
        let Some(when) = edge.when.as_ref().filter(|_| taken) else { return Ok(taken) };
        let (output, error) = match outcome {
            Outcome::Succeeded(output) => (output.clone(), Payload::null()),
            Outcome::Failed(failed) => {
                let output = if continued { Payload::empty_object() } else { Payload::null() };
                (output, Payload::from_serialize(&failed.failure).unwrap_or_default())
            }
            Outcome::Skipped | Outcome::Cancelled => (Payload::null(), Payload::null()),
        };
        let scope = Scope::new()
            .with("output", &output)
            .with("error", &error)
            .with_text("status", outcome.status())
            .with("run", &self.given.scope);
        when.is_true(&self.frame(from.frame).loop_names(scope)).map_err(|error| {
            let place = format!("the condition of the edge {} → {}", edge.from, edge.to);
            Failure::new("expression_error", format!("{place}: {error}"))
        })
    }

    /// Notes whether an edge is taken. The node behind it is ready when that was its last edge.
    fn follow_edge(&mut self, frame: FrameId, edge: usize, taken: Result<bool, Failure>) {
        let link = self.plan.link(edge);
        let (local, target) = (link.local, self.plan.place(link.to).local);
        let at = StepHandle::node(frame, target);
        let frame = self.frame_mut(frame);
        match taken {
            Ok(taken) => frame.taken[local] = taken,
            Err(failure) => drop(frame.broken.insert(local, failure)),
        }
        if let NodeState::Pending { undecided } = &mut frame.nodes[target] {
            *undecided -= 1;
            if *undecided == 0 {
                let fate = self.fate_of(at);
                self.ready.push_back((at, fate));
            }
        }
    }

    /// Tells what its edges, all decided, make of a node; notes whether it goes on when the run is failing.
    fn fate_of(&mut self, at: StepHandle) -> Fate {
        let frame = self.frame(at.frame);
        let (mut taken, mut licensed) = (false, false);
        for edge in self.plan.incoming(self.number(at)) {
            let link = self.plan.link(*edge);
            if let Some(failure) = frame.broken.get(&link.local) {
                return Fate::Fail(Box::new(failure.clone()));
            }
            if frame.taken[link.local] {
                let source = self.plan.place(link.from).local;
                licensed |= self.plan.edge(*edge).on != EdgeOn::Success || frame.licensed[source];
                taken = true;
            }
        }
        self.frame_mut(at.frame).licensed[at.local as usize] = licensed;
        if taken { Fate::Start } else { Fate::Skip }
    }
}
