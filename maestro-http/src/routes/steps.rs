//! Routes of run steps.

use axum::{extract::RawQuery, http::StatusCode};
use maestro_core::domain::{RunId, StepKey};

use crate::{
    answer::{Answer, done},
    auth::Caller,
    extract::{Json, MaybeJson, Path, Query},
    problem::Problem,
    read::{self, StepsQuery},
    wire::{AnswerStep, Page, ResolveStep, RunStep},
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

/// Approves a step that waits for approval. Of several answers the first counts; a later one is a conflict once the run has
/// gone on.
#[utoipa::path(post, path = "/api/runs/{id}/steps/{key}/approve", tag = "runs",
    params(("id" = String, Path), ("key" = String, Path)), request_body = Option<AnswerStep>,
    responses((status = 204)))]
pub(crate) async fn approve_step(
    caller: Caller,
    Path((id, key)): Path<(RunId, StepKey)>,
    MaybeJson(AnswerStep { note, data }): MaybeJson<AnswerStep>,
) -> Result<StatusCode, Problem> {
    caller.workspace.approve(id, &key, note, data, &caller.actor).await?;
    tracing::info!(actor = %caller.actor, run = %id, step = %key, "step approved");
    Ok(done())
}

/// Rejects a step that waits for approval: it fails as `rejected`. Of several answers the first counts.
#[utoipa::path(post, path = "/api/runs/{id}/steps/{key}/reject", tag = "runs",
    params(("id" = String, Path), ("key" = String, Path)), request_body = Option<AnswerStep>,
    responses((status = 204)))]
pub(crate) async fn reject_step(
    caller: Caller,
    Path((id, key)): Path<(RunId, StepKey)>,
    MaybeJson(AnswerStep { note, data }): MaybeJson<AnswerStep>,
) -> Result<StatusCode, Problem> {
    caller.workspace.reject(id, &key, note, data, &caller.actor).await?;
    tracing::info!(actor = %caller.actor, run = %id, step = %key, "step rejected");
    Ok(done())
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
