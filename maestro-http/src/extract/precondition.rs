//! Preconditions: an edit that says which revision it was made from (RFC 9110, If-Match).

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderValue, header, request::Parts},
};

use crate::problem::{Code, Problem};

/// The revisions from which an edit may have been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// The request does not say.
    Absent,
    /// Any, as long as there is one.
    Any,
    /// One of these.
    Revisions(Vec<u32>),
}

/// Returns the entity tag of a revision.
pub(crate) fn etag(revision: u32) -> HeaderValue {
    // Digits in quotes are a header value; the empty one is never reached.
    HeaderValue::try_from(format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static(""))
}

impl IfMatch {
    /// Returns the revision that an edit must find, given the one that there is; `None` means any.
    pub(crate) fn expected(&self, present: u32) -> Result<Option<u32>, Problem> {
        match self {
            Self::Absent | Self::Any => Ok(None),
            Self::Revisions(revisions) if revisions.contains(&present) => Ok(Some(present)),
            Self::Revisions(_) => {
                let detail = format!("it has revision {present} by now; read it again");
                Err(Problem::new(Code::RevisionMismatch, detail).header(header::ETAG, etag(present)))
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let tags = text.split(',').map(|tag| {
            let tag = tag.trim();
            let opaque = tag.strip_prefix("W/").unwrap_or(tag);
            let inner = opaque.strip_prefix('"')?.strip_suffix('"')?;
            let is_tag =
                inner.bytes().all(|byte| byte == 0x21 || (0x23..=0x7e).contains(&byte) || byte >= 0x80);
            // A weak tag never matches, and one that is no number is not of ours.
            let revision = if tag.starts_with("W/") { None } else { canonical(inner) };
            is_tag.then_some(revision)
        });
        let revisions: Option<Vec<Option<u32>>> = tags.collect();
        Some(Self::Revisions(revisions?.into_iter().flatten().collect()))
    }
}

/// Reads a number as [`etag`] writes it.
fn canonical(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Ok(Self::Absent);
        }
        let texts: Result<Vec<&str>, _> = values.map(HeaderValue::to_str).collect();
        let text = texts.map(|texts| texts.join(",")).unwrap_or_default();
        Self::parse(&text).ok_or_else(|| {
            let message = "send the ETag of what was read, such as \"3\", or *";
            Problem::new(Code::Malformed, "If-Match is no list of entity tags").error(
                "if-match",
                "invalid_etag",
                message,
            )
        })
    }
}

/// The key under which asking twice makes one run.
pub(crate) struct IdempotencyKey(pub(crate) String);

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        let value = parts.headers.get("idempotency-key");
        // What is no text becomes what the engine refuses.
        Ok(value.map(|value| Self(value.to_str().unwrap_or_default().to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_the_standard_has_them() {
        let revisions = |list: &[u32]| Some(IfMatch::Revisions(list.to_vec()));
        assert_eq!(IfMatch::parse("\"3\""), revisions(&[3]));
        assert_eq!(IfMatch::parse(" \"3\" , \"4\""), revisions(&[3, 4]));
        assert_eq!(IfMatch::parse(" * "), Some(IfMatch::Any));
        assert_eq!(IfMatch::parse("W/\"3\""), revisions(&[]));
        assert_eq!(IfMatch::parse("\"x\", \"03\", \"+3\""), revisions(&[]));
        for bad in ["", "3", "\"3", "3\"", "\"3\" \"4\"", "\"a\"b\"", "*, \"3\"", "w/\"3\""] {
            assert_eq!(IfMatch::parse(bad), None, "{bad}");
        }
        assert_eq!(etag(3), "\"3\"");
    }

    #[test]
    fn an_edit_of_another_revision_is_refused() {
        let asked = IfMatch::Revisions(vec![3, 4]);
        assert_eq!(asked.expected(4).ok(), Some(Some(4)));
        assert_eq!(asked.expected(5).unwrap_err().code(), Code::RevisionMismatch);
        assert_eq!(IfMatch::Any.expected(5).ok(), Some(None));
    }
}
