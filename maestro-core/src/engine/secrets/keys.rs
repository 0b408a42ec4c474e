//! Master keys: what secrets are sealed under, so that a store never sees one.

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use secrecy::zeroize::Zeroizing;

use crate::{
    domain::{SealedSecret, Secret, SecretName, WorkspaceId},
    ports::SecretError,
};

/// The variables that hold master keys by convention; no secret is ever read from them.
pub(super) const CURRENT: &str = "MAESTRO_SECRET_KEY";
pub(super) const PREVIOUS: &str = "MAESTRO_SECRET_KEY_PREVIOUS";

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// How the bytes of a sealed value are laid out: this number, the nonce, the ciphertext with its tag.
const LAYOUT: u8 = 1;

/// Why a text is no master key. Nothing of the text stands in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// It is no base64.
    #[error("{what} is no base64; make a key with `openssl rand -base64 32`")]
    NotBase64 {
        /// Which key.
        what: &'static str,
    },
    /// It has another length than 32 bytes.
    #[error("{what} has {bytes} bytes instead of 32; make a key with `openssl rand -base64 32`")]
    WrongLength {
        /// Which key.
        what: &'static str,
        /// How many bytes it has.
        bytes: usize,
    },
    /// There are previous keys and no current one.
    #[error(
        "MAESTRO_SECRET_KEY_PREVIOUS is set and MAESTRO_SECRET_KEY is not; set the present key in the latter"
    )]
    NoCurrent,
}

/// The keys that secrets are sealed under (XChaCha20-Poly1305): the current one seals, it and the previous ones open.
///
/// To change the key without a pause: give every process the new key as a previous one, then make it the current one and
/// the old key a previous one, then call [`rotate_secrets`](crate::engine::Maestro::rotate_secrets), then drop the old one.
///
/// ```
/// use maestro_core::engine::MasterKeys;
///
/// let keys = MasterKeys::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// let keys = keys.with_previous("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")?;
/// # Ok::<(), maestro_core::engine::MasterKeyError>(())
/// ```
pub struct MasterKeys {
    current: MasterKey,
    previous: Vec<MasterKey>,
}

struct MasterKey {
    /// Tells keys apart and gives nothing of them away: the tag of an empty text under the key.
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl MasterKeys {
    /// Takes the current key: base64 of 32 random bytes, with or without padding.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn new(current: &str) -> Result<Self, MasterKeyError> {
        Ok(Self { current: MasterKey::parse("the master key", current)?, previous: Vec::new() })
    }

    /// Adds a key that still opens what is sealed under it.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn with_previous(mut self, key: &str) -> Result<Self, MasterKeyError> {
        self.previous.push(MasterKey::parse("a previous master key", key)?);
        Ok(self)
    }

    /// Reads the keys by convention: the current one from `MAESTRO_SECRET_KEY`, previous ones from
    /// `MAESTRO_SECRET_KEY_PREVIOUS`, with commas between them. `None` when neither is set, or both are empty. `read` is
    /// how variables are read: `|name| std::env::var(name).ok()`.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, MasterKeyError> {
        let read = |name| read(name).map(Zeroizing::new).filter(|text| !text.trim().is_empty());
        let (current, previous) = (read(CURRENT), read(PREVIOUS));
        let Some(current) = current else {
            return if previous.is_some() { Err(MasterKeyError::NoCurrent) } else { Ok(None) };
        };
        let mut keys = Self { current: MasterKey::parse(CURRENT, &current)?, previous: Vec::new() };
        for text in previous.iter().flat_map(|texts| texts.split(',')).filter(|text| !text.trim().is_empty())
        {
            keys.previous.push(MasterKey::parse(PREVIOUS, text)?);
        }
        Ok(Some(keys))
    }

    /// Returns the name of the current key, as stores keep it beside what is sealed under it.
    pub fn current_id(&self) -> &str {
        &self.current.id
    }

    /// Tells whether what is sealed under the key of this name can be opened.
    pub fn knows(&self, id: &str) -> bool {
        self.key(id).is_some()
    }

    /// Seals a value under the current key: it can be opened only as this version of this secret.
    pub(super) fn seal(
        &self,
        workspace: &WorkspaceId,
        unsealed: SealedSecret,
        value: &Secret,
    ) -> Result<SealedSecret, SecretError> {
        let nonce = XNonce::generate();
        let place = place(workspace, &unsealed.name, unsealed.version);
        let payload = Payload { msg: value.expose().as_bytes(), aad: place.as_bytes() };
        let ciphertext = self
            .current
            .cipher()
            .encrypt(&nonce, payload)
            .map_err(|_| SecretError::unusable(&unsealed.name, "it cannot be sealed"))?;
        let sealed = [&[LAYOUT], nonce.as_slice(), &ciphertext].concat();
        Ok(SealedSecret { key_id: self.current.id.clone(), sealed, ..unsealed })
    }

    /// Opens what was sealed.
    pub(super) fn open(&self, workspace: &WorkspaceId, secret: &SealedSecret) -> Result<Secret, SecretError> {
        let Some(key) = self.key(&secret.key_id) else {
            let reason = format!(
                "it is sealed under the master key {}, which this process was not given; add it to {PREVIOUS}",
                secret.key_id
            );
            return Err(SecretError::Unavailable { name: secret.name.clone(), reason, source: None });
        };
        let unusable = || {
            SecretError::unusable(&secret.name, "it was changed in the store by somebody else; put it anew")
        };
        let rest = secret.sealed.strip_prefix(&[LAYOUT]).ok_or_else(unusable)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(unusable)?;
        let place = place(workspace, &secret.name, secret.version);
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        let value = key.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| unusable())?;
        let value = String::from_utf8(value).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            unusable()
        })?;
        Secret::new(value).map_err(|error| SecretError::unusable(&secret.name, error))
    }

    fn key(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id == id)
    }
}

impl MasterKey {
    fn parse(what: &'static str, text: &str) -> Result<Self, MasterKeyError> {
        let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = GeneralPurpose::new(&alphabet::STANDARD, padding)
            .decode(text.trim())
            .map(Zeroizing::new)
            .map_err(|_| MasterKeyError::NotBase64 { what })?;
        let wrong = MasterKeyError::WrongLength { what, bytes: bytes.len() };
        let bytes = Zeroizing::new(<[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| wrong)?);
        let mut key = Self { id: String::new(), bytes };
        // A nonce of zeros is never drawn for a value, and nothing is encrypted under it.
        let payload = Payload { msg: &[], aad: b"maestro master key" };
        let tag = key.cipher().encrypt(&XNonce::from([0; NONCE_BYTES]), payload).unwrap_or_default();
        key.id = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(key)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous: Vec<_> = self.previous.iter().map(|key| &key.id).collect();
        f.debug_struct("MasterKeys").field("current", &self.current.id).field("previous", &previous).finish()
    }
}

/// Returns what a sealed value is bound to. No id has a NUL, so that no two places read the same.
fn place(workspace: &WorkspaceId, name: &SecretName, version: u32) -> String {
    format!("maestro secret\0{workspace}\0{name}\0{version}")
}

#[cfg(test)]
mod tests;
