//! Answers: JSON, with the headers that tell where a thing is, which revision it has, and where its list goes on.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{extract::etag, problem::Problem, wire::Page};

/// A JSON answer.
pub(crate) struct Answer<T> {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: T,
}

impl<T> Answer<T> {
    /// Answers 200.
    pub(crate) fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body }
    }

    /// Answers 202: what was asked for will happen.
    pub(crate) fn accepted(body: T) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(body) }
    }

    /// Answers 201 and says where the new record is, relative to the path of the request.
    pub(crate) fn created(location: &str, body: T) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }.located(location)
    }

    /// Says where the record is, relative to the path of the request.
    pub(crate) fn located(self, location: &str) -> Self {
        self.with(header::LOCATION, HeaderValue::try_from(location))
    }

    /// Says which revision the record has.
    pub(crate) fn tagged(mut self, revision: u32) -> Self {
        self.headers.push((header::ETAG, etag(revision)));
        self
    }

    fn with<E>(mut self, name: HeaderName, value: Result<HeaderValue, E>) -> Self {
        // Ids and queries that were read from a request can be written in an answer.
        self.headers.extend(value.ok().map(|value| (name, value)));
        self
    }
}

impl<T> Answer<Page<T>> {
    /// Answers with a page of the list that `query` asked for.
    pub(crate) fn page(page: Page<T>, query: Option<&str>) -> Self {
        let next = page.next_cursor.as_ref().map(|cursor| {
            let kept = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
            let kept = kept.filter(|(name, _)| name != "cursor");
            let mut next = form_urlencoded::Serializer::new(String::new());
            next.extend_pairs(kept).append_pair("cursor", cursor);
            // Relative, so that it holds under any prefix and behind any proxy.
            HeaderValue::try_from(format!("<?{}>; rel=\"next\"", next.finish()))
        });
        match next {
            Some(link) => Self::ok(page).with(header::LINK, link),
            None => Self::ok(page),
        }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let text = match serde_json::to_vec(&self.body) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, "a record that is no JSON");
                return Problem::internal().into_response();
            }
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(self.headers);
        response
    }
}

/// Answers 204: done, and nothing to say.
pub(crate) fn done() -> StatusCode {
    StatusCode::NO_CONTENT
}
