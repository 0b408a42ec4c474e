//! Streams of live updates.

use axum::{extract::State, response::Response};
use maestro_core::domain::{OrchestraId, RunId};

use crate::{app::App, auth::Caller, extract::Path, live::Topic, problem::Problem};

/// Streams what changes in the workspace: a `snapshot` with the switches of the workspace, orchestras and the latest runs, then
/// `workspace`, `orchestra`, `run`, `score`, `agent` with the changed record whole, and `deleted`. Whoever lags behind gets a
/// new snapshot.
#[utoipa::path(get, path = "/api/events", tag = "events",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn workspace_events(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    app.live().watch(Topic::Workspace(caller.workspace.id().clone())).await
}

/// Streams what changes of an orchestra: a `snapshot` with it and its latest runs, then `orchestra` and `run`.
#[utoipa::path(get, path = "/api/orchestras/{id}/events", tag = "events", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn orchestra_events(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<OrchestraId>,
) -> Result<Response, Problem> {
    app.live().watch(Topic::Orchestra(caller.workspace.id().clone(), id)).await
}

/// Streams how a run goes: a `snapshot` with it and its steps, then `step` and `run`.
#[utoipa::path(get, path = "/api/runs/{id}/events", tag = "events", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn run_events(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<RunId>,
) -> Result<Response, Problem> {
    app.live().watch(Topic::Run(caller.workspace.id().clone(), id)).await
}
