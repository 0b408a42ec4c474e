//! Routes of the workspace as a whole.

use axum::extract::State;
use maestro_core::engine::Error;

use crate::{
    answer::Answer,
    app::App,
    auth::Caller,
    extract::{IfMatch, Json, Query},
    problem::{Code, Problem},
    read::{self, CostsQuery},
    wire::{Costs, EditWorkspace, Page, WorkspaceState},
};

/// How often an edit is tried that others get ahead of.
const TRIES: u32 = 20;

/// Returns the workspace: its switches and its settings.
#[utoipa::path(get, path = "/api/workspace", tag = "workspace",
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn get_workspace(caller: Caller) -> Result<Answer<WorkspaceState>, Problem> {
    tagged(&caller).await
}

/// Edits the settings of the workspace.
#[utoipa::path(patch, path = "/api/workspace", tag = "workspace", request_body = EditWorkspace,
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn edit_workspace(
    caller: Caller,
    if_match: IfMatch,
    Json(body): Json<EditWorkspace>,
) -> Result<Answer<WorkspaceState>, Problem> {
    for _ in 0..TRIES {
        let before = caller.workspace.settings().await?;
        if_match.expected(before.revision)?;
        match caller.workspace.set_settings(body.applied_to(before)?).await {
            Ok(_) => {
                tracing::info!(actor = %caller.actor, "settings of the workspace edited");
                return tagged(&caller).await;
            }
            // Somebody else was faster: the next look tells whether that revision was meant.
            Err(Error::Revision { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict, "others edit it all the time; try again"))
}

/// Pauses the workspace: nothing of it begins until it is resumed. What plays goes on.
#[utoipa::path(post, path = "/api/workspace/pause", tag = "workspace",
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn pause_workspace(caller: Caller) -> Result<Answer<WorkspaceState>, Problem> {
    caller.workspace.pause(&caller.actor).await?;
    tagged(&caller).await
}

/// Resumes the workspace: what waits is played, and slots play from now on.
#[utoipa::path(post, path = "/api/workspace/resume", tag = "workspace",
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn resume_workspace(caller: Caller) -> Result<Answer<WorkspaceState>, Problem> {
    caller.workspace.resume(&caller.actor).await?;
    tagged(&caller).await
}

async fn tagged(caller: &Caller) -> Result<Answer<WorkspaceState>, Problem> {
    let state = read::workspace(&caller.workspace).await?;
    let revision = state.revision;
    Ok(Answer::ok(state).tagged(revision))
}

/// Sums up what was billed, by day, model, orchestra or node; of the last 30 days when the request does not say.
#[utoipa::path(get, path = "/api/costs", tag = "workspace", params(CostsQuery),
    responses((status = 200, body = Page<Costs>)))]
pub(crate) async fn list_costs(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<CostsQuery>,
) -> Result<Answer<Page<Costs>>, Problem> {
    Ok(Answer::ok(read::costs(&caller.workspace, &asked, app.now()).await?))
}
