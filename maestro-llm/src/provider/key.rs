//! Keys: where the key of a provider comes from. They are read anew for each call, so that a rotated key counts at once.

use std::{env, fmt, sync::Arc};

use async_trait::async_trait;
use maestro_core::{domain::WorkspaceId, ports::StepError};
use secrecy::{ExposeSecret, SecretString};

/// Where the key of a provider comes from. What it prints never holds the key.
#[derive(Clone)]
pub struct Key(Origin);

#[derive(Clone)]
enum Origin {
    None,
    Value(SecretString),
    Env(String),
    Source(Arc<dyn KeySource>),
}

/// Hands out keys, such as a vault of the host. A closure is one:
///
/// ```
/// use maestro_llm::{Key, SecretString};
///
/// let key = Key::source(|workspace: &maestro_core::domain::WorkspaceId| match workspace.as_str() {
///     "acme" => Ok(SecretString::from("the key that acme pays for")),
///     _ => Ok(SecretString::from("ours")),
/// });
/// ```
#[async_trait]
pub trait KeySource: Send + Sync + 'static {
    /// Returns the key for calls of `workspace`.
    ///
    /// # Errors
    /// [`StepError`], which becomes that of the call.
    async fn key(&self, workspace: &WorkspaceId) -> Result<SecretString, StepError>;
}

#[async_trait]
impl<F> KeySource for F
where
    F: Fn(&WorkspaceId) -> Result<SecretString, StepError> + Send + Sync + 'static,
{
    async fn key(&self, workspace: &WorkspaceId) -> Result<SecretString, StepError> {
        self(workspace)
    }
}

impl Key {
    /// No key, for endpoints that ask for none.
    pub fn none() -> Self {
        Self(Origin::None)
    }

    /// This very key.
    pub fn value(key: impl Into<SecretString>) -> Self {
        Self(Origin::Value(key.into()))
    }

    /// The key that stands in an environment variable when a call is made.
    pub fn env(name: impl Into<String>) -> Self {
        Self(Origin::Env(name.into()))
    }

    /// The key that `source` hands out when a call is made.
    pub fn source(source: impl KeySource) -> Self {
        Self(Origin::Source(Arc::new(source)))
    }

    /// Returns the key; `None` where none is needed.
    pub(crate) async fn reveal(&self, workspace: &WorkspaceId) -> Result<Option<SecretString>, Refusal> {
        let key = match &self.0 {
            Origin::None => return Ok(None),
            Origin::Value(key) => key.clone(),
            Origin::Env(name) => {
                let value = env::var(name).map_err(|_| Refusal::Missing { name: name.clone() })?;
                SecretString::from(value)
            }
            Origin::Source(source) => source.key(workspace).await.map_err(Refusal::Source)?,
        };
        let bare = key.expose_secret().trim(); // files and shells leave a line feed at the end
        if bare.is_empty() {
            return Err(Refusal::Empty);
        }
        if !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::Unwritable);
        }
        Ok(Some(SecretString::from(bare)))
    }
}

/// Why there is no key.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The environment has no such variable.
    Missing { name: String },
    /// It is the empty text.
    Empty,
    /// It has characters that cannot stand in a header.
    Unwritable,
    /// The host's source says so.
    Source(StepError),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Origin::None => f.write_str("Key(none)"),
            Origin::Value(_) => f.write_str("Key(value)"),
            Origin::Env(name) => write!(f, "Key(env {name})"),
            Origin::Source(_) => f.write_str("Key(source)"),
        }
    }
}
