//! The role that keeps sealed secrets.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
};

use async_trait::async_trait;
use maestro_core::{
    domain::{SealedSecret, SecretInfo, SecretName, WorkspaceId},
    ports::store::{ConflictReason, SecretStore, StoreError},
};

use crate::MemoryStore;

/// The versions of one secret that are kept, by number; never empty.
pub(crate) type SecretVersions = BTreeMap<u32, SealedSecret>;

#[async_trait]
impl SecretStore for MemoryStore {
    async fn put_secret(
        &self,
        workspace: &WorkspaceId,
        secret: &SealedSecret,
        keep: u32,
    ) -> Result<(), StoreError> {
        let conflict = |reason| Err(StoreError::conflict("secret", &secret.name, reason));
        self.write(|state, _| {
            let known = state.secrets.get(workspace, &secret.name);
            match known.and_then(|versions| versions.get(&secret.version)) {
                Some(taken) if taken == secret => return Ok(()),
                Some(_) => return conflict(ConflictReason::Taken),
                None => {}
            }
            let latest = known.and_then(|versions| versions.keys().next_back()).copied().unwrap_or(0);
            if latest.checked_add(1) != Some(secret.version) {
                return conflict(ConflictReason::Changed);
            }
            let versions = state.secrets.entry(workspace, secret.name.clone()).or_default();
            versions.insert(secret.version, secret.clone());
            versions.retain(|version, _| version.saturating_add(keep) > secret.version);
            Ok(())
        })
    }

    async fn secret(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
        version: Option<u32>,
    ) -> Result<SealedSecret, StoreError> {
        self.read(|state| {
            let versions = state.secrets.get(workspace, name)?;
            let (_, secret) = match version {
                Some(version) => versions.get_key_value(&version)?,
                None => versions.last_key_value()?,
            };
            Some(secret.clone())
        })
        .ok_or_else(|| StoreError::not_found("secret", name))
    }

    async fn secrets(
        &self,
        workspace: &WorkspaceId,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<SecretInfo>, StoreError> {
        let start = after.map_or(Unbounded, |after| Excluded(after.clone()));
        Ok(self.read(|state| {
            let secrets = state.secrets.range(workspace, (start, Unbounded));
            secrets.filter_map(|(name, versions)| info(name, versions)).take(limit as usize).collect()
        }))
    }

    async fn delete_secret(&self, workspace: &WorkspaceId, name: &SecretName) -> Result<(), StoreError> {
        let gone = self.write(|state, _| state.secrets.remove(workspace, name));
        gone.map(drop).ok_or_else(|| StoreError::not_found("secret", name))
    }

    async fn secret_keys(&self) -> Result<Vec<String>, StoreError> {
        let keys: BTreeSet<_> = self.read(|state| {
            let secrets = state.secrets.iter().flat_map(|(_, _, versions)| versions.values());
            secrets.map(|secret| secret.key_id.clone()).collect()
        });
        Ok(keys.into_iter().collect())
    }

    async fn secrets_under_other_keys(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(WorkspaceId, SealedSecret)>, StoreError> {
        Ok(self.read(|state| {
            let all = state.secrets.iter().flat_map(|(workspace, _, versions)| {
                versions.values().map(move |secret| (workspace, secret))
            });
            let others = all.filter(|(_, secret)| secret.key_id != key_id).take(limit as usize);
            others.map(|(workspace, secret)| (workspace.clone(), secret.clone())).collect()
        }))
    }

    async fn reseal_secret(
        &self,
        workspace: &WorkspaceId,
        expected: &SealedSecret,
        resealed: &SealedSecret,
    ) -> Result<(), StoreError> {
        self.write(|state, _| {
            let versions = state.secrets.get_mut(workspace, &expected.name);
            let present = versions.and_then(|versions| versions.get_mut(&expected.version));
            let present = present.ok_or_else(|| StoreError::not_found("secret", &expected.name))?;
            if present != expected && present != resealed {
                return Err(StoreError::conflict("secret", &expected.name, ConflictReason::Changed));
            }
            present.clone_from(resealed);
            Ok(())
        })
    }
}

fn info(name: &SecretName, versions: &SecretVersions) -> Option<SecretInfo> {
    let ((oldest, _), (version, latest)) = (versions.first_key_value()?, versions.last_key_value()?);
    Some(SecretInfo {
        name: name.clone(),
        version: *version,
        oldest_version: *oldest,
        updated_at: latest.created_at,
    })
}
