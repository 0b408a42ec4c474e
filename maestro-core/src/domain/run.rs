//! Runs: one playing of an orchestra, from enqueue to its one final status.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, AgentPin, OrchestraId, Payload, RunId, ScoreId, Totals, WorkspaceId, name::named_enum};

named_enum!(
    /// Where a run is in its life.
    // Not `non_exhaustive`, on purpose: a new status must stop every store from compiling until it is handled.
    RunStatus, "run status" {
        /// Waits for its time, for a worker or for its turn.
        Queued = "queued",
        /// A worker plays it.
        Running = "running",
        /// Parked on a timer, a retry or a person; holds no worker.
        Waiting = "waiting",
        /// Every node and item that was played succeeded.
        Succeeded = "succeeded",
        /// Some node or item failed and was handled.
        Completed = "completed",
        /// An unhandled failure, a stop that says failed, the budget, the run's timeout, or abandoned.
        Failed = "failed",
        /// Ended by a person or by a stop that says cancelled.
        Cancelled = "cancelled",
    }
);

impl RunStatus {
    /// Tells whether the run has ended.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Waiting => false,
            Self::Succeeded | Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }

    /// Tells whether the run ended well: succeeded or completed.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::Completed)
    }
}

named_enum!(
    /// Which queue of its workspace a run stands in. Classes are served 8:4:1.
    #[derive(Default)]
    Class, "class" {
        /// Before the others, such as what a person waits for.
        High = "high",
        /// The default.
        #[default]
        Normal = "normal",
        /// Bulk work.
        Low = "low",
    }
);

/// What made a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// The orchestra's schedule.
    Cron {
        /// The nominal time.
        slot: DateTime<Utc>,
    },
    /// A person, by "run now".
    Manual,
    /// A program.
    Api,
    /// A person, by "rerun".
    Rerun {
        /// The run that is played anew.
        of: RunId,
    },
    /// The end of a run of another orchestra, by `on_finish`.
    Finish {
        /// The run that ended.
        of: RunId,
    },
}

impl Trigger {
    /// Returns the stored name of the kind.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cron { .. } => "cron",
            Self::Manual => "manual",
            Self::Api => "api",
            Self::Rerun { .. } => "rerun",
            Self::Finish { .. } => "finish",
        }
    }
}

/// Why a step or a run failed: a stable code and a message for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Stable, snake_case: `timeout`, `expression_error`, `cancelled` …, or the host's own.
    pub code: String,
    /// What happened, in words.
    pub message: String,
}

impl Failure {
    /// The most characters of a code.
    pub(crate) const LONGEST_CODE: usize = 64;
    /// The most characters of a message.
    pub(crate) const LONGEST_MESSAGE: usize = 4_096;

    /// Makes a failure; codes are cut after 64 characters, messages after 4,096. NUL characters, which databases refuse in
    /// texts, become U+FFFD.
    pub fn new(code: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        let cut = |text: &str, most| text.chars().map(storable).take(most).collect();
        Self {
            code: cut(code.as_ref(), Self::LONGEST_CODE),
            message: cut(message.as_ref(), Self::LONGEST_MESSAGE),
        }
    }

    /// Makes the failure of a run that somebody ended.
    pub fn cancelled_by(actor: &Actor) -> Self {
        Self::new("cancelled", format!("cancelled by {actor}"))
    }
}

/// Returns a character as every database can keep it in a text.
pub(super) fn storable(character: char) -> char {
    if character == '\0' { char::REPLACEMENT_CHARACTER } else { character }
}

/// One playing of an orchestra.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The tenant.
    #[serde(skip)]
    pub workspace: WorkspaceId,
    /// The run's id.
    pub id: RunId,
    /// The orchestra that is played.
    pub orchestra_id: OrchestraId,
    /// Its score.
    pub score_id: ScoreId,
    /// The version of the score, pinned at enqueue.
    pub score_version: u32,
    /// The versions of the agents, pinned at enqueue.
    pub agents: Vec<AgentPin>,
    /// What made the run.
    pub trigger: Trigger,
    /// Where the run is in its life.
    pub status: RunStatus,
    /// What the root nodes get.
    pub input: Payload,
    /// The line for people, from the score's summary.
    pub output: Option<String>,
    /// The merge of what the last nodes returned.
    pub result: Option<Payload>,
    /// Why it failed or was cancelled.
    pub error: Option<Failure>,
    /// Which queue it stands in.
    pub class: Class,
    /// The key under which asking twice makes one run.
    pub idempotency_key: Option<String>,
    /// When it was enqueued.
    pub queued_at: DateTime<Utc>,
    /// When a worker first took it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Tokens and money, over every try that was billed.
    #[serde(flatten)]
    pub totals: Totals,
    /// The number of records that were applied.
    pub revision: u32,
}

impl Run {
    /// Returns the milliseconds from start to end, once it has ended.
    pub fn duration_ms(&self) -> Option<i64> {
        Some((self.finished_at? - self.started_at?).num_milliseconds())
    }
}
