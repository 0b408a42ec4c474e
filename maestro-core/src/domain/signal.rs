//! Signals: what people and programs tell a live run, by a door that needs no lease.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, Payload, SignalId, StepKey};

/// What a run is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignalKind {
    /// A person approves a step that waits for it.
    Approve {
        /// The step.
        key: StepKey,
        /// The try that the person has seen; a signal to another one has no effect.
        attempt: u32,
        /// Why.
        note: Option<String>,
        /// What flows on as the step's output.
        data: Option<Payload>,
    },
    /// A person rejects a step that waits for approval.
    Reject {
        /// The step.
        key: StepKey,
        /// The try that the person has seen; a signal to another one has no effect.
        attempt: u32,
        /// Why.
        note: Option<String>,
        /// What flows on with the failure.
        data: Option<Payload>,
    },
    /// A person says what became of a step whose outcome was lost.
    Resolve {
        /// The step.
        key: StepKey,
        /// The try that the person has seen; a signal to another one has no effect.
        attempt: u32,
        /// What became of it.
        resolution: Resolution,
        /// Why.
        note: Option<String>,
    },
    /// A person has an ended run played on. It is sent by [reopening](crate::ports::store::RunStore::reopen) the run.
    Retry {
        /// The steps that the person wanted played anew, beside those that kept the run from ending well.
        from: Vec<StepKey>,
        /// What the run may spend from then on, over all that it is played, in place of what its score and its orchestra say.
        budget_cents: Option<u64>,
    },
    /// Look again: something that the run waits for may have changed.
    Wake,
}

/// What became of a step whose outcome was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Resolution {
    /// The effect happened.
    Done {
        /// What the step would have returned.
        output: Payload,
    },
    /// It did not, and shall not be tried again.
    Failed {
        /// Why, in words.
        message: String,
    },
    /// It did not: execute it anew, under a new idempotency key.
    Again,
}

/// A signal as it was sent and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Repeating a call with the same id signals once.
    pub id: SignalId,
    /// What the run is told.
    #[serde(flatten)]
    pub kind: SignalKind,
    /// Who told it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
}
