//! Records: what a worker writes for a run, and what a run is made from.

use chrono::{DateTime, Utc};

use super::{
    AgentPin, Class, Failure, OrchestraId, Payload, RunId, RunStatus, RunStep, ScoreId, StepStatus, Totals,
    Trigger, WorkerId, WorkspaceId,
};

/// Names a run and the places where its records stand. Sorts in the order in which stores lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunRef {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The orchestra.
    pub orchestra_id: OrchestraId,
    /// The run.
    pub run_id: RunId,
}

/// Asks for the same run once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnqueueKey {
    /// The key, unique in the orchestra while it lasts; 1 to 255 characters.
    pub key: String,
    /// Tells requests apart that share a key by mistake.
    pub request_hash: u64,
    /// From when on the key may be used for another run.
    pub expires_at: DateTime<Utc>,
}

/// A run to enqueue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// The run and its orchestra.
    pub run: RunRef,
    /// The score to play.
    pub score_id: ScoreId,
    /// Its version.
    pub score_version: u32,
    /// The versions of the agents.
    pub agents: Vec<AgentPin>,
    /// What asks for it.
    pub trigger: Trigger,
    /// Its queue.
    pub class: Class,
    /// From when on it may be claimed.
    pub due_at: DateTime<Utc>,
    /// What the root nodes get.
    pub input: Payload,
    /// Asks for it once.
    pub key: Option<EnqueueKey>,
    /// How many runs of the orchestra may play at once; when so many are live it enters held. `None` means any number.
    /// A slot's run follows the orchestra's own limit instead.
    pub max_concurrent_runs: Option<u32>,
    /// Whether, once held, it plays alone: a slot that queued behind live runs.
    pub exclusive: bool,
    /// Whether its orchestra must be looked at when it ends: runs may be held behind it, or another orchestra plays on.
    pub promotes: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The final status.
    pub status: RunStatus,
    /// The line for people.
    pub output: Option<String>,
    /// What the run returned.
    pub result: Option<Payload>,
    /// Why it did not end well.
    pub error: Option<Failure>,
    /// Tokens and money of all tries.
    pub totals: Totals,
}

/// What a record does to its run, beside writing steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The worker goes on.
    Continue,
    /// The worker lets go until `wake_at`, or until a signal where that is `None`. Refused when the run was
    /// signalled more often than the worker has seen: it must look again first.
    Park {
        /// When the run is due again.
        wake_at: Option<DateTime<Utc>>,
        /// The signals that the worker has taken into account.
        signals_seen: u32,
    },
    /// The worker cannot play on and lets go until `wake_at`, whatever signals came. That is counted like the death of a
    /// worker, so that a run which nobody can play comes to an end.
    Falter {
        /// When the run is due again.
        wake_at: DateTime<Utc>,
    },
    /// The run has ended.
    Finish(Finish),
}

/// What a worker writes for one run, wholly or not at all. Named by (run, claim_no, worker, seq).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run.
    pub run: RunRef,
    /// The claim under which the worker holds it: the fence.
    pub claim_no: u32,
    /// Who writes.
    pub worker: WorkerId,
    /// The number of this record in the run, from 1, growing by one.
    pub seq: u32,
    /// Steps that started, waited or ended; a row of the same key and try replaces one that is not final.
    pub steps: Vec<RunStep>,
    /// What else it does.
    pub disposition: Disposition,
}

impl RunRecord {
    /// Tells whether it takes the run further: it writes a step that did more than begin.
    pub fn goes_on(&self) -> bool {
        self.steps.iter().any(|step| step.status != StepStatus::Running)
    }
}
