//! Why a store call failed, sorted by what the caller does next.

use crate::domain::{OrchestraId, RunId};

/// A source of an error that crosses a port.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a call of the store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such record. Do not retry; tell whoever gave the id.
    #[error("{what} {id:?} not found")]
    NotFound {
        /// What kind of record.
        what: &'static str,
        /// The id that was given.
        id: String,
    },
    /// The record is not as the caller believed. Read again, decide again.
    #[error("{what} {id:?}: {reason}")]
    Conflict {
        /// What kind of record.
        what: &'static str,
        /// Which one.
        id: String,
        /// What is in the way.
        reason: ConflictReason,
    },
    /// The backend refuses a value of the call, and nothing was written. Do not retry with the same values.
    #[error("a value cannot be stored: {reason}")]
    NotStorable {
        /// Why, in the backend's words.
        reason: String,
    },
    /// The backend did not answer; the write may have happened. Repeat the same call.
    #[error("the store is unavailable")]
    Unavailable {
        /// What happened.
        #[source]
        source: BoxError,
    },
    /// A record makes no sense: a bug or a foreign writer. Needs a person; stops nothing else.
    #[error("{what} {id:?} is corrupt: {reason}")]
    Corrupt {
        /// What kind of record.
        what: &'static str,
        /// Which one.
        id: String,
        /// What makes no sense.
        reason: String,
    },
}

/// What stands in the way of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConflictReason {
    /// The id is taken, or was once and is never given again.
    #[error("the id is taken")]
    Taken,
    /// Somebody else changed it since it was read.
    #[error("it was changed meanwhile")]
    Changed,
    /// It is enabled.
    #[error("it is enabled; disable it first")]
    Enabled,
    /// Runs of it are live.
    #[error("runs of it are live; wait or cancel them first")]
    LiveRuns,
    /// Something refers to it.
    #[error("it is in use")]
    InUse,
    /// It has not ended.
    #[error("it has not ended")]
    Live,
    /// It has ended.
    #[error("it has ended")]
    Ended,
}

impl StoreError {
    /// Makes a [`NotFound`](Self::NotFound).
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    /// Makes a [`Conflict`](Self::Conflict).
    pub fn conflict(what: &'static str, id: impl ToString, reason: ConflictReason) -> Self {
        Self::Conflict { what, id: id.to_string(), reason }
    }

    /// Makes a [`NotFound`](Self::NotFound) of a run.
    pub fn no_run(id: RunId) -> Self {
        Self::not_found("run", id)
    }

    /// Makes a [`NotFound`](Self::NotFound) of an orchestra.
    pub fn no_orchestra(id: &OrchestraId) -> Self {
        Self::not_found("orchestra", id)
    }

    /// Tells whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::NotStorable { .. }
            | Self::Corrupt { .. } => false,
        }
    }

    /// Tells whether the call certainly wrote nothing.
    pub fn surely_not_applied(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::Conflict { .. } | Self::NotStorable { .. } => true,
            Self::Unavailable { .. } | Self::Corrupt { .. } => false,
        }
    }

    /// Returns what is in the way, for a conflict.
    pub fn conflict_reason(&self) -> Option<ConflictReason> {
        match self {
            Self::Conflict { reason, .. } => Some(*reason),
            _ => None,
        }
    }
}
