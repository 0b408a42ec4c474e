//! What happens to a play, and what it decides.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::{
    Actor, Agent, Failure, Finish, ModelPricing, Money, OrchestraId, Payload, Resolution, RunId, RunStep,
    ScoreId, StepKey, Trigger, Usage, WorkspaceId,
};
use super::{StartStep, frames::FrameId};

/// The run that is played: what templates see as `run`.
#[derive(Clone, Debug)]
pub struct PlayedRun {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The orchestra.
    pub orchestra_id: OrchestraId,
    /// The run.
    pub run_id: RunId,
    /// Its score.
    pub score_id: ScoreId,
    /// The version of the score.
    pub score_version: u32,
    /// The agents, in the versions that the run uses.
    pub agents: Vec<Arc<Agent>>,
    /// The model of agents that name none; empty when there is no default.
    pub default_model: String,
    /// What made the run.
    pub trigger: Trigger,
    /// What the root nodes get.
    pub input: Payload,
    /// When it was enqueued.
    pub queued_at: DateTime<Utc>,
    /// When it was first claimed.
    pub started_at: DateTime<Utc>,
}

/// What a play may be bounded by.
#[derive(Clone, Copy, Debug)]
pub struct PlayLimits {
    /// The largest value that may be recorded, in bytes of JSON.
    pub value_bytes: usize,
    /// How much may be said in one conversation with a model, in bytes.
    pub transcript_bytes: usize,
}

impl Default for PlayLimits {
    fn default() -> Self {
        Self { value_bytes: 256 * 1024, transcript_bytes: 1024 * 1024 }
    }
}

/// Where in a play a step runs. Only the play that gave it understands it; never given again for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepHandle {
    pub(super) frame: FrameId,
    pub(super) local: u32,
    /// Which part of the node: 0 is the node itself, the others are the turns and tool calls of a talk, in order.
    pub(super) part: u32,
}

impl StepHandle {
    pub(super) fn node(frame: FrameId, local: usize) -> Self {
        Self { frame, local: local as u32, part: 0 }
    }

    /// Returns the node of which this is a part, or which it is.
    pub(super) fn whole(self) -> Self {
        Self { part: 0, ..self }
    }

    pub(super) fn is_part(self) -> bool {
        self.part > 0
    }
}

/// What happens to a play.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step that the play had started came to its end.
    Ended(Box<Ended>),
    /// A step that the play had started was cut off, because its process stops: it is no end. Whoever loads the record
    /// executes the same try again, unless its effect may happen only once and it had begun.
    Interrupted(Box<Ended>),
    /// Time has passed: what waits for a moment at or before now goes on, as it does after every other event too.
    Time,
    /// A person said what became of a step whose outcome was lost.
    Resolved {
        /// The step.
        key: StepKey,
        /// The try that the person has seen.
        attempt: u32,
        /// What became of it.
        resolution: Resolution,
    },
    /// A person answered a step that waits for approval.
    Answered {
        /// The step.
        key: StepKey,
        /// The try that the person has seen.
        attempt: u32,
        /// What the person said.
        answer: Answer,
    },
    /// A turn of a model must not be asked for, because it could cost more than the run may.
    OverBudget {
        /// The turn; it was decided and has not begun.
        handle: StepHandle,
        /// By how much.
        failure: Failure,
    },
    /// A turn of a model must wait, such as for the next day's money.
    Held {
        /// The turn; it was decided and has not begun.
        handle: StepHandle,
        /// What for.
        reason: Failure,
        /// When somebody looked and found that it must wait.
        since: DateTime<Utc>,
        /// Until when at the latest.
        until: DateTime<Utc>,
    },
    /// What a turn waited for may have come: it is decided anew.
    Woken,
    /// Somebody asked for the end of the run.
    Cancel {
        /// Who.
        by: Actor,
    },
    /// The run has been active for as long as its score allows.
    Timeout,
}

/// What a person said of a step that waits for approval.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether it may go on.
    pub approved: bool,
    /// Who said it.
    pub by: Actor,
    /// Why.
    pub note: Option<String>,
    /// What flows on.
    pub data: Option<Payload>,
}

/// How a step ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The step.
    pub handle: StepHandle,
    /// Which try, from 1.
    pub attempt: u32,
    /// The input, where [`StartStep::input_is_own`] asked for it.
    pub input: Option<Payload>,
    /// What came of it.
    pub outcome: StepOutcome,
    /// When it started; `None` when it never did.
    pub started_at: Option<DateTime<Utc>>,
    /// What the try was billed.
    pub billed: Option<Billed>,
    /// A random number from 0 up to 1, for the jitter of a retry; 0.5 means none.
    pub random: f64,
}

/// What came of a try.
#[derive(Clone, Debug)]
pub enum StepOutcome {
    /// It returned.
    Succeeded(Payload),
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// Trying again cannot help.
        permanent: bool,
        /// The effect certainly did not happen.
        not_applied: bool,
        /// The next try must wait at least so long, from now on.
        after: Option<chrono::Duration>,
    },
    /// It was ended because the play asked for it.
    Aborted {
        /// The effect certainly did not happen: the step had not begun.
        not_applied: bool,
    },
}

/// What a try was billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The model.
    pub model: String,
    /// Its tokens.
    pub usage: Usage,
    /// The price that was used.
    pub price: Option<ModelPricing>,
    /// What it cost; `None` when the price is unknown.
    pub cost: Option<Money>,
}

/// What a play decides.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Write this row with the next record.
    Write(Box<RunStep>),
    /// Execute this step once the next record is durable.
    Start(Box<StartStep>),
    /// End this running step early. Its [`Ended`] is waited for; any error in it then counts as ended early.
    Abort(StepHandle),
    /// The run has ended: finish it with the next record.
    Finish(Box<Finish>),
}

/// What a play waits for when nothing of it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Steps run: their ends decide.
    Running,
    /// Until a moment.
    Until(DateTime<Utc>),
    /// Until a person says something.
    Person,
    /// The run has ended.
    Ended,
}

/// What every part of a play shares.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) run: PlayedRun,
    /// The run as templates see it.
    pub(super) scope: Payload,
    pub(super) limits: PlayLimits,
}
