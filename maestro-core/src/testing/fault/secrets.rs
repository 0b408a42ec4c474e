//! The role that keeps secrets, each call played as the plan says.

use async_trait::async_trait;

use super::{FaultStore, Method};
use crate::{
    domain::{SealedSecret, SecretInfo, SecretName, WorkspaceId},
    ports::store::{SecretStore, StoreError},
};

#[async_trait]
impl<S: SecretStore + ?Sized> SecretStore for FaultStore<S> {
    async fn put_secret(
        &self,
        workspace: &WorkspaceId,
        secret: &SealedSecret,
        keep: u32,
    ) -> Result<(), StoreError> {
        self.plan().play(Method::PutSecret, self.inner.put_secret(workspace, secret, keep)).await
    }
    async fn secret(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
        version: Option<u32>,
    ) -> Result<SealedSecret, StoreError> {
        self.plan().play(Method::Secret, self.inner.secret(workspace, name, version)).await
    }
    async fn secrets(
        &self,
        workspace: &WorkspaceId,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<SecretInfo>, StoreError> {
        self.plan().play(Method::Secrets, self.inner.secrets(workspace, after, limit)).await
    }
    async fn delete_secret(&self, workspace: &WorkspaceId, name: &SecretName) -> Result<(), StoreError> {
        self.plan().play(Method::DeleteSecret, self.inner.delete_secret(workspace, name)).await
    }
    async fn secret_keys(&self) -> Result<Vec<String>, StoreError> {
        self.plan().play(Method::SecretKeys, self.inner.secret_keys()).await
    }
    async fn secrets_under_other_keys(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(WorkspaceId, SealedSecret)>, StoreError> {
        let found = self.inner.secrets_under_other_keys(key_id, limit);
        self.plan().play(Method::SecretsUnderOtherKeys, found).await
    }
    async fn reseal_secret(
        &self,
        workspace: &WorkspaceId,
        expected: &SealedSecret,
        resealed: &SealedSecret,
    ) -> Result<(), StoreError> {
        let resealed = self.inner.reseal_secret(workspace, expected, resealed);
        self.plan().play(Method::ResealSecret, resealed).await
    }
}
