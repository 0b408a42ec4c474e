//! The description of the API in OpenAPI 3.1: what utoipa reads off the routes, and what all of them have in common.

mod common;
mod score;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::{Value, json};
use utoipa::openapi::{OpenApi, PathItem, extensions::Extensions, path::Operation};
use utoipa_axum::router::OpenApiRouter;

use crate::{app::App, auth::Role};

const DESCRIPTION: &str = "Scheduled, durable automation: orchestras play scores, runs record every step.\n\n\
     Every refusal is a problem document (RFC 9457) with a stable `code`. Lists come in pages by `cursor`. Edits may say \
     in `If-Match` which revision they were made from. Money is exact: decimal numbers of cents. Times are RFC 3339 in UTC.";

/// Says of every operation which role it takes.
pub(crate) fn with_role(mut routes: OpenApiRouter<App>, role: Role) -> OpenApiRouter<App> {
    for operation in routes.get_openapi_mut().paths.paths.values_mut().flat_map(operations) {
        let role: Extensions = [("x-role", role.name())].into_iter().collect();
        operation.extensions.get_or_insert_default().merge(role);
    }
    routes
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Returns the whole document, for an API under `base`.
pub(crate) fn document(routes: &OpenApi, base: &str) -> Value {
    let mut document = serde_json::to_value(routes).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Maestro",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    });
    document["servers"] = json!([{"url": if base.is_empty() { "/" } else { base }}]);
    document["security"] = json!([{"bearer": []}]);
    score::embed(&mut document);
    common::add(&mut document);
    document
}

/// Returns this description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "workspace",
    responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn get_openapi(State(app): State<App>) -> Response {
    let mut response = Response::new(Body::from(app.document()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
