//! The role that keeps agents and the prices of models.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{Agent, AgentId, ModelPricing, WorkspaceId};

/// Durable home of agents and prices. See the [rules for every method](super).
#[async_trait]
pub trait AgentStore: Send + Sync + 'static {
    /// Stores a version of an agent. The first has version 1, each further one the number after the latest.
    ///
    /// # Contract
    /// - **an_agent_reads_back_equal**: every field.
    /// - **an_agent_version_is_immutable**: a number that is taken is a conflict, unless the content is the same.
    /// - **agent_versions_have_no_gaps**: a number that does not follow the latest is a conflict.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn save_agent(&self, workspace: &WorkspaceId, agent: &Agent) -> Result<(), StoreError>;

    /// Returns a version of an agent, the latest when none is named.
    ///
    /// # Contract
    /// - **an_agent_is_found_in_its_workspace_only**.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn agent(
        &self,
        workspace: &WorkspaceId,
        id: &AgentId,
        version: Option<u32>,
    ) -> Result<Agent, StoreError>;

    /// Lists the latest versions of agents in the order of ids, those after `after`.
    ///
    /// # Contract
    /// - **agents_are_listed_in_pages**: each once, only the latest version, none that was deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn agents(
        &self,
        workspace: &WorkspaceId,
        after: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<Agent>, StoreError>;

    /// Removes an agent from the listing. Its versions stay readable by number, for the runs that used them.
    ///
    /// # Contract
    /// - **an_agent_in_use_is_not_deleted**: a conflict while the latest version of a score names it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn delete_agent(&self, workspace: &WorkspaceId, id: &AgentId) -> Result<(), StoreError>;

    /// Stores prices; one of the same model and moment is replaced.
    ///
    /// # Contract
    /// - **prices_are_replaced_by_model_and_moment**: and listed by model, then moment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn set_prices(&self, workspace: &WorkspaceId, prices: &[ModelPricing]) -> Result<(), StoreError>;

    /// Returns every price of the workspace.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn prices(&self, workspace: &WorkspaceId) -> Result<Vec<ModelPricing>, StoreError>;
}
