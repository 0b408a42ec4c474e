//! Secrets: values that only the operation may read that they are for, and what is kept of them.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::SecretName;

/// The value of a secret. Cheap to clone; wiped from memory with its last clone.
///
/// It has no `Display` and no JSON form, and its `Debug` shows nothing of it: only [`expose`](Self::expose) gives it out.
#[derive(Clone)]
pub struct Secret(Arc<SecretString>);

/// Why a text is no secret. Says nothing of the text but its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value has {bytes} bytes; use 8 to 65536, white space at its ends not counted")]
pub struct InvalidSecret {
    /// How many bytes it has, white space at its ends not counted.
    pub bytes: usize,
}

impl Secret {
    /// The fewest bytes of a secret, white space at its ends not counted. What a step writes is searched for the values
    /// that it was given; a shorter one could not be told from other text.
    pub const SHORTEST: usize = 8;
    /// The most bytes of a secret.
    pub const LONGEST: usize = 64 * 1024;

    /// Takes a value, white space at its ends included.
    ///
    /// # Errors
    /// [`InvalidSecret`] when it is too short or too long.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidSecret> {
        let value = SecretString::from(value.into());
        let bytes = value.expose_secret().trim().len();
        match (Self::SHORTEST..=Self::LONGEST).contains(&bytes) {
            true => Ok(Self(Arc::new(value))),
            false => Err(InvalidSecret { bytes }),
        }
    }

    /// Returns the value. Whoever calls this keeps it to itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A version of a secret as it is stored: only who has the key can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// Which secret.
    pub name: SecretName,
    /// The version, from 1.
    pub version: u32,
    /// The key that it is sealed under.
    pub key_id: String,
    /// The sealed value.
    pub sealed: Vec<u8>,
    /// When this version was put.
    pub created_at: DateTime<Utc>,
}

/// What may be known of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretInfo {
    /// Its name.
    pub name: SecretName,
    /// The version that operations get: the latest.
    pub version: u32,
    /// The oldest version that is kept.
    pub oldest_version: u32,
    /// When the latest version was put.
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_and_is_long_enough_to_be_found() {
        let secret = Secret::new(" hunter22\n").unwrap();
        assert_eq!(secret.expose(), " hunter22\n");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        let refused = Secret::new(" hunter2\n").unwrap_err();
        assert_eq!(refused, InvalidSecret { bytes: 7 });
        assert!(!refused.to_string().contains("hunter"));
        assert!(Secret::new("x".repeat(Secret::LONGEST)).is_ok());
        assert!(Secret::new("x".repeat(Secret::LONGEST + 1)).is_err());
    }
}
