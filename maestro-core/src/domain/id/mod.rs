//! Names of records: short texts that people read, and random 128-bit numbers that nobody has to agree on.

mod slug;
mod step_key;
mod text;
mod uuid;

pub use self::slug::{RESERVED_SLUGS, slug_of, with_suffix};
pub use self::step_key::{StepKey, StepPath};
pub use self::text::{
    AgentId, NodeId, OperationName, OrchestraId, ScoreId, SecretName, SkillName, WorkspaceId,
};
pub use self::uuid::{ClaimId, RunId, SignalId, WorkerId};

/// Why a text is no id. The message names the thing, the reason and the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} is not valid: {rule}")]
pub struct InvalidId {
    /// What was to be named, such as `node id`.
    pub what: &'static str,
    /// The text that was given, cut after 80 characters.
    pub value: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

impl InvalidId {
    pub(crate) fn new(what: &'static str, value: &str, rule: &'static str) -> Self {
        Self { what, value: value.chars().take(80).collect(), rule }
    }
}
