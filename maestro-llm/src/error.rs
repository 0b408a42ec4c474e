//! What can be wrong with the set-up of a client.

use thiserror::Error;

/// Why a client cannot be made. Mend the set-up; trying again does not help.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A provider's name cannot stand before the `/` of a model.
    #[error("provider {name:?}: write a name of the characters a-z 0-9 _ - .")]
    Name {
        /// The name.
        name: String,
    },
    /// Two providers have one name.
    #[error("there are two providers {name:?}; give one of them another name")]
    SameName {
        /// The name.
        name: String,
    },
    /// An endpoint is no URL that models can be asked at.
    #[error("the endpoint of {provider:?} is no http or https URL without user, query and fragment")]
    Endpoint {
        /// The provider.
        provider: String,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {reason}")]
    Http {
        /// What it says.
        reason: String,
    },
}
