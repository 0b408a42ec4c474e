//! The interpreter: plays a score. Pure: no I/O, no clock, no randomness.
//!
//! A [`Play`] is fed with what happened and answers with what to do. Everything that it decides follows from what was
//! recorded, so that a play which is loaded from any part of its record goes on as if nothing had happened.
//!
//! Its law: **loading any recorded set equals applying its events in any causal order.** Its cost per event does not grow
//! with the graph.
//!
//! Where the rules of scores leave a choice, it was made so:
//!
//! - A failed step brings `{"error": …}` along a taken edge, or `{}` when its failure is continued from; what was skipped
//!   or cancelled brings `{}`.
//! - When a run is failing, nobody knows of a step without a row whether it had begun, so that after a crash it is
//!   cancelled rather than executed again; a step with a row had begun and goes on.
//! - A failure that a loop hands on does not abort the loop's other iterations, not even with `fail_fast`: whether the
//!   run fails is known when the loop has failed.
//! - An error from a step that was asked to end counts as having ended early, not as a failure: the row is `cancelled`
//!   and keeps the error. A step that ends early unasked has failed.
//! - After a `stop` or the timeout of the run nothing is decided any more, only the ends of steps that still run are
//!   recorded. After a cancel what needs no execution is still decided, so that a run of which nothing was left undone
//!   ends as it would have.
//! - A loop that is open when the run ends ends with it: its row is `cancelled`.
//! - The reason of a `stop` stands in the error of the run where the stop gives it one, else in the line for people.
//! - A failure that nobody handled wins over every other way to end.
//! - Only what is recorded is bounded in size: rendered templates, outputs, results of loops. What edges merge is not, as
//!   long as it is only handed to an executor. A run that went well and whose result cannot be recorded has failed.

mod anew;
mod answers;
mod approval;
mod budget;
mod data;
mod ended;
mod event;
mod finish;
mod flow;
mod frame;
mod frames;
mod history;
mod input;
mod inputs;
mod iteration;
mod looping;
mod loops;
mod plan;
mod remember;
mod resets;
mod rows;
mod start;
mod talk;
mod talking;
mod wait;
mod winding;
mod work;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub use self::anew::anew;
pub use self::event::{
    Answer, Billed, Decision, Ended, Event, Pause, PlayLimits, PlayedRun, StepHandle, StepOutcome,
};
pub use self::inputs::inputs;
pub use self::plan::{Plan, PlanError};
pub use self::work::{AskedTurn, StartStep, Work};
use self::{
    event::Given,
    finish::Ending,
    frame::{Frame, NodeState, Try},
    frames::{FrameId, Frames},
    history::History,
    rows::only_last_rows,
};
use super::{Failure, Node, RunStep, StepKey, Totals};

/// One playing of a score.
#[derive(Debug)]
pub struct Play {
    plan: Arc<Plan>,
    given: Given,
    frames: Frames,
    /// What was recorded, while the play is loaded.
    history: Option<History>,
    /// Nodes that were decided, to be followed up.
    decided: Vec<StepHandle>,
    /// Nodes whose turn it is.
    ready: VecDeque<(StepHandle, Fate)>,
    decisions: Vec<Decision>,
    /// Whether a row among the decisions may have been written twice.
    rewrites: bool,
    /// The first tries of steps that are played anew.
    anew: HashMap<StepKey, Try>,
    /// Resets of steps whose place has not come to be played.
    unmet: BTreeMap<StepKey, RunStep>,
    /// What tries were billed that were interrupted and are not over.
    billed_before: HashMap<StepHandle, Billed>,
    running: usize,
    timers: BTreeSet<(DateTime<Utc>, StepHandle)>,
    totals: Totals,
    any_failed: bool,
    /// Whether every node of the run itself is decided.
    root_done: bool,
    ending: Option<Ending>,
    finished: bool,
}

/// What is next for a node.
#[derive(Debug)]
enum Fate {
    Start,
    Retry(Try),
    Skip,
    Fail(Box<Failure>),
}

impl Play {
    /// Loads a play from what was recorded of it, in any order, and decides how to go on. An empty record begins it.
    ///
    /// Rows that the score knows nothing of are left alone; what they were billed is counted.
    pub fn load(
        plan: Arc<Plan>,
        run: PlayedRun,
        limits: PlayLimits,
        steps: Vec<RunStep>,
        at: DateTime<Utc>,
    ) -> (Self, Vec<Decision>) {
        let mut play = Self::new(plan, run, limits);
        let history = History::new(steps, |step| play.count(step));
        play.any_failed = history.has_failures;
        play.recall(history, at);
        let decisions = play.settle(at);
        (play, decisions)
    }

