//! Health: for those who start, stop and watch processes. No login stands before it, and it tells no names.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;

use crate::{answer::Answer, app::App};

/// Returns the routes of health.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

/// Says that the process answers.
async fn healthz() -> Answer<Alive> {
    Answer::ok(Alive { status: "ok" })
}

/// Says whether the process can do its work.
async fn readyz(State(_app): State<App>) -> Response {
    StatusCode::OK.into_response()
}
