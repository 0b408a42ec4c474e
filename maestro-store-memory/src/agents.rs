//! The role that keeps agents and the prices of models.

use std::sync::Arc;

use async_trait::async_trait;
use maestro_core::{
    domain::{Agent, AgentId, ModelPricing, NodeKind, WorkspaceId},
    ports::store::{AgentStore, ConflictReason, StoreError},
};

use crate::{MemoryStore, listing::copied, state::State};

#[async_trait]
impl AgentStore for MemoryStore {
    async fn save_agent(&self, workspace: &WorkspaceId, agent: &Agent) -> Result<(), StoreError> {
        self.write(|state, news| {
            let saved = state.agents.save(workspace, &agent.id, agent.version, agent);
            if saved.map_err(|reason| StoreError::conflict("agent", &agent.id, reason))? {
                news.agent(workspace, &agent.id);
            }
            Ok(())
        })
    }

    async fn agent(
        &self,
        workspace: &WorkspaceId,
        id: &AgentId,
        version: Option<u32>,
    ) -> Result<Agent, StoreError> {
        let agent = self.read(|state| state.agents.get(workspace, id, version));
        agent.map(Arc::unwrap_or_clone).ok_or_else(|| StoreError::not_found("agent", id))
    }

    async fn agents(
        &self,
        workspace: &WorkspaceId,
        after: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<Agent>, StoreError> {
        let page: Vec<_> =
            self.read(|state| state.agents.latest(workspace, after).take(limit as usize).cloned().collect());
        Ok(copied(&page))
    }

    async fn delete_agent(&self, workspace: &WorkspaceId, id: &AgentId) -> Result<(), StoreError> {
        self.write(|state, news| {
            if state.agents.get(workspace, id, None).is_none() {
                return Err(StoreError::not_found("agent", id));
            }
            if state.names_agent(workspace, id) {
                return Err(StoreError::conflict("agent", id, ConflictReason::InUse));
            }
            state.agents.delete(workspace, id);
            news.agent(workspace, id);
            Ok(())
        })
    }

    async fn set_prices(&self, workspace: &WorkspaceId, prices: &[ModelPricing]) -> Result<(), StoreError> {
        self.write(|state, _| {
            for price in prices {
                state.prices.insert(workspace, (price.model.clone(), price.valid_from), price.clone());
            }
        });
        Ok(())
    }

    async fn prices(&self, workspace: &WorkspaceId) -> Result<Vec<ModelPricing>, StoreError> {
        Ok(self.read(|state| state.prices.range(workspace, ..).map(|(_, price)| price.clone()).collect()))
    }
}

impl State {
    /// Tells whether the latest version of a score names the agent. Looks at every score: deleting is rare.
    fn names_agent(&self, workspace: &WorkspaceId, id: &AgentId) -> bool {
        let mut nodes = self.scores.latest(workspace, None).flat_map(|score| &score.nodes);
        nodes.any(|node| matches!(&node.kind, NodeKind::Llm { agent, .. } if agent == id))
    }
}
