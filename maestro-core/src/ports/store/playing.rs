//! What the role that plays takes and gives: quotas, claims, histories, answers, filters.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};

use crate::domain::{
    Actor, AgentPin, Class, OrchestraId, Payload, RunId, RunRef, RunStatus, RunStep, ScoreId, Signal,
    SignalKind, StepKey, Trigger, WorkspaceId,
};

/// What became of a run that was to be enqueued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is live, or was: asking again for the same run changes nothing.
    Accepted {
        /// Whether it entered held. Not told again when the call is repeated: then it is `false`.
        held: bool,
    },
    /// Its idempotency key belongs to another run.
    Duplicate {
        /// That run.
        run_id: RunId,
        /// Whether the two requests are the same; `false` means that the key was used by mistake.
        same_request: bool,
    },
}

/// How many runs of a workspace's class a claim may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The queue.
    pub class: Class,
    /// At most so many.
    pub limit: NonZeroU32,
}

/// A workspace's class that has runs to claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DueClass {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The queue.
    pub class: Class,
}

/// How much could be claimed, and for how long it could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Runs that are due. Of more than 1,000 in a class of a workspace a store may count so many and no more.
    pub due: u64,
    /// Since when the oldest of them is due.
    pub oldest_due_at: Option<DateTime<Utc>>,
}

/// A run that a worker now owns, with what it needs to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedRun {
    /// The run.
    pub run: RunRef,
    /// The fence: every record must name it. 1 means that the run has no history.
    pub claim_no: u32,
    /// The last record that was applied; the next one has the next number.
    pub seq: u32,
    /// How often in a row its worker died or faltered without a new durable step.
    pub recoveries: u32,
    /// How often it was signalled.
    pub signals: u32,
    /// Whether somebody asked for its end.
    pub cancel: bool,
    /// The score to play.
    pub score_id: ScoreId,
    /// Its version.
    pub score_version: u32,
    /// The versions of the agents.
    pub agents: Vec<AgentPin>,
    /// What made the run.
    pub trigger: Trigger,
    /// Its queue.
    pub class: Class,
    /// What the root nodes get.
    pub input: Payload,
    /// When it was enqueued.
    pub queued_at: DateTime<Utc>,
    /// When it was first claimed.
    pub started_at: DateTime<Utc>,
    /// Whether whoever ends it must promote runs of its orchestra.
    pub promotes: bool,
}

/// A run that a worker owns, as the store sees it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRun {
    /// The run.
    pub run: RunRef,
    /// The fence.
    pub claim_no: u32,
    /// The last record that was applied; the next one has the next number.
    pub seq: u32,
    /// How often it was signalled.
    pub signals: u32,
    /// Whether somebody asked for its end.
    pub cancel: bool,
}

/// What was recorded of a live run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunHistory {
    /// Every row, in the order of keys and tries.
    pub steps: Vec<RunStep>,
    /// Every signal, in the order in which they came.
    pub signals: Vec<Signal>,
    /// Who asked for its end first, if anybody did.
    pub cancelled_by: Option<Actor>,
    /// The last record that was applied; the next one has the next number.
    pub seq: u32,
}

impl RunHistory {
    /// Returns when the run was last played on after it had ended, if it ever was.
    pub fn reopened_at(&self) -> Option<DateTime<Utc>> {
        self.retries().next().map(|(_, signal)| signal.at)
    }

    /// Returns what the run may spend, if whoever had it played on last has said so.
    pub fn budget_cents(&self) -> Option<u64> {
        self.retries().next().and_then(|(budget_cents, _)| budget_cents)
    }

    /// Returns when ended runs were played on and with what budget, the last time first.
    fn retries(&self) -> impl Iterator<Item = (Option<u64>, &Signal)> {
        self.signals.iter().rev().filter_map(|signal| match &signal.kind {
            SignalKind::Retry { budget_cents, .. } => Some((*budget_cents, signal)),
            _ => None,
        })
    }
}

/// What makes an ended run live again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopening {
    /// Who asked, for what, and when: of the kind [`Retry`](SignalKind::Retry).
    pub signal: Signal,
    /// The last record that the caller has read.
    pub seq: u32,
    /// Rows that say what is played anew. What they were billed is on record already.
    pub steps: Vec<RunStep>,
    /// The versions of the agents from now on; `None` leaves them as they are.
    pub agents: Option<Vec<AgentPin>>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordAnswer {
    /// It is durable, by this call or an earlier one.
    Applied {
        /// False only for a park that was refused because of a signal: the steps stand, the worker goes on.
        done: bool,
        /// How often the run was signalled.
        signals: u32,
        /// Whether somebody asked for its end.
        cancel: bool,
    },
    /// Another owner has the run, or it has ended. Nothing was written; stop.
    LeaseLost,
}

/// What became of a request to end a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAnswer {
    /// It is cancelled now.
    Cancelled,
    /// Its worker is asked to end it.
    Requested,
    /// It had ended before.
    Ended(RunStatus),
}

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFilter {
    /// Of this orchestra only.
    pub orchestra_id: Option<OrchestraId>,
    /// With one of these statuses only; empty means any.
    pub statuses: Vec<RunStatus>,
    /// With this kind of trigger only, by its stored name.
    pub trigger: Option<String>,
    /// Enqueued at or after this.
    pub since: Option<DateTime<Utc>>,
    /// Enqueued before this.
    pub until: Option<DateTime<Utc>>,
}

/// Which steps of a run to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepQuery {
    /// With keys that begin with this only.
    pub prefix: Option<String>,
    /// Written by a record after this one only.
    pub after_seq: Option<u32>,
    /// After this key and try only.
    pub after: Option<(StepKey, u32)>,
}
