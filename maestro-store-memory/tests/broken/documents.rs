//! Scores, agents and prices, kept wrongly.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Agent, AgentId, ModelPricing, Score, ScoreId, WorkspaceId},
    ports::store::{AgentStore, ConflictReason, ScoreStore, StoreError},
};

use crate::{breach::Breach, store::BrokenStore};

impl BrokenStore {
    /// Swallows a conflict.
    pub(crate) fn forgive(
        &self,
        answer: Result<(), StoreError>,
        breach: Breach,
        reason: ConflictReason,
    ) -> Result<(), StoreError> {
        match answer {
            Err(error) if self.has(breach) && error.conflict_reason() == Some(reason) => Ok(()),
            answer => answer,
        }
    }

    /// Returns the workspace in which something is kept.
    pub(crate) fn home(&self, shared: Breach, workspace: &WorkspaceId) -> WorkspaceId {
        if self.has(shared) { WorkspaceId::default() } else { workspace.clone() }
    }

    pub(crate) fn save(&self, answer: Result<(), StoreError>) -> Result<(), StoreError> {
        let answer = self.forgive(answer, Breach::VersionsSwallowed, ConflictReason::Taken);
        self.forgive(answer, Breach::VersionGaps, ConflictReason::Changed)
    }
}

#[async_trait]
impl ScoreStore for BrokenStore {
    async fn save_score(
        &self,
        workspace: &WorkspaceId,
        score: &Score,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.save(self.inner.save_score(&self.home(Breach::ScoresShared, workspace), score, now).await)
    }

    async fn score(
        &self,
        workspace: &WorkspaceId,
        id: &ScoreId,
        version: Option<u32>,
    ) -> Result<Score, StoreError> {
        let mut score = self.inner.score(&self.home(Breach::ScoresShared, workspace), id, version).await?;
        score.summary = score.summary.filter(|_| !self.has(Breach::SummaryLost));
        Ok(score)
    }

    async fn scores(
        &self,
        workspace: &WorkspaceId,
        after: Option<&ScoreId>,
        limit: u32,
    ) -> Result<Vec<Score>, StoreError> {
        let mut scores = self.inner.scores(&self.home(Breach::ScoresShared, workspace), after, limit).await?;
        if let (true, [.., last]) = (self.has(Breach::DeletedListed), &mut scores[..]) {
            last.version = 1;
            *last = self.inner.score(workspace, &last.id, Some(1)).await?;
        }
        Ok(scores)
    }

    async fn delete_score(&self, workspace: &WorkspaceId, id: &ScoreId) -> Result<(), StoreError> {
        let answer = self.inner.delete_score(&self.home(Breach::ScoresShared, workspace), id).await;
        self.forgive(answer, Breach::UsedDeleted, ConflictReason::InUse)
    }
}

#[async_trait]
impl AgentStore for BrokenStore {
    async fn save_agent(&self, workspace: &WorkspaceId, agent: &Agent) -> Result<(), StoreError> {
        self.save(self.inner.save_agent(&self.home(Breach::AgentsShared, workspace), agent).await)
    }

    async fn agent(
        &self,
        workspace: &WorkspaceId,
        id: &AgentId,
        version: Option<u32>,
    ) -> Result<Agent, StoreError> {
        let mut agent = self.inner.agent(&self.home(Breach::AgentsShared, workspace), id, version).await?;
        if self.has(Breach::ToolsSorted) {
            agent.allowed_tools.sort();
        }
        Ok(agent)
    }

    async fn agents(
        &self,
        workspace: &WorkspaceId,
        after: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<Agent>, StoreError> {
        let workspace = self.home(Breach::AgentsShared, workspace);
        let mut agents = self.inner.agents(&workspace, after, limit).await?;
        if let Some(after) = after.filter(|_| self.has(Breach::AgentPagesRepeat)) {
            agents.splice(..0, self.inner.agent(&workspace, after, None).await.ok());
            agents.truncate(limit as usize);
        }
        Ok(agents)
    }

    async fn delete_agent(&self, workspace: &WorkspaceId, id: &AgentId) -> Result<(), StoreError> {
        let answer = self.inner.delete_agent(&self.home(Breach::AgentsShared, workspace), id).await;
        self.forgive(answer, Breach::UsedDeleted, ConflictReason::InUse)
    }

    async fn set_prices(&self, workspace: &WorkspaceId, prices: &[ModelPricing]) -> Result<(), StoreError> {
        self.memo().prices.entry(workspace.clone()).or_default().extend(prices.iter().cloned());
        self.inner.set_prices(workspace, prices).await
    }

    async fn prices(&self, workspace: &WorkspaceId) -> Result<Vec<ModelPricing>, StoreError> {
        let kept = self.memo().prices.get(workspace).cloned().unwrap_or_default();
        let mut prices = self.inner.prices(workspace).await?;
        if self.has(Breach::PricesUnsorted) {
            let place = |price: &ModelPricing| kept.iter().position(|one| one == price);
            prices.sort_by_key(place);
        }
        Ok(prices)
    }
}
