//! The role that keeps scores and their versions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::{Score, ScoreId, WorkspaceId};

/// Durable home of scores. See the [rules for every method](super).
#[async_trait]
pub trait ScoreStore: Send + Sync + 'static {
    /// Stores a version of a score. The first has version 1, each further one the number after the latest.
    ///
    /// # Contract
    /// - **a_score_reads_back_equal**: every field.
    /// - **a_score_version_is_immutable**: a number that is taken is a conflict, unless the content is the same.
    /// - **score_versions_have_no_gaps**: a number that does not follow the latest is a conflict.
    /// - **a_deleted_score_id_is_not_given_again**.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn save_score(
        &self,
        workspace: &WorkspaceId,
        score: &Score,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Returns a version of a score, the latest when none is named.
    ///
    /// # Contract
    /// - **a_score_is_found_in_its_workspace_only**.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn score(
        &self,
        workspace: &WorkspaceId,
        id: &ScoreId,
        version: Option<u32>,
    ) -> Result<Score, StoreError>;

    /// Lists the latest versions of scores in the order of ids, those after `after`.
    ///
    /// # Contract
    /// - **scores_are_listed_in_pages**: each once, only the latest version, none that was deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn scores(
        &self,
        workspace: &WorkspaceId,
        after: Option<&ScoreId>,
        limit: u32,
    ) -> Result<Vec<Score>, StoreError>;

    /// Removes a score from the listing. Its versions stay readable by number, for the runs that played them.
    ///
    /// # Contract
    /// - **a_score_in_use_is_not_deleted**: a conflict while an orchestra plays it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn delete_score(&self, workspace: &WorkspaceId, id: &ScoreId) -> Result<(), StoreError>;
}
