//! Routes of the workspace as a whole.

use crate::{answer::Answer, auth::Caller, problem::Problem, read, wire::WorkspaceState};

/// Returns the workspace and its switches.
#[utoipa::path(get, path = "/api/workspace", tag = "workspace",
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn get_workspace(caller: Caller) -> Result<Answer<WorkspaceState>, Problem> {
    Ok(Answer::ok(read::workspace(&caller.workspace).await?))
}

/// Pauses the workspace: nothing of it begins until it is resumed. What plays goes on.
#[utoipa::path(post, path = "/api/workspace/pause", tag = "workspace",
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn pause_workspace(caller: Caller) -> Result<Answer<WorkspaceState>, Problem> {
    caller.workspace.pause(&caller.actor).await?;
    Ok(Answer::ok(read::workspace(&caller.workspace).await?))
}

/// Resumes the workspace: what waits is played, and slots play from now on.
#[utoipa::path(post, path = "/api/workspace/resume", tag = "workspace",
    responses((status = 200, body = WorkspaceState)))]
pub(crate) async fn resume_workspace(caller: Caller) -> Result<Answer<WorkspaceState>, Problem> {
    caller.workspace.resume(&caller.actor).await?;
    Ok(Answer::ok(read::workspace(&caller.workspace).await?))
}
