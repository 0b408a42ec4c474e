//! Catalogs: what a score may refer to outside of itself.

use crate::domain::{AgentId, OperationName, SkillName};

/// What a score may refer to: the operations of the host and the agents of the workspace.
pub trait Catalog {
    /// Tells whether the host has this operation.
    fn has_operation(&self, skill: &SkillName, operation: &OperationName) -> bool;
    /// Tells whether the workspace has this agent.
    fn has_agent(&self, agent: &AgentId) -> bool;
}

/// A catalog that knows everything, for where the host is not at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyCatalog;

impl Catalog for AnyCatalog {
    fn has_operation(&self, _: &SkillName, _: &OperationName) -> bool {
        true
    }

    fn has_agent(&self, _: &AgentId) -> bool {
        true
    }
}
