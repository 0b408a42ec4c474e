//! The role that keeps scores.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{NodeKind, Score, ScoreId, WorkspaceId},
    ports::store::{ScoreStore, StoreError},
};

use crate::{PostgresStore, columns::compared, versions::Kind};

const SCORE: Kind = Kind {
    what: "score",
    one: include_str!("../queries/score.sql"),
    list: include_str!("../queries/scores.sql"),
    standing: include_str!("../queries/score_standing.sql"),
    lock: include_str!("../queries/lock_score.sql"),
    delete: include_str!("../queries/delete_score.sql"),
};

#[async_trait]
impl ScoreStore for PostgresStore {
    async fn save_score(
        &self,
        workspace: &WorkspaceId,
        score: &Score,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let save = self
            .statement(include_str!("../queries/save_score.sql"))
            .bind(workspace.as_str())
            .bind(score.id.as_str())
            .bind(compared(score.version))
            .bind(agents_of(score))
            .bind(SCORE.write(score)?)
            .bind(now);
        if self.shared.ordinary.execute(save).await? == 0 {
            return self.settle_version(&SCORE, workspace, score.id.as_str(), score.version, score).await;
        }
        let mut news = self.shared.events.news();
        news.score(workspace, &score.id);
        self.shared.events.tell(news);
        Ok(())
    }

    async fn score(
        &self,
        workspace: &WorkspaceId,
        id: &ScoreId,
        version: Option<u32>,
    ) -> Result<Score, StoreError> {
        self.version(&SCORE, workspace, id.as_str(), version).await
    }

    async fn scores(
        &self,
        workspace: &WorkspaceId,
        after: Option<&ScoreId>,
        limit: u32,
    ) -> Result<Vec<Score>, StoreError> {
        self.latest_versions(&SCORE, workspace, after.map(ScoreId::as_str), limit).await
    }

    async fn delete_score(&self, workspace: &WorkspaceId, id: &ScoreId) -> Result<(), StoreError> {
        self.delete_versions(&SCORE, workspace, id.as_str()).await?;
        let mut news = self.shared.events.news();
        news.score(workspace, id);
        self.shared.events.tell(news);
        Ok(())
    }
}

/// Returns the agents that nodes of the score name, each once.
fn agents_of(score: &Score) -> Vec<&str> {
    let named = score.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Llm { agent, .. } => Some(agent.as_str()),
        _ => None,
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}
