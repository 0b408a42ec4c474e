//! Bearer tokens, for programs: kept as hashes, compared in constant time.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use axum::http::{header, request::Parts};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{Authorizer, Denial, Principal};

/// The SHA-256 hash of a token. Tokens must be random, of 128 bits or more: then a fast hash is enough.
///
/// ```
/// use maestro_http::TokenHash;
/// let hash = TokenHash::of("kq3vJd0mTz8wYb1nXc5e");
/// assert_eq!(hash.to_string().parse::<TokenHash>()?, hash); // 64 hexadecimal digits, for a file of settings
/// # Ok::<(), maestro_http::InvalidTokenHash>(())
/// ```
#[derive(Clone)]
pub struct TokenHash([u8; 32]);

/// A text is no hash of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the hash of a token; use the 64 hexadecimal digits of its SHA-256")]
pub struct InvalidTokenHash;

impl TokenHash {
    /// Hashes a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl FromStr for TokenHash {
    type Err = InvalidTokenHash;
    fn from_str(text: &str) -> Result<Self, InvalidTokenHash> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidTokenHash);
        }
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(2 * place..2 * place + 2).ok_or(InvalidTokenHash)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidTokenHash)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// Admits whoever sends a known token as `Authorization: Bearer …`.
///
/// ```
/// use maestro_http::{BearerTokens, Principal, Role, TokenHash};
/// let tokens = BearerTokens::default()
///     .allow(TokenHash::of("kq3vJd0mTz8wYb1nXc5e"), Principal::new("deploy script", Role::Operator));
/// ```
#[derive(Clone, Debug, Default)]
pub struct BearerTokens(Vec<(TokenHash, Principal)>);

impl BearerTokens {
    /// Lets whoever has the token act as `principal`.
    #[must_use]
    pub fn allow(mut self, token: TokenHash, principal: Principal) -> Self {
        self.0.push((token, principal));
        self
    }

    /// Looks at every token, however early it is found: how long it takes tells nothing.
    fn find(&self, token: &str) -> Option<&Principal> {
        let given = TokenHash::of(token);
        let mut found = None;
        for (hash, principal) in &self.0 {
            let is_it: Choice = hash.0.ct_eq(&given.0);
            if bool::from(is_it) {
                found = Some(principal);
            }
        }
        found
    }
}

#[async_trait]
impl Authorizer for BearerTokens {
    async fn authorize(&self, request: &Parts) -> Result<Principal, Denial> {
        let header = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or_else(Denial::unknown)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denial::unknown());
        }
        self.find(token.trim()).cloned().ok_or_else(Denial::unknown)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::{super::Role, *};

    fn asked_with(authorization: &str) -> Parts {
        Request::builder().header("authorization", authorization).body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn only_whoever_has_the_token_is_admitted() {
        let ada = Principal::new("ada", Role::Viewer);
        let tokens = BearerTokens::default()
            .allow(TokenHash::of("one"), Principal::new("bob", Role::Admin))
            .allow(TokenHash::of("two"), ada.clone());
        for good in ["Bearer two", "bearer two", "BEARER  two"] {
            assert_eq!(tokens.authorize(&asked_with(good)).await, Ok(ada.clone()), "{good}");
        }
        for bad in ["Bearer", "Bearer ", "Bearer twO", "two", "Basic two", "Bearer one two", ""] {
            assert_eq!(tokens.authorize(&asked_with(bad)).await, Err(Denial::unknown()), "{bad}");
        }
    }

    #[test]
    fn a_hash_is_written_in_full_and_never_in_a_log() {
        let hash = TokenHash::of("");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(hash.clone()));
        assert_eq!(format!("{hash:?}"), "TokenHash(..)");
        for bad in ["", "e3b0", &"g".repeat(64), &"ä".repeat(32)] {
            assert_eq!(bad.parse::<TokenHash>(), Err(InvalidTokenHash), "{bad}");
        }
    }
}
