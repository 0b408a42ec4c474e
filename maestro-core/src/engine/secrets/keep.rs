//! Secrets as hosts and people keep them: put, listed, deleted, and never shown.

use super::{MasterKeys, latest};
use crate::{
    domain::{SealedSecret, Secret, SecretInfo, SecretName},
    engine::{Error, Workspace},
};

/// So many versions of a secret are kept.
const KEPT: u32 = 10;
/// How often a version is tried whose number others take first.
const TRIES: u32 = 20;
/// So many orchestras are looked at in one go.
const PAGE: u32 = 200;

impl Workspace {
    /// Seals a value and keeps it as the next version of the secret in the vault. Steps that begin from now on get it,
    /// wherever an orchestra binds the name. The last 10 versions are kept.
    ///
    /// Dropping the future leaves the version put or not.
    ///
    /// # Errors
    /// [`Error::NoVault`]; [`Error::Store`].
    pub async fn put_secret(&self, name: &SecretName, value: &Secret) -> Result<SecretInfo, Error> {
        let keys = self.vault()?;
        for _ in 0..TRIES {
            let latest = latest(&*self.shared.store, &self.id, name).await?;
            let unsealed = SealedSecret {
                name: name.clone(),
                version: latest.map_or(0, |latest| latest.version).saturating_add(1),
                key_id: String::new(),
                sealed: Vec::new(),
                created_at: self.shared.now(),
            };
            let sealed = keys.seal(&self.id, unsealed, value)?;
            match self.shared.store.put_secret(&self.id, &sealed, KEPT).await {
                Ok(()) => return Ok(info(&sealed)),
                // Somebody took the number.
                Err(error) if error.conflict_reason().is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let reason = "others put it all the time; try again".to_owned();
        Err(Error::Conflict { what: format!("secret {name}"), reason })
    }

    /// Puts the value of an older version as the next one.
    ///
    /// # Errors
    /// [`Error::NoVault`]; [`Error::Store`] when the version is not kept; [`Error::Secret`] when it cannot be opened.
    pub async fn restore_secret(&self, name: &SecretName, version: u32) -> Result<SecretInfo, Error> {
        let sealed = self.shared.store.secret(&self.id, name, Some(version)).await?;
        let value = self.vault()?.open(&self.id, &sealed)?;
        self.put_secret(name, &value).await
    }

    /// Lists the secrets of the vault in the order of names, those after `after`, at most `limit`. Values are never shown.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn secrets(&self, after: Option<&SecretName>, limit: u32) -> Result<Vec<SecretInfo>, Error> {
        Ok(self.shared.store.secrets(&self.id, after, limit).await?)
    }

    /// Deletes every version of a secret from the vault. Other sources are not touched.
    ///
    /// # Errors
    /// [`Error::Conflict`] names an orchestra that binds it; [`Error::Store`].
    pub async fn delete_secret(&self, name: &SecretName) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.shared.store.orchestras(&self.id, after.as_ref(), PAGE).await?;
            let binds = |bound: &String| bound == name.as_str();
            let user = page.iter().find(|state| state.orchestra.secret_bindings.values().any(binds));
            if let Some(user) = user {
                let reason = format!("the orchestra {} binds it; bind another one first", user.orchestra.id);
                return Err(Error::Conflict { what: format!("secret {name}"), reason });
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = Some(last.orchestra.id.clone()),
                _ => break,
            }
        }
        Ok(self.shared.store.delete_secret(&self.id, name).await?)
    }

    fn vault(&self) -> Result<&MasterKeys, Error> {
        self.shared.secrets.keys.as_ref().ok_or(Error::NoVault)
    }
}

/// Returns what may be known of a version that was just put: the versions before it that are kept have no gaps.
fn info(sealed: &SealedSecret) -> SecretInfo {
    SecretInfo {
        name: sealed.name.clone(),
        version: sealed.version,
        oldest_version: sealed.version.saturating_sub(KEPT - 1).max(1),
        updated_at: sealed.created_at,
    }
}
