//! Routes of scores.

use axum::{extract::RawQuery, http::StatusCode};
use maestro_core::{
    domain::{self, ScoreId},
    engine::Error,
};

use crate::{
    answer::{Answer, done},
    auth::Caller,
    extract::{IfMatch, Json, Path, Query, Text},
    problem::{Code, Problem},
    read,
    wire::{Checked, CloneScore, Page, PageQuery, Score, ScoreSummary},
};

/// Lists the latest versions of scores, in the order of ids.
#[utoipa::path(get, path = "/api/scores", tag = "scores", params(PageQuery),
    responses((status = 200, body = Page<ScoreSummary>)))]
pub(crate) async fn list_scores(
    caller: Caller,
    Query(asked): Query<PageQuery>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Page<ScoreSummary>>, Problem> {
    Ok(Answer::page(read::scores(&caller.workspace, &asked).await?, query.as_deref()))
}

/// Saves a new score as version 1. Everything that is wrong with it is told at once.
#[utoipa::path(post, path = "/api/scores", tag = "scores", request_body = serde_json::Value,
    responses((status = 201, body = Score)))]
pub(crate) async fn create_score(caller: Caller, Text(text): Text) -> Result<Answer<Score>, Problem> {
    let score = domain::Score::parse(&text)?;
    let id = score.id.clone();
    let saved = caller.workspace.save_score_over(score, 0).await.map_err(|error| match error {
        Error::Revision { .. } => Problem::new(Code::Taken, format!("there is a score {id} already")),
        error => error.into(),
    })?;
    tracing::info!(actor = %caller.actor, score = %saved.id, "score made");
    let version = saved.version;
    Ok(Answer::created(&format!("scores/{id}"), saved.into()).tagged(version))
}

/// Returns the latest version of a score.
#[utoipa::path(get, path = "/api/scores/{id}", tag = "scores", params(("id" = String, Path)),
    responses((status = 200, body = Score)))]
pub(crate) async fn get_score(caller: Caller, Path(id): Path<ScoreId>) -> Result<Answer<Score>, Problem> {
    let score = caller.workspace.score(&id, None).await?;
    let version = score.version;
    Ok(Answer::ok(score.into()).tagged(version))
}

/// Returns a version of a score, also of one that was deleted.
#[utoipa::path(get, path = "/api/scores/{id}/versions/{version}", tag = "scores",
    params(("id" = String, Path), ("version" = u32, Path)), responses((status = 200, body = Score)))]
pub(crate) async fn get_score_version(
    caller: Caller,
    Path((id, version)): Path<(ScoreId, u32)>,
) -> Result<Answer<Score>, Problem> {
    let score = caller.workspace.score(&id, Some(version)).await?;
    Ok(Answer::ok(score.into()).tagged(version))
}

/// Saves a score as its next version. One that is the same as the latest makes none.
#[utoipa::path(put, path = "/api/scores/{id}", tag = "scores", params(("id" = String, Path)),
    request_body = serde_json::Value, responses((status = 200, body = Score)))]
pub(crate) async fn save_score(
    caller: Caller,
    Path(id): Path<ScoreId>,
    if_match: IfMatch,
    Text(text): Text,
) -> Result<Answer<Score>, Problem> {
    let present = caller.workspace.score(&id, None).await?.version;
    let expected = if_match.expected(present)?;
    let score = domain::Score::parse(&text)?;
    if score.id != id {
        let message =
            format!("it is {}, and the path says {id}; write the same, for the id never changes", score.id);
        return Err(Problem::invalid("/id", message));
    }
    let saved = match expected {
        Some(expected) => caller.workspace.save_score_over(score, expected).await?,
        None => caller.workspace.save_score(score).await?,
    };
    tracing::info!(actor = %caller.actor, score = %id, version = saved.version, "score saved");
    let version = saved.version;
    Ok(Answer::ok(saved.into()).tagged(version))
}

/// Deletes a score that no orchestra plays. Its versions stay readable by number.
#[utoipa::path(delete, path = "/api/scores/{id}", tag = "scores", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn delete_score(
    caller: Caller,
    Path(id): Path<ScoreId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    if_match.expected(caller.workspace.score(&id, None).await?.version)?;
    caller.workspace.delete_score(&id).await?;
    tracing::info!(actor = %caller.actor, score = %id, "score deleted");
    Ok(done())
}

/// Copies a score under a new name, with copies of the agents that it names.
#[utoipa::path(post, path = "/api/scores/{id}/clone", tag = "scores", params(("id" = String, Path)),
    request_body = CloneScore, responses((status = 201, body = Score)))]
pub(crate) async fn clone_score(
    caller: Caller,
    Path(id): Path<ScoreId>,
    Json(body): Json<CloneScore>,
) -> Result<Answer<Score>, Problem> {
    let copy = caller.workspace.clone_score(&id, &body.name).await?;
    tracing::info!(actor = %caller.actor, score = %copy.id, of = %id, "score cloned");
    let version = copy.version;
    Ok(Answer::created(&format!("../{}", copy.id), copy.into()).tagged(version))
}

/// Checks a score without saving it. Everything that is wrong with it is told at once.
#[utoipa::path(post, path = "/api/scores/validate", tag = "scores", request_body = serde_json::Value,
    responses((status = 200, body = Checked)))]
pub(crate) async fn validate_score(caller: Caller, Text(text): Text) -> Result<Answer<Checked>, Problem> {
    caller.workspace.validate_score(&domain::Score::parse(&text)?).await?;
    Ok(Answer::ok(Checked { valid: true }))
}
