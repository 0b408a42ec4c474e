//! Versions of scores and agents, kept while they are in use. They are immutable: what is kept never grows stale.

use std::sync::Arc;

use super::kept::Kept;
use crate::{
    domain::{Agent, AgentId, AgentPin, ScoreId, WorkspaceId, play::Plan},
    ports::{Store, store::StoreError},
};

/// So many versions of each are kept.
const KEPT: usize = 1_000;

/// Scores prepared for playing, and the agents in them.
pub(crate) struct Plans {
    plans: Kept<(WorkspaceId, ScoreId, u32), Arc<Plan>>,
    agents: Kept<(WorkspaceId, AgentId, u32), Arc<Agent>>,
}

impl Default for Plans {
    fn default() -> Self {
        Self { plans: Kept::at_most(KEPT), agents: Kept::at_most(KEPT) }
    }
}

impl Plans {
    /// Returns the plan of a version of a score; reads it from the store the first time.
    pub(crate) async fn get(
        &self,
        store: &dyn Store,
        workspace: &WorkspaceId,
        score: &ScoreId,
        version: u32,
    ) -> Result<Arc<Plan>, StoreError> {
        let key = (workspace.clone(), score.clone(), version);
        if let Some(plan) = self.plans.get(&key) {
            return Ok(plan);
        }
        let read = store.score(workspace, score, Some(version)).await?;
        let plan = Plan::new(Arc::new(read)).map_err(|error| StoreError::Corrupt {
            what: "score",
            id: score.to_string(),
            reason: error.to_string(),
        })?;
        let plan = Arc::new(plan);
        self.plans.put(key, Arc::clone(&plan));
        Ok(plan)
    }

    /// Returns versions of agents; reads from the store what it has not read before.
    pub(crate) async fn agents(
        &self,
        store: &dyn Store,
        workspace: &WorkspaceId,
        pins: &[AgentPin],
    ) -> Result<Vec<Arc<Agent>>, StoreError> {
        let mut agents = Vec::with_capacity(pins.len());
        for pin in pins {
            let key = (workspace.clone(), pin.agent_id.clone(), pin.version);
            let agent = match self.agents.get(&key) {
                Some(agent) => agent,
                None => Arc::new(store.agent(workspace, &pin.agent_id, Some(pin.version)).await?),
            };
            self.agents.put(key, Arc::clone(&agent));
            agents.push(agent);
        }
        Ok(agents)
    }
}
