//! Reading requests: every extractor refuses with a problem, never with a text of its framework.

mod body;
mod precondition;
mod query;

use axum::{
    extract::{FromRequestParts, Path as AxumPath},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

#[cfg(feature = "dashboard")]
pub(crate) use self::body::read as read_body;
pub(crate) use self::body::{Json, MaybeJson, RequestBody, Text};
pub(crate) use self::precondition::{IdempotencyKey, IfMatch, etag};
pub(crate) use self::query::{Query, WORKSPACE};
use crate::problem::{Code, Problem};

/// The ids in a path. What is no id names nothing, so it is not found.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match AxumPath::<T>::from_request_parts(parts, state).await {
            Ok(AxumPath(ids)) => Ok(Self(ids)),
            Err(_) => Err(Problem::new(Code::NotFound, "the path names nothing that could be there")),
        }
    }
}
