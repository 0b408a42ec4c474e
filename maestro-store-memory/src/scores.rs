//! The role that keeps scores.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Score, ScoreId, WorkspaceId},
    ports::store::{ConflictReason, ScoreStore, StoreError},
};

use crate::{MemoryStore, listing::copied};

#[async_trait]
impl ScoreStore for MemoryStore {
    async fn save_score(
        &self,
        workspace: &WorkspaceId,
        score: &Score,
        _now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(|state, news| {
            let saved = state.scores.save(workspace, &score.id, score.version, score);
            if saved.map_err(|reason| StoreError::conflict("score", &score.id, reason))? {
                news.score(workspace, &score.id);
            }
            Ok(())
        })
    }

    async fn score(
        &self,
        workspace: &WorkspaceId,
        id: &ScoreId,
        version: Option<u32>,
    ) -> Result<Score, StoreError> {
        let score = self.read(|state| state.scores.get(workspace, id, version));
        score.map(Arc::unwrap_or_clone).ok_or_else(|| StoreError::not_found("score", id))
    }

    async fn scores(
        &self,
        workspace: &WorkspaceId,
        after: Option<&ScoreId>,
        limit: u32,
    ) -> Result<Vec<Score>, StoreError> {
        let page: Vec<_> =
            self.read(|state| state.scores.latest(workspace, after).take(limit as usize).cloned().collect());
        Ok(copied(&page))
    }

    async fn delete_score(&self, workspace: &WorkspaceId, id: &ScoreId) -> Result<(), StoreError> {
        self.write(|state, news| {
            if state.orchestras.play(workspace, id) {
                return Err(StoreError::conflict("score", id, ConflictReason::InUse));
            }
            if !state.scores.delete(workspace, id) {
                return Err(StoreError::not_found("score", id));
            }
            news.score(workspace, id);
            Ok(())
        })
    }
}
