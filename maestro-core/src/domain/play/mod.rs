//! The interpreter: plays a score. Pure: no I/O, no clock, no randomness.
//!
//! A [`Play`] is fed with what happened and answers with what to do. Everything that it decides follows from what was
//! recorded, so that a play which is loaded from any part of its record goes on as if nothing had happened.
//!
//! Its law: **loading any recorded set equals applying its events in any causal order.** Its cost per event does not grow
//! with the graph.

mod data;
mod ended;
mod event;
mod finish;
mod flow;
mod frame;
mod history;
mod input;
mod loops;
mod plan;
mod rows;
mod start;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub use self::event::{
    Billed, Decision, Ended, Event, Pause, PlayLimits, PlayedRun, StartStep, StepHandle, StepOutcome,
};
pub use self::plan::{Plan, PlanError};
use self::{
    event::Given,
    finish::Ending,
    frame::{Frame, NodeState},
    history::History,
};
use super::{RunStep, StepPath, Totals};

/// The frame of the run itself.
const ROOT: usize = 0;

/// One playing of a score.
#[derive(Debug)]
pub struct Play {
    plan: Arc<Plan>,
    given: Given,
    /// Open frames; a slot that is free is used again.
    frames: Vec<Option<Frame>>,
    free: Vec<usize>,
    /// Open frames by their paths, for those who only know a step's key.
    paths: HashMap<StepPath, usize>,
    /// What was recorded, while the play is loaded.
    history: Option<History>,
    /// Nodes that were decided and frames that are complete, to be followed up.
    work: Vec<Work>,
    /// Nodes all of whose edges are decided.
    ready: VecDeque<(StepHandle, Fate)>,
    decisions: Vec<Decision>,
    running: BTreeSet<StepHandle>,
    timers: BTreeSet<(DateTime<Utc>, StepHandle)>,
    unknown: BTreeSet<StepHandle>,
    totals: Totals,
    any_failed: bool,
    root_done: bool,
    ending: Option<Ending>,
    /// Whether something was left undone because the run is ending.
    undone: bool,
    finished: bool,
}

/// What to follow up.
#[derive(Debug)]
enum Work {
    Decided(StepHandle),
    FrameDone(usize),
}

/// What its edges make of a node.
#[derive(Debug)]
enum Fate {
    Start,
    Retry(frame::Try),
    Skip,
    Fail(super::Failure),
}

impl Play {
    /// Loads a play from what was recorded of it, in any order, and decides how to go on. An empty record begins it.
    pub fn load(
        plan: Arc<Plan>,
        run: PlayedRun,
        limits: PlayLimits,
        steps: Vec<RunStep>,
        at: DateTime<Utc>,
    ) -> (Self, Vec<Decision>) {
        let mut play = Self {
            given: Given::new(run, limits),
            plan,
            frames: Vec::new(),
            free: Vec::new(),
            paths: HashMap::new(),
            history: None,
            work: Vec::new(),
            ready: VecDeque::new(),
            decisions: Vec::new(),
            running: BTreeSet::new(),
            timers: BTreeSet::new(),
            unknown: BTreeSet::new(),
            totals: Totals::default(),
            any_failed: false,
            root_done: false,
            ending: None,
            undone: false,
            finished: false,
        };
        for step in &steps {
            play.count(step);
        }
        let feed = play.given.run.input.clone();
        let root = Frame::new(ROOT, play.plan.scope(ROOT), StepPath::root(), feed);
        if steps.is_empty() {
            play.open(root);
        } else {
            play.recall(root, History::new(steps), at);
        }
        let decisions = play.settle(at);
        (play, decisions)
    }

    /// Applies what happened at `at`. Events that no longer matter change nothing.
    pub fn apply(&mut self, event: Event, at: DateTime<Utc>) -> Vec<Decision> {
        if self.finished {
            return Vec::new();
        }
        match event {
            Event::Ended(ended) => self.ended(*ended, at),
            Event::Time => self.time(at),
            Event::Resolved { key, attempt, resolution } => self.resolved(&key, attempt, resolution, at),
            Event::Cancel => self.end(Ending::Cancel, at),
            Event::Timeout => self.end(Ending::Timeout, at),
        }
        self.settle(at)
    }

    /// Returns what the play waits for.
    pub fn pause(&self) -> Pause {
        match self.timers.first() {
            _ if self.finished => Pause::Ended,
            _ if !self.running.is_empty() => Pause::Running,
            Some((at, _)) => Pause::Until(*at),
            None => Pause::Person,
        }
    }

    /// Returns the next moment at which [`Event::Time`] changes something.
    pub fn next_moment(&self) -> Option<DateTime<Utc>> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Returns how many steps the play has started and not seen end.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Returns tokens and money so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Follows up everything until nothing is left to decide, and returns the decisions.
    fn settle(&mut self, at: DateTime<Utc>) -> Vec<Decision> {
        self.follow_up(at);
        self.finish_if_done();
        std::mem::take(&mut self.decisions)
    }

    fn follow_up(&mut self, at: DateTime<Utc>) {
        loop {
            match self.work.pop() {
                Some(Work::Decided(node)) => self.propagate(node, at),
                Some(Work::FrameDone(frame)) => self.frame_done(frame, at),
                None => match self.ready.pop_front() {
                    Some((node, fate)) => self.meet(node, fate, at),
                    None => return,
                },
            }
        }
    }

    fn frame(&self, frame: usize) -> &Frame {
        self.frames[frame].as_ref().expect("a frame is open as long as something in it is not decided")
    }

    fn frame_mut(&mut self, frame: usize) -> &mut Frame {
        self.frames[frame].as_mut().expect("a frame is open as long as something in it is not decided")
    }

    fn state(&self, at: StepHandle) -> Option<&NodeState> {
        self.frames.get(at.frame)?.as_ref()?.nodes.get(at.local)
    }

    fn set(&mut self, at: StepHandle, state: NodeState) {
        self.frame_mut(at.frame).nodes[at.local] = state;
    }

    /// Returns the number in the plan of the node that stands at `at`.
    fn number(&self, at: StepHandle) -> usize {
        self.plan.scope(self.frame(at.frame).scope).members[at.local]
    }
}
