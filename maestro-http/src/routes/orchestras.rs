//! Routes of orchestras.

use axum::{extract::RawQuery, http::StatusCode};
use maestro_core::{domain::OrchestraId, engine::NewOrchestra};

use crate::{
    answer::{Answer, done},
    auth::Caller,
    extract::{IfMatch, Json, Path, Query},
    problem::Problem,
    read,
    wire::{CreateOrchestra, EditOrchestra, Firing, Orchestra, Page, PageQuery},
};

/// Lists orchestras in the order of ids.
#[utoipa::path(get, path = "/api/orchestras", tag = "orchestras", params(PageQuery),
    responses((status = 200, body = Page<Orchestra>)))]
pub(crate) async fn list_orchestras(
    caller: Caller,
    Query(asked): Query<PageQuery>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Page<Orchestra>>, Problem> {
    Ok(Answer::page(read::orchestras(&caller.workspace, &asked).await?, query.as_deref()))
}

/// Makes an orchestra, disabled. Its id is made from its name.
#[utoipa::path(post, path = "/api/orchestras", tag = "orchestras", request_body = CreateOrchestra,
    responses((status = 201, body = Orchestra)))]
pub(crate) async fn create_orchestra(
    caller: Caller,
    Json(body): Json<CreateOrchestra>,
) -> Result<Answer<Orchestra>, Problem> {
    let made = caller.workspace.create_orchestra(NewOrchestra::from(body)).await?;
    tracing::info!(actor = %caller.actor, orchestra = %made.id, "orchestra made");
    let state = caller.workspace.orchestra(&made.id).await?;
    let location = format!("orchestras/{}", made.id);
    Ok(Answer::created(&location, state.into()).tagged(made.revision))
}

/// Returns an orchestra.
#[utoipa::path(get, path = "/api/orchestras/{id}", tag = "orchestras", params(("id" = String, Path)),
    responses((status = 200, body = Orchestra)))]
pub(crate) async fn get_orchestra(
    caller: Caller,
    Path(id): Path<OrchestraId>,
) -> Result<Answer<Orchestra>, Problem> {
    let state = caller.workspace.orchestra(&id).await?;
    let revision = state.orchestra.revision;
    Ok(Answer::ok(state.into()).tagged(revision))
}

/// Edits an orchestra. Live runs go on as they are.
#[utoipa::path(patch, path = "/api/orchestras/{id}", tag = "orchestras", params(("id" = String, Path)),
    request_body = EditOrchestra, responses((status = 200, body = Orchestra)))]
pub(crate) async fn edit_orchestra(
    caller: Caller,
    Path(id): Path<OrchestraId>,
    if_match: IfMatch,
    Json(body): Json<EditOrchestra>,
) -> Result<Answer<Orchestra>, Problem> {
    let present = caller.workspace.orchestra(&id).await?.orchestra.revision;
    let expected = if_match.expected(present)?;
    let state = caller.workspace.edit_orchestra(&id, body.into(), expected).await?;
    tracing::info!(actor = %caller.actor, orchestra = %id, revision = state.orchestra.revision, "orchestra edited");
    let revision = state.orchestra.revision;
    Ok(Answer::ok(state.into()).tagged(revision))
}

/// Deletes an orchestra that is disabled and has no live runs. Its runs stay readable.
#[utoipa::path(delete, path = "/api/orchestras/{id}", tag = "orchestras", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn delete_orchestra(
    caller: Caller,
    Path(id): Path<OrchestraId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let present = caller.workspace.orchestra(&id).await?.orchestra.revision;
    if_match.expected(present)?;
    caller.workspace.delete_orchestra(&id).await?;
    tracing::info!(actor = %caller.actor, orchestra = %id, "orchestra deleted");
    Ok(done())
}

/// Turns the schedule on, from the next slot on. Refused with everything that is missing while it is not ready to play.
#[utoipa::path(post, path = "/api/orchestras/{id}/enable", tag = "orchestras", params(("id" = String, Path)),
    responses((status = 200, body = Orchestra)))]
pub(crate) async fn enable_orchestra(
    caller: Caller,
    Path(id): Path<OrchestraId>,
) -> Result<Answer<Orchestra>, Problem> {
    let state = caller.workspace.enable_orchestra(&id).await?;
    tracing::info!(actor = %caller.actor, orchestra = %id, "orchestra enabled");
    let revision = state.orchestra.revision;
    Ok(Answer::ok(state.into()).tagged(revision))
}

/// Turns the schedule off: once this was answered no slot fires. Live runs go on; `live_runs` counts them.
#[utoipa::path(post, path = "/api/orchestras/{id}/disable", tag = "orchestras", params(("id" = String, Path)),
    responses((status = 200, body = Orchestra)))]
pub(crate) async fn disable_orchestra(
    caller: Caller,
    Path(id): Path<OrchestraId>,
) -> Result<Answer<Orchestra>, Problem> {
    let state = caller.workspace.disable_orchestra(&id).await?;
    tracing::info!(actor = %caller.actor, orchestra = %id, "orchestra disabled");
    let revision = state.orchestra.revision;
    Ok(Answer::ok(state.into()).tagged(revision))
}

/// Lists what became of the slots of an orchestra, the latest first, also after it was deleted.
#[utoipa::path(get, path = "/api/orchestras/{id}/firings", tag = "orchestras",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = Page<Firing>)))]
pub(crate) async fn list_firings(
    caller: Caller,
    Path(id): Path<OrchestraId>,
    Query(asked): Query<PageQuery>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Page<Firing>>, Problem> {
    Ok(Answer::page(read::firings(&caller.workspace, &id, &asked).await?, query.as_deref()))
}
