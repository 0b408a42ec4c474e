//! Routes of run steps.

use axum::{extract::RawQuery, http::StatusCode};
use maestro_core::domain::{RunId, StepKey};

use crate::{
    answer::{Answer, done},
    auth::Caller,
    extract::{Json, Path, Query},
    problem::Problem,
    read::{self, StepsQuery},
    wire::{Page, ResolveStep, RunStep},
};

/// Lists the steps of a run in the order of keys and tries.
#[utoipa::path(get, path = "/api/runs/{id}/steps", tag = "runs", params(("id" = String, Path), StepsQuery),
    responses((status = 200, body = Page<RunStep>)))]
pub(crate) async fn list_steps(
    caller: Caller,
    Path(id): Path<RunId>,
    Query(asked): Query<StepsQuery>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Page<RunStep>>, Problem> {
    Ok(Answer::page(read::steps(&caller.workspace, id, &asked).await?, query.as_deref()))
}

/// Says what became of a step whose outcome was lost, so that its run goes on.
#[utoipa::path(post, path = "/api/runs/{id}/steps/{key}/resolve", tag = "runs",
    params(("id" = String, Path), ("key" = String, Path)), request_body = ResolveStep,
    responses((status = 204)))]
pub(crate) async fn resolve_step(
    caller: Caller,
    Path((id, key)): Path<(RunId, StepKey)>,
    Json(body): Json<ResolveStep>,
) -> Result<StatusCode, Problem> {
    let (resolution, note) = body
        .into_resolution()
        .map_err(|field| Problem::invalid(format!("/{field}"), "it does not belong to what `as` says"))?;
    caller.workspace.resolve(id, &key, resolution, note, &caller.actor).await?;
    Ok(done())
}
