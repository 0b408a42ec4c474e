//! The role that keeps secrets, sealed: a store never sees a value, nor a key.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{SealedSecret, SecretInfo, SecretName, WorkspaceId};

/// Durable home of sealed secrets. See the [rules for every method](super).
#[async_trait]
pub trait SecretStore: Send + Sync + 'static {
    /// Stores a version of a secret and forgets all but its latest `keep` versions. The first has version 1, each further
    /// one the number after the latest. `keep` is at least 1.
    ///
    /// # Contract
    /// - **a_secret_reads_back_equal**: every field, every byte.
    /// - **secret_versions_have_no_gaps**: a number that does not follow the latest is a conflict.
    /// - **a_secret_version_is_immutable**: a number that is taken is a conflict, unless the content is the same.
    /// - **old_secret_versions_are_forgotten**: of this secret, and no other.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn put_secret(
        &self,
        workspace: &WorkspaceId,
        secret: &SealedSecret,
        keep: u32,
    ) -> Result<(), StoreError>;

    /// Returns a version of a secret, the latest when none is named.
    ///
    /// # Contract
    /// - **a_secret_is_found_in_its_workspace_only**.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn secret(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
        version: Option<u32>,
    ) -> Result<SealedSecret, StoreError>;

    /// Lists secrets in the order of names, those after `after`.
    ///
    /// # Contract
    /// - **secrets_are_listed_in_pages**: each once, with its latest version and the oldest that is kept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn secrets(
        &self,
        workspace: &WorkspaceId,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<SecretInfo>, StoreError>;

    /// Deletes every version of a secret.
    ///
    /// # Contract
    /// - **a_deleted_secret_is_gone**: nothing of it can be read. Its name may be used again, from version 1.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`].
    async fn delete_secret(&self, workspace: &WorkspaceId, name: &SecretName) -> Result<(), StoreError>;

    /// Returns the keys that any version of any secret is sealed under, in all workspaces.
    ///
    /// # Contract
    /// - **secret_keys_are_told**: each once, in order, as long as something is sealed under it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn secret_keys(&self) -> Result<Vec<String>, StoreError>;

    /// Returns versions of secrets that are sealed under another key than this one, in all workspaces, at most `limit`, in
    /// any order.
    ///
    /// # Contract
    /// - **secrets_under_other_keys_are_found**: until there are none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn secrets_under_other_keys(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(WorkspaceId, SealedSecret)>, StoreError>;

    /// Replaces what a version holds by the same value sealed anew: the name, the number and the time stay.
    ///
    /// # Contract
    /// - **a_reseal_is_compared**: a version that is not as `expected`, nor as `resealed` already, is a conflict and stays as
    ///   it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn reseal_secret(
        &self,
        workspace: &WorkspaceId,
        expected: &SealedSecret,
        resealed: &SealedSecret,
    ) -> Result<(), StoreError>;
}
