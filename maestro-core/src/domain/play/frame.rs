//! Frames: the state of the run itself, or of one iteration of a loop.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::{Failure, Payload, RunStep, StepPath};
use super::plan::PlanScope;

/// The nodes of a scope while they are played.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) scope: usize,
    pub(super) path: StepPath,
    /// The loop that it is an iteration of: its frame, its local number, the number of the iteration.
    pub(super) parent: Option<(usize, usize, u32)>,
    /// What the innermost loops around it give to its templates.
    pub(super) item: Option<Payload>,
    pub(super) previous: Option<Payload>,
    /// What its roots get.
    pub(super) feed: Payload,
    pub(super) nodes: Vec<NodeState>,
    pub(super) edges: Vec<EdgeState>,
    pub(super) undecided: usize,
    /// Which nodes were started by a taken `failure` or `always` edge, or follow one that was: they go on when all else
    /// winds down.
    pub(super) licensed: Vec<bool>,
    /// The first failure that nobody handled.
    pub(super) failing: Option<Failure>,
    /// Whether a node was not played because the run was failing.
    pub(super) cut_short: bool,
}

/// Where a node is.
#[derive(Debug)]
pub(super) enum NodeState {
    /// Waits for its edges to be decided.
    Pending { undecided: usize },
    /// Executed by the engine.
    Running(Try),
    /// Failed and is tried again later.
    Retrying(Try, DateTime<Utc>),
    /// Waits for a moment; the row says since when.
    Waiting(Box<RunStep>, DateTime<Utc>),
    /// Its outcome was lost; the row says what is known.
    Unknown(Try, Box<RunStep>),
    /// Plays its body.
    Looping(Box<Looping>),
    /// Decided for good.
    Done(Outcome),
}

/// Which try of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Try {
    pub(super) attempt: u32,
    pub(super) generation: u32,
    /// The tries before this generation: they do not count against the retry policy.
    pub(super) before: u32,
}

impl Try {
    pub(super) const FIRST: Self = Self { attempt: 1, generation: 0, before: 0 };

    /// Returns how many tries this generation has had, this one included.
    pub(super) fn count(self) -> u32 {
        self.attempt.saturating_sub(self.before)
    }

    pub(super) fn next(self) -> Self {
        Self { attempt: self.attempt.saturating_add(1), ..self }
    }

    pub(super) fn anew(self) -> Self {
        Self { before: self.attempt, generation: self.generation.saturating_add(1), ..self.next() }
    }
}

/// How a node was decided.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Succeeded(Payload),
    Failed(Failure),
    Skipped,
    Cancelled,
}

/// Whether an edge is taken.
#[derive(Clone, Debug)]
pub(super) enum EdgeState {
    Undecided,
    Taken,
    NotTaken,
    /// Its condition made no sense.
    Broken(Failure),
}

/// A loop that plays its body.
#[derive(Debug)]
pub(super) struct Looping {
    pub(super) input: Option<Payload>,
    pub(super) started_at: DateTime<Utc>,
    /// Iterations that are played now.
    pub(super) open: usize,
    pub(super) kind: LoopKind,
    /// The failed iteration with the smallest number, once the loop must fail.
    pub(super) failed: Option<(u32, Failure)>,
    /// Whether an iteration was not played because the run is failing.
    pub(super) cut_short: bool,
}

#[derive(Debug)]
pub(super) enum LoopKind {
    Map {
        items: Vec<Payload>,
        /// The first item that nobody has looked at.
        next: usize,
        /// Items that were begun out of order, as a record tells.
        begun: BTreeSet<u32>,
        results: Vec<Option<Payload>>,
    },
    Repeat {
        index: u32,
        /// What the iteration returned, once it has.
        last: Option<Payload>,
    },
}

impl Frame {
    pub(super) fn new(scope: usize, plan: &PlanScope, path: StepPath, feed: Payload) -> Self {
        Self {
            scope,
            path,
            parent: None,
            item: None,
            previous: None,
            feed,
            nodes: plan.members.iter().map(|_| NodeState::Pending { undecided: 0 }).collect(),
            edges: vec![EdgeState::Undecided; plan.edges],
            undecided: plan.members.len(),
            licensed: vec![false; plan.members.len()],
            failing: None,
            cut_short: false,
        }
    }

    /// Returns the number of the iteration that it is, if it is one.
    pub(super) fn index(&self) -> Option<u32> {
        self.parent.map(|(_, _, index)| index)
    }
}

impl Outcome {
    /// Returns the name that conditions see as `status`.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Failed(_) => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}
