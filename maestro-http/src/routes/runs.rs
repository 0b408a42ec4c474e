//! Routes of runs.

use axum::extract::{RawQuery, State};
use maestro_core::{
    domain::{OrchestraId, RunId},
    ports::store::CancelAnswer,
};

use crate::{
    answer::Answer,
    app::App,
    auth::Caller,
    extract::{IdempotencyKey, MaybeJson, Path, Query},
    problem::{Code, Problem},
    read::{self, RunsQuery},
    wire::{CancelRun, Cancelled, Class, Moment, Page, RetryRun, Run, RunNow, RunSummary},
};

/// Asks for a run of an orchestra, enabled or not.
#[utoipa::path(post, path = "/api/runs/by-orchestra/{id}", tag = "runs",
    params(("id" = String, Path), ("idempotency-key" = Option<String>, Header, min_length = 1, max_length = 255,
        pattern = "^[!-~]+$", description = "Makes asking twice with the same key and body give one run, for a day.")),
    request_body = Option<RunNow>, responses((status = 202, body = Run)))]
pub(crate) async fn run_now(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<OrchestraId>,
    key: Option<IdempotencyKey>,
    MaybeJson(body): MaybeJson<RunNow>,
) -> Result<Answer<Run>, Problem> {
    let mut asked = caller.workspace.run_now(&id);
    if let Some(input) = body.input {
        asked = asked.input(input);
    }
    if let Some(Class(class)) = body.class {
        asked = asked.class(class);
    }
    if let Some(Moment(run_at)) = body.run_at {
        asked = asked.run_at(run_at);
    }
    let mut under_way = None;
    if let Some(IdempotencyKey(key)) = key {
        under_way = app.in_flight().begin(caller.workspace.id(), &id, &key);
        if under_way.is_none() {
            let detail = "a request with the same idempotency key is being answered; ask again in a moment";
            return Err(Problem::new(Code::InFlight, detail));
        }
        asked = asked.idempotency_key(key);
    }
    let handle = asked.await?;
    drop(under_way);
    let run = read::run(&caller.workspace, handle.id()).await?;
    tracing::info!(actor = %caller.actor, run = %handle.id(), orchestra = %id, "run asked for");
    Ok(Answer::accepted(run).located(&format!("../{}", handle.id())))
}

/// Lists runs, the newest first.
#[utoipa::path(get, path = "/api/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, body = Page<RunSummary>)))]
pub(crate) async fn list_runs(
    caller: Caller,
    Query(asked): Query<RunsQuery>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Page<RunSummary>>, Problem> {
    Ok(Answer::page(read::runs(&caller.workspace, &asked).await?, query.as_deref()))
}

/// Returns a run, live or ended.
#[utoipa::path(get, path = "/api/runs/{id}", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = Run)))]
pub(crate) async fn get_run(caller: Caller, Path(id): Path<RunId>) -> Result<Answer<Run>, Problem> {
    Ok(Answer::ok(read::run(&caller.workspace, id).await?))
}

/// Ends a run. What does not run ends at once; a run that is played is asked to end.
#[utoipa::path(post, path = "/api/runs/{id}/cancel", tag = "runs", params(("id" = String, Path)),
    request_body = Option<CancelRun>, responses((status = 200, body = Cancelled)))]
pub(crate) async fn cancel_run(
    caller: Caller,
    Path(id): Path<RunId>,
    MaybeJson(body): MaybeJson<CancelRun>,
) -> Result<Answer<Cancelled>, Problem> {
    let outcome = match caller.workspace.cancel(id, body.force, &caller.actor).await? {
        CancelAnswer::Cancelled => "cancelled",
        CancelAnswer::Requested => "requested",
        CancelAnswer::Ended(_) => "ended",
    };
    let run = read::run(&caller.workspace, id).await?;
    Ok(Answer::ok(Cancelled { outcome, run }))
}

/// Has a run that failed or was cancelled played on from where it broke off. What was done and paid stands.
#[utoipa::path(post, path = "/api/runs/{id}/retry", tag = "runs", params(("id" = String, Path)),
    request_body = Option<RetryRun>, responses((status = 202, body = Run)))]
pub(crate) async fn retry_run(
    caller: Caller,
    Path(id): Path<RunId>,
    MaybeJson(body): MaybeJson<RetryRun>,
) -> Result<Answer<Run>, Problem> {
    caller.workspace.retry(id, body.into_retry()?, &caller.actor).await?;
    tracing::info!(actor = %caller.actor, run = %id, "run retried");
    Ok(Answer::accepted(read::run(&caller.workspace, id).await?))
}

/// Asks for a new run of the same orchestra with the same input, whatever became of this one. It plays the present version
/// of the score.
#[utoipa::path(post, path = "/api/runs/{id}/rerun", tag = "runs", params(("id" = String, Path)),
    responses((status = 202, body = Run)))]
pub(crate) async fn rerun_run(caller: Caller, Path(id): Path<RunId>) -> Result<Answer<Run>, Problem> {
    let handle = caller.workspace.rerun(id, &caller.actor).await?;
    let run = read::run(&caller.workspace, handle.id()).await?;
    Ok(Answer::accepted(run).located(&format!("../{}", handle.id())))
}
