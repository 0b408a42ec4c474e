//! Health: for those who start, stop and watch processes. No login stands before it, and it tells no names of people.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use maestro_core::{domain::Zone, ports::store::Backlog};
use serde::Serialize;

use crate::{answer::Answer, app::App};

/// How long the store may take to answer a probe.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns the routes of health.
pub(crate) fn routes() -> Router<App> {
    let routes = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    #[cfg(feature = "metrics")]
    let routes = routes.route("/metrics", get(crate::metrics::metrics));
    routes
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
    /// The release of the IANA database of zones by which schedules are read.
    zone_data: &'static str,
}

/// Says that the process answers.
async fn healthz() -> Answer<Alive> {
    Answer::ok(Alive { status: "ok", zone_data: Zone::data_version() })
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    /// Whether the store answers a question that needs its present schema.
    store: bool,
    /// Runs that could be claimed.
    due: Option<u64>,
    /// For how long the oldest of them could.
    oldest_due_s: Option<i64>,
}

/// Says whether the process can do its work.
async fn readyz(State(app): State<App>) -> Response {
    let backlog = ask(&app).await;
    let status = if backlog.is_some() { "ready" } else { "unavailable" };
    let answer = Answer::ok(Ready {
        status,
        store: backlog.is_some(),
        due: backlog.map(|backlog| backlog.due),
        oldest_due_s: backlog.and_then(|backlog| oldest_s(&app, backlog)),
    });
    let mut response = answer.into_response();
    if backlog.is_none() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// Asks the store how much is due; `None` when it does not answer in time.
pub(crate) async fn ask(app: &App) -> Option<Backlog> {
    tokio::select! {
        biased;
        answer = app.maestro().backlog() => match answer {
            Ok(backlog) => Some(backlog),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "health: the store does not answer");
                None
            }
        },
        () = app.maestro().clock().sleep(PATIENCE) => None,
    }
}

/// Returns for how many seconds the oldest run could be claimed.
pub(crate) fn oldest_s(app: &App, backlog: Backlog) -> Option<i64> {
    backlog.oldest_due_at.map(|at| (app.now() - at).num_seconds().max(0))
}
