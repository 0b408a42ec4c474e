//! Why the engine refuses what a host or a person asks for.

use crate::{
    domain::{CronError, InvalidId, InvalidPayload, Problems, ZoneError},
    ports::{
        SecretError,
        store::{ConflictReason, StoreError},
    },
};

/// Why a call of the engine failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store failed, or has no such record, or it changed meanwhile.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text is no id.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A value is no payload.
    #[error(transparent)]
    Payload(#[from] InvalidPayload),
    /// A cron expression makes no sense.
    #[error(transparent)]
    Cron(#[from] CronError),
    /// There is no such zone.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// A score has problems, all of them listed.
    #[error("the score is not valid:\n{0}")]
    Score(Problems),
    /// A field of a request makes no sense.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field, as in JSON.
        field: &'static str,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// The orchestra cannot play yet.
    #[error("the orchestra {orchestra} is not ready: {}", .missing.join("; "))]
    NotReady {
        /// Which one.
        orchestra: String,
        /// What is missing, each with what to do.
        missing: Vec<String>,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key {key:?} belongs to another request; use a new key")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The record is not in a state in which this can be done.
    #[error("{what}: {reason}")]
    Conflict {
        /// The record.
        what: String,
        /// What is in the way.
        reason: String,
    },
    /// Somebody else edited the record since the caller read it. Read it again, decide again.
    #[error("{what}: it has revision {present}, not {expected}; read it again")]
    Revision {
        /// The record.
        what: String,
        /// The revision that the caller has read; the version, for a score or an agent. 0: none yet.
        expected: u32,
        /// The revision that it has.
        present: u32,
    },
    /// A secret cannot be read now, or cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The engine has no vault, because it was given no master keys.
    #[error("this engine has no vault for secrets; give MasterKeys to its builder")]
    NoVault,
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    ShuttingDown,
}

impl Error {
    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }

    /// Tells whether somebody else changed the record since it was read.
    pub(crate) fn is_changed(&self) -> bool {
        matches!(self, Self::Store(error) if error.conflict_reason() == Some(ConflictReason::Changed))
    }
}
