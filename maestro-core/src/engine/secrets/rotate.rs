//! Rotation: everything in the vault sealed anew under the current master key.

use crate::{
    domain::{SealedSecret, WorkspaceId},
    engine::{Error, Maestro},
    ports::store::StoreError,
};

/// So many versions are sealed anew in one go.
const BATCH: u32 = 100;

impl Maestro {
    /// Seals every secret of every workspace that is sealed under a previous master key anew under the current one;
    /// returns how many versions that were. Runs go on meanwhile, and several processes may do it at once. Where it is
    /// interrupted, the next call goes on from there.
    ///
    /// Dropping the future is safe.
    ///
    /// # Errors
    /// [`Error::NoVault`]; [`Error::Store`]; [`Error::Secret`] for what cannot be opened, after all the others of its batch
    /// were sealed.
    pub async fn rotate_secrets(&self) -> Result<u64, Error> {
        let (store, secrets) = (&self.shared.store, &self.shared.secrets);
        let keys = secrets.keys.as_ref().ok_or(Error::NoVault)?;
        let mut resealed = 0;
        loop {
            let batch = store.secrets_under_other_keys(keys.current_id(), BATCH).await?;
            if batch.is_empty() {
                return Ok(resealed);
            }
            let mut unreadable = None;
            for (workspace, secret) in batch {
                match self.reseal(&workspace, &secret).await {
                    Ok(true) => resealed += 1,
                    // Somebody else sealed it, or deleted it.
                    Ok(false) => {}
                    Err(error @ Error::Secret(_)) => unreadable = Some(error),
                    Err(error) => return Err(error),
                }
            }
            if let Some(error) = unreadable {
                return Err(error);
            }
        }
    }

    /// Seals one version anew; tells whether it was still as it was read.
    async fn reseal(&self, workspace: &WorkspaceId, secret: &SealedSecret) -> Result<bool, Error> {
        let keys = self.shared.secrets.keys.as_ref().ok_or(Error::NoVault)?;
        let value = keys.open(workspace, secret)?;
        let anew = keys.seal(workspace, secret.clone(), &value)?;
        match self.shared.store.reseal_secret(workspace, secret, &anew).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
