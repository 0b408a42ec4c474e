//! What stands around every route: names for requests, limits, headers that browsers heed, and answers where there is no route.

use std::any::Any;

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::csrf::ProtectionError;
use tracing::Instrument;

use crate::{
    app::App,
    problem::{Code, Problem},
};

/// Names a request in the logs of all who handled it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from outside.
const LONGEST_ID: usize = 64;

/// Gives the request a name, which the answer bears too, and logs how it went.
pub(crate) async fn trace(State(app): State<App>, request: Request, next: Next) -> Response {
    let clock = app.maestro().clock();
    let begun = clock.monotonic();
    let id = given_id(request.headers())
        .unwrap_or_else(|| format!("{:032x}", app.maestro().entropy().next_u128()));
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let span = tracing::info_span!("http", request_id = %id, method = %request.method(), route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = clock.monotonic().saturating_sub(begun);
    let status = response.status();
    span.in_scope(|| match status.is_server_error() {
        true => tracing::warn!(status = status.as_u16(), ms = took.as_millis() as u64, "answered"),
        false => tracing::debug!(status = status.as_u16(), ms = took.as_millis() as u64, "answered"),
    });
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Returns the id that a proxy or a client gave, if it can do no harm in a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_tame = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!given.is_empty() && given.len() <= LONGEST_ID && given.bytes().all(is_tame)).then(|| given.to_owned())
}

/// Sets the headers that keep browsers from doing more with an answer than showing it; those that are set stay.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let defaults = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Refuses headers that are too large, and gives up on an answer that takes too long.
pub(crate) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let limits = app.limits();
    let size = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    let bytes: usize = request.headers().iter().map(size).sum::<usize>()
        + request.uri().path().len()
        + request.uri().query().map_or(0, str::len);
    if bytes > limits.header_bytes {
        let detail = format!("headers and path may have {} bytes", limits.header_bytes);
        return Problem::new(Code::HeadersTooLarge, detail).into_response();
    }
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = app.maestro().clock().sleep(limits.answer_time) => {
            Problem::new(Code::Timeout, "it took too long; what was asked for may have been done").into_response()
        }
    }
}

/// Answers a request whose handler panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("no text"), "a handler panicked");
    Problem::internal().into_response()
}

/// Answers a request that a page of another site makes a browser send.
pub(crate) fn cross_site(_: ProtectionError) -> Response<Body> {
    Problem::new(Code::CrossSite, "a page of another site sent this; send it from here").into_response()
}

/// Answers where there is no route.
pub(crate) async fn no_route() -> Problem {
    Problem::new(Code::NoRoute, "there is nothing here; see /api/openapi.json for what there is")
}

/// Answers where a route has other methods.
pub(crate) async fn no_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this route has other methods; the header Allow names them")
}