    /// Returns a play of which nothing is open yet.
    fn new(plan: Arc<Plan>, run: PlayedRun, limits: PlayLimits) -> Self {
        Self {
            given: Given::new(run, limits),
            plan,
            frames: Frames::default(),
            history: None,
            decided: Vec::new(),
            ready: VecDeque::new(),
            decisions: Vec::new(),
            rewrites: false,
            anew: HashMap::new(),
            unmet: BTreeMap::new(),
            billed_before: HashMap::new(),
            running: 0,
            timers: BTreeSet::new(),
            totals: Totals::default(),
            any_failed: false,
            root_done: false,
            ending: None,
            finished: false,
        }
    }

    /// Applies what happened at `at`. Events that no longer matter change nothing.
    ///
    /// The answer of one call writes each key and try at most once, and never aborts what it starts. What an earlier answer
    /// started may be aborted before it has begun: it then [ended](Event::Ended) as [`Aborted`](StepOutcome::Aborted) and
    /// not applied.
    pub fn apply(&mut self, event: Event, at: DateTime<Utc>) -> Vec<Decision> {
        if self.finished {
            return Vec::new();
        }
        match event {
            Event::Ended(ended) => self.ended(*ended, at),
            Event::Interrupted(ended) => self.interrupted(*ended),
            Event::Time => {} // looked at after every event
            Event::Resolved { key, attempt, resolution } => self.resolved(&key, attempt, resolution, at),
            Event::Answered { key, attempt, answer } => self.answered(&key, attempt, &answer, at),
            Event::OverBudget { handle, failure } => self.over_budget(handle, failure, at),
            Event::Held { handle, reason, since, until } => self.hold(handle, reason, (since, until)),
            Event::Woken => self.wake(),
            Event::Cancel { by } => self.end(Ending::Cancel { by }, at),
            Event::Timeout => self.end(Ending::Timeout, at),
        }
        self.settle(at)
    }

    /// Returns what the play waits for.
    pub fn pause(&self) -> Pause {
        match self.timers.first() {
            _ if self.finished => Pause::Ended,
            _ if self.running > 0 => Pause::Running,
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
        self.running
    }

    /// Returns tokens and money so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Follows up everything, also what is due by now, until nothing is left to decide, and returns the decisions.
    fn settle(&mut self, at: DateTime<Utc>) -> Vec<Decision> {
        self.follow_up(at);
        while self.time(at) {
            self.follow_up(at);
        }
        self.finish_if_done(at);
        let decisions = std::mem::take(&mut self.decisions);
        match std::mem::take(&mut self.rewrites) {
            true => only_last_rows(decisions),
            false => decisions,
        }
    }

    fn follow_up(&mut self, at: DateTime<Utc>) {
        loop {
            if let Some(node) = self.decided.pop() {
                self.propagate(node, at);
            } else if let Some((node, fate)) = self.ready.pop_front() {
                self.meet(node, fate, at);
            } else {
                return;
            }
        }
    }

    fn frame(&self, frame: FrameId) -> &Frame {
        self.frames.get(frame).expect("a frame is open until all of its nodes are followed up")
    }

    fn frame_mut(&mut self, frame: FrameId) -> &mut Frame {
        self.frames.get_mut(frame).expect("a frame is open until all of its nodes are followed up")
    }

    /// Returns where a node is, or a part of one; `None` when its frame is closed.
    fn state(&self, at: StepHandle) -> Option<&NodeState> {
        match at.is_part() {
            true => self.part(at).map(|part| &part.state),
            false => self.frames.get(at.frame)?.nodes.get(at.local as usize),
        }
    }

    fn state_mut(&mut self, at: StepHandle) -> Option<&mut NodeState> {
        match at.is_part() {
            true => self.talk_mut(at)?.part_mut(at.part).map(|part| &mut part.state),
            false => self.frames.get_mut(at.frame)?.nodes.get_mut(at.local as usize),
        }
    }

    /// Puts a node where it now is. The one place that keeps the number of running steps and the timers.
    fn set(&mut self, at: StepHandle, state: NodeState) {
        let (moment, is_running) = (state.moment(), state.is_running());
        let Some(present) = self.state_mut(at) else { return };
        let before = std::mem::replace(present, state);
        self.running += usize::from(is_running);
        self.running -= usize::from(before.is_running());
        if let Some(moment) = before.moment() {
            self.timers.remove(&(moment, at));
        }
        if let Some(moment) = moment {
            self.timers.insert((moment, at));
        }
    }

    /// Returns the number in the plan of the node that stands at `at`.
    fn number(&self, at: StepHandle) -> usize {
        self.plan.scope(self.frame(at.frame).scope).members[at.local as usize]
    }

    /// Returns the node that stands at `at`.
    fn node(&self, at: StepHandle) -> &Node {
        self.plan.node(self.number(at))
    }
}
