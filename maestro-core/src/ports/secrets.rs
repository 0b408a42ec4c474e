//! Secret sources: where the values of secrets come from.

use async_trait::async_trait;

use super::store::BoxError;
use crate::domain::{Secret, SecretName, WorkspaceId};

/// Why a source cannot say whether it has a secret, or cannot give it. Nothing of the value stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The source does not answer now, or another process has what is needed to read the secret. Try again.
    #[error("the secret {name} cannot be read now: {reason}")]
    Unavailable {
        /// Which secret.
        name: SecretName,
        /// Why.
        reason: String,
        /// What happened.
        #[source]
        source: Option<BoxError>,
    },
    /// The source has the secret, and it is of no use. Needs a person.
    #[error("the secret {name} cannot be used: {reason}")]
    Unusable {
        /// Which secret.
        name: SecretName,
        /// Why, and what to do.
        reason: String,
    },
}

impl SecretError {
    /// Makes an [`Unusable`](Self::Unusable).
    pub fn unusable(name: &SecretName, reason: impl ToString) -> Self {
        Self::Unusable { name: name.clone(), reason: reason.to_string() }
    }

    /// Tells whether the source may give the secret later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Unusable { .. } => false,
        }
    }
}

/// Gives the values of secrets. Bring your own to take them from where you keep them.
///
/// The engine asks at the start of every try of a step whose operation declares slots, and again for the next try: a
/// source that gives another value is heard at once. What is asked for often should be kept by the source.
#[async_trait]
pub trait SecretSource: Send + Sync + 'static {
    /// Returns the present value of a secret of a workspace; `None` when this source does not have it. Dropping the future
    /// is safe.
    ///
    /// # Errors
    /// [`SecretError`].
    async fn secret(&self, workspace: &WorkspaceId, name: &SecretName)
    -> Result<Option<Secret>, SecretError>;
}
