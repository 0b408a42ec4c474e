//! Secrets: where their values come from, the vault that keeps them sealed, and what a step is given.

mod env;
mod given;
mod keep;
mod keys;
mod rotate;

use std::{sync::Arc, time::Duration};

pub use self::env::EnvSecrets;
pub(crate) use self::given::{Bindings, give};
pub use self::keys::{MasterKeyError, MasterKeys};
use super::{BuildError, Error, shared::Shared};
use crate::{
    domain::{SealedSecret, Secret, SecretName, WorkspaceId},
    ports::{SecretError, SecretSource, Store, store::StoreError},
};

/// So long an engine that begins waits for the store to say which keys it needs.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// Everywhere that secrets come from: the host's sources in their order, then the vault, where there are master keys.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) sources: Vec<Arc<dyn SecretSource>>,
    pub(crate) keys: Option<MasterKeys>,
}

impl Secrets {
    /// Refuses keys that do not open everything that the store holds.
    pub(crate) fn check(&self, used: &[String]) -> Result<(), BuildError> {
        let Some(keys) = &self.keys else {
            return if used.is_empty() { Ok(()) } else { Err(BuildError::NoMasterKey) };
        };
        let lacking: Vec<_> = used.iter().filter(|id| !keys.knows(id)).cloned().collect();
        if lacking.is_empty() { Ok(()) } else { Err(BuildError::WrongMasterKey { lacking }) }
    }

    /// Returns the value of the first of the host's sources that has the secret.
    async fn ask_sources(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
    ) -> Result<Option<Secret>, SecretError> {
        for source in &self.sources {
            if let Some(secret) = source.secret(workspace, name).await? {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }

    /// Opens what the vault holds; nothing where there is no vault.
    fn open(
        &self,
        workspace: &WorkspaceId,
        sealed: Option<SealedSecret>,
    ) -> Result<Option<Secret>, SecretError> {
        let (Some(keys), Some(sealed)) = (&self.keys, sealed) else { return Ok(None) };
        keys.open(workspace, &sealed).map(Some)
    }
}

/// Says what keeps a secret from being used; nothing when it is there.
pub(crate) async fn problem(
    shared: &Shared,
    workspace: &WorkspaceId,
    slot: &str,
    name: &str,
) -> Result<Option<String>, Error> {
    let name = match SecretName::new(name) {
        Ok(name) => name,
        Err(error) => return Ok(Some(format!("the secret slot {slot}: {error}"))),
    };
    let found = match shared.secrets.ask_sources(workspace, &name).await {
        Ok(None) => {
            let sealed = latest(&*shared.store, workspace, &name).await?;
            shared.secrets.open(workspace, sealed)
        }
        answer => answer,
    };
    match found {
        Ok(Some(_)) => Ok(None),
        Ok(None) => Ok(Some(missing(slot, &name))),
        Err(error @ SecretError::Unusable { .. }) => Ok(Some(format!("the secret slot {slot}: {error}"))),
        Err(error) => Err(error.into()),
    }
}

/// Checks the keys against what the store holds; `false` when the store does not say.
pub(crate) async fn check_now(shared: &Shared) -> Result<bool, BuildError> {
    let used = tokio::select! {
        biased;
        used = shared.store.secret_keys() => used,
        () = shared.clock.sleep(FIRST_ANSWER) => return Ok(false),
    };
    match used {
        Ok(used) => shared.secrets.check(&used).map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Asks the store again for what it could not say when the engine was built, and stops the engine that has the wrong keys.
pub(crate) async fn check_later(shared: Arc<Shared>) {
    let used = tokio::select! {
        biased;
        () = shared.stopping.cancelled() => return,
        used = shared.insist("read secret keys", || shared.store.secret_keys()) => used,
    };
    let checked = match used {
        Ok(used) => shared.secrets.check(&used).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = checked {
        tracing::error!(error, "the engine stops: it cannot use the secrets of its store");
        shared.stopping.cancel();
        shared.out_of_grace.cancel();
    }
}

/// Returns the latest version of a secret in the vault.
async fn latest(
    store: &dyn Store,
    workspace: &WorkspaceId,
    name: &SecretName,
) -> Result<Option<SealedSecret>, StoreError> {
    match store.secret(workspace, name, None).await {
        Ok(sealed) => Ok(Some(sealed)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn missing(slot: &str, name: &SecretName) -> String {
    format!(
        "no source has the secret {name} of the slot {slot}; put it, or bind another one in secret_bindings"
    )
}
