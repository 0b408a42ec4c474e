//! Secrets from the environment of the process.

use std::fmt;

use async_trait::async_trait;

use super::keys;
use crate::{
    domain::{Secret, SecretName, WorkspaceId},
    ports::{SecretError, SecretSource},
};

/// Takes secrets of one workspace from variables of the environment.
///
/// The variable of a secret is the prefix and the name in capitals, `_` for `-`: with the prefix `MAESTRO_SECRET_` the
/// secret `crm-key` is `MAESTRO_SECRET_CRM_KEY`. An empty variable counts as none. The variables of the master keys,
/// `MAESTRO_SECRET_KEY` and `MAESTRO_SECRET_KEY_PREVIOUS`, are no secrets: they are never looked at.
///
/// The environment belongs to the host, so other workspaces see none of it, unless the host adds a source for them with a
/// prefix of their own. Whoever edits orchestras of a workspace can use every variable with its prefix: no prefix should
/// be the beginning of another one.
///
/// ```
/// use maestro_core::{domain::WorkspaceId, engine::EnvSecrets};
///
/// fn read(name: &str) -> Option<String> {
///     std::env::var(name).ok()
/// }
/// let ours = EnvSecrets::new(read);
/// let acmes = EnvSecrets::new(read).for_workspace(WorkspaceId::new("acme")?, "ACME_SECRET_");
/// # Ok::<(), maestro_core::domain::InvalidId>(())
/// ```
pub struct EnvSecrets {
    workspace: WorkspaceId,
    prefix: String,
    read: Box<ReadVariable>,
}

type ReadVariable = dyn Fn(&str) -> Option<String> + Send + Sync;

impl EnvSecrets {
    /// Makes a source for the workspace `default` with the prefix `MAESTRO_SECRET_`. `read` is how variables are read:
    /// `|name| std::env::var(name).ok()`.
    pub fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let prefix = "MAESTRO_SECRET_".to_owned();
        Self { workspace: WorkspaceId::default(), prefix, read: Box::new(read) }
    }

    /// Makes it the source of another workspace, with a prefix of its own.
    #[must_use]
    pub fn for_workspace(self, workspace: WorkspaceId, prefix: impl Into<String>) -> Self {
        Self { workspace, prefix: prefix.into(), ..self }
    }

    fn variable(&self, name: &SecretName) -> String {
        format!("{}{}", self.prefix, name.as_str().to_ascii_uppercase().replace('-', "_"))
    }
}

#[async_trait]
impl SecretSource for EnvSecrets {
    async fn secret(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
    ) -> Result<Option<Secret>, SecretError> {
        let variable = self.variable(name);
        if *workspace != self.workspace || [keys::CURRENT, keys::PREVIOUS].contains(&variable.as_str()) {
            return Ok(None);
        }
        let Some(value) = (self.read)(&variable).filter(|value| !value.is_empty()) else { return Ok(None) };
        match Secret::new(value) {
            Ok(secret) => Ok(Some(secret)),
            Err(error) => Err(SecretError::unusable(name, format!("{variable}: {error}"))),
        }
    }
}

impl fmt::Debug for EnvSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EnvSecrets");
        shown.field("workspace", &self.workspace).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads variables whose values are made of their names.
    fn read(name: &str) -> Option<String> {
        match name {
            "MAESTRO_SECRET_SHORT" => Some("x".to_owned()),
            "MAESTRO_SECRET_EMPTY" => Some(String::new()),
            "MAESTRO_SECRET_ABSENT" => None,
            _ => Some(format!("value of {name}")),
        }
    }

    async fn ask(source: &EnvSecrets, workspace: &str, name: &str) -> Result<Option<String>, SecretError> {
        let workspace = WorkspaceId::new(workspace).unwrap();
        let secret = source.secret(&workspace, &SecretName::new(name).unwrap()).await?;
        Ok(secret.map(|secret| secret.expose().to_owned()))
    }

    #[tokio::test]
    async fn a_variable_is_named_by_the_secret_and_belongs_to_one_workspace() {
        let source = EnvSecrets::new(read);
        let value = ask(&source, "default", "crm-key").await.unwrap();
        assert_eq!(value.as_deref(), Some("value of MAESTRO_SECRET_CRM_KEY"));
        for absent in ["absent", "empty"] {
            assert_eq!(ask(&source, "default", absent).await.unwrap(), None);
        }
        assert_eq!(ask(&source, "acme", "crm-key").await.unwrap(), None, "another workspace");
        let error = ask(&source, "default", "short").await.unwrap_err();
        assert!(error.to_string().contains("MAESTRO_SECRET_SHORT") && !error.is_retryable(), "{error}");
        let acmes = EnvSecrets::new(read).for_workspace(WorkspaceId::new("acme").unwrap(), "ACME_");
        assert_eq!(ask(&acmes, "acme", "k").await.unwrap().as_deref(), Some("value of ACME_K"));
        assert_eq!(ask(&acmes, "default", "k").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_master_key_is_no_secret_whatever_the_prefix() {
        let source = EnvSecrets::new(read);
        for name in ["key", "key-previous", "key_previous"] {
            assert_eq!(ask(&source, "default", name).await.unwrap(), None, "{name}");
        }
        let wide = EnvSecrets::new(read).for_workspace(WorkspaceId::default(), "MAESTRO_");
        assert_eq!(ask(&wide, "default", "secret-key").await.unwrap(), None);
    }
}
