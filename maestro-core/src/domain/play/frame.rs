//! Frames: the state of the run itself, or of one iteration of a loop.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::super::{Failure, Payload, RunStep, StepPath};
use super::{Plan, StepHandle, looping::Looping, talk::Talk};

/// The nodes of a scope while they are played.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) scope: usize,
    pub(super) path: StepPath,
    /// The loop that it is an iteration of, and the number of the iteration.
    pub(super) owner: Option<(StepHandle, u32)>,
    /// What the innermost loops around it give to its templates.
    pub(super) item: Option<Payload>,
    pub(super) previous: Option<Payload>,
    /// What its roots get.
    pub(super) feed: Payload,
    pub(super) nodes: Vec<NodeState>,
    /// Which edges are taken, by their numbers in the scope.
    pub(super) taken: Vec<bool>,
    /// Edges that nobody can tell of, because their conditions make no sense.
    pub(super) broken: BTreeMap<usize, Failure>,
    /// Which nodes were started by a taken `failure` or `always` edge, or follow one that was: they go on when all else
    /// winds down.
    pub(super) licensed: Vec<bool>,
    /// How many nodes are not decided, or decided but not followed up.
    pub(super) left: usize,
    /// The first failure that nobody handled.
    pub(super) failing: Option<Failing>,
    /// Whether a node was not played to its end because the run was failing or ending.
    pub(super) cut_short: bool,
}

/// Where a node is.
#[derive(Debug)]
pub(super) enum NodeState {
    /// Waits for its edges to be decided, or for its turn once they are.
    Pending { undecided: usize },
    /// Executed by the engine.
    Running { attempt: Try, asked_to_end: bool },
    /// Failed and is tried again later.
    Retrying(Try, DateTime<Utc>),
    /// Waits for a moment, a person, or either; the row says since when.
    Waiting(Box<RunStep>, Option<DateTime<Utc>>),
    /// Its outcome was lost; the row says what is known.
    Unknown(Try, Box<RunStep>),
    /// Plays its body.
    Looping(Box<Looping>),
    /// Talks with a model.
    Talking(Box<Talk>),
    /// Decided for good.
    Done(Outcome),
}

impl NodeState {
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Returns the moment for which it waits.
    pub(super) fn moment(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Retrying(_, moment) => Some(*moment),
            Self::Waiting(_, moment) => *moment,
            _ => None,
        }
    }
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

    /// Returns the first try of its generation.
    pub(super) fn first_of_generation(self) -> Self {
        Self { attempt: self.before.saturating_add(1), ..self }
    }

    /// Returns the try after a person asked for the step to be done anew.
    pub(super) fn anew(self) -> Self {
        Self { before: self.attempt, generation: self.generation.saturating_add(1), ..self.next() }
    }
}

/// A failure for good, and when it happened.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) at: DateTime<Utc>,
    /// What flows on beside the failure.
    pub(super) told: Option<Payload>,
}

/// A failure that nobody handled. The first one counts: the earliest, and of several at one moment that of the first
/// node, so that it does not matter in which order they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    pub(super) at: DateTime<Utc>,
    pub(super) local: u32,
    pub(super) failure: Failure,
}

/// How a node was decided.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Succeeded(Payload),
    Failed(Arc<Failed>),
    Skipped,
    Cancelled,
}

impl Frame {
    pub(super) fn new(plan: &Plan, scope: usize, path: StepPath, feed: Payload) -> Self {
        let shape = plan.scope(scope);
        let pending = |number: &usize| NodeState::Pending { undecided: plan.incoming(*number).len() };
        Self {
            scope,
            path,
            owner: None,
            item: None,
            previous: None,
            feed,
            nodes: shape.members.iter().map(pending).collect(),
            taken: vec![false; shape.edges],
            broken: BTreeMap::new(),
            licensed: vec![false; shape.members.len()],
            left: shape.members.len(),
            failing: None,
            cut_short: false,
        }
    }

    /// Returns the number of the iteration that it is, if it is one.
    pub(super) fn index(&self) -> Option<u32> {
        self.owner.map(|(_, index)| index)
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
