//! Secrets, kept wrongly.

use async_trait::async_trait;
use maestro_core::{
    domain::{SealedSecret, SecretInfo, SecretName, WorkspaceId},
    ports::store::{ConflictReason, SecretStore, StoreError},
};

use crate::{breach::Breach, store::BrokenStore};

#[async_trait]
impl SecretStore for BrokenStore {
    async fn put_secret(
        &self,
        workspace: &WorkspaceId,
        secret: &SealedSecret,
        keep: u32,
    ) -> Result<(), StoreError> {
        let keep = if self.has(Breach::SecretsNeverForgotten) { u32::MAX } else { keep };
        let workspace = self.home(Breach::SecretsShared, workspace);
        self.save(self.inner.put_secret(&workspace, secret, keep).await)
    }

    async fn secret(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
        version: Option<u32>,
    ) -> Result<SealedSecret, StoreError> {
        let workspace = self.home(Breach::SecretsShared, workspace);
        let mut secret = self.inner.secret(&workspace, name, version).await?;
        if self.has(Breach::SecretsAsText) && secret.sealed.len() > 200 {
            secret.sealed = String::from_utf8_lossy(&secret.sealed).into_owned().into_bytes();
        }
        Ok(secret)
    }

    async fn secrets(
        &self,
        workspace: &WorkspaceId,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<SecretInfo>, StoreError> {
        let workspace = self.home(Breach::SecretsShared, workspace);
        let mut secrets = self.inner.secrets(&workspace, after, limit).await?;
        if self.has(Breach::SecretsListedFromFirst) {
            secrets.iter_mut().for_each(|secret| secret.oldest_version = 1);
        }
        Ok(secrets)
    }

    async fn delete_secret(&self, workspace: &WorkspaceId, name: &SecretName) -> Result<(), StoreError> {
        let workspace = self.home(Breach::SecretsShared, workspace);
        if self.has(Breach::SecretsStay) {
            return self.inner.secret(&workspace, name, None).await.map(drop);
        }
        self.inner.delete_secret(&workspace, name).await
    }

    async fn secret_keys(&self) -> Result<Vec<String>, StoreError> {
        let mut keys = self.inner.secret_keys().await?;
        if self.has(Breach::OneKeyTold) {
            keys.truncate(1);
        }
        Ok(keys)
    }

    async fn secrets_under_other_keys(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(WorkspaceId, SealedSecret)>, StoreError> {
        let mut secrets = self.inner.secrets_under_other_keys(key_id, limit).await?;
        if self.has(Breach::OldVersionsNotResealed) {
            secrets.retain(|(_, secret)| secret.version > 1);
        }
        Ok(secrets)
    }

    async fn reseal_secret(
        &self,
        workspace: &WorkspaceId,
        expected: &SealedSecret,
        resealed: &SealedSecret,
    ) -> Result<(), StoreError> {
        let workspace = self.home(Breach::SecretsShared, workspace);
        match self.inner.reseal_secret(&workspace, expected, resealed).await {
            Err(error)
                if self.has(Breach::ResealUncompared)
                    && error.conflict_reason() == Some(ConflictReason::Changed) =>
            {
                let present = self.inner.secret(&workspace, &expected.name, Some(expected.version)).await?;
                self.inner.reseal_secret(&workspace, &present, resealed).await
            }
            answer => answer,
        }
    }
}
