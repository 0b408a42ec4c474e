//! What pages send: each does one thing and sends the browser on.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use maestro_core::{
    domain::{OrchestraId, Payload, Resolution, RunId, StepKey},
    engine::Retry,
    ports::store::CancelAnswer,
};

use super::{
    form::Form,
    page::redirect,
    pages,
    visit::{THEME, Theme, Visit},
};
use crate::{
    app::App,
    extract::Path,
    problem::{Code, Problem},
};

/// Sets whether pages are light or dark, for as long as browsers keep a cookie.
pub(super) async fn set_theme(visit: Visit, form: Form) -> Result<Response, Problem> {
    let theme = Theme::parse(form.get("theme"))
        .ok_or_else(|| Problem::invalid("/theme", "there is no such theme"))?;
    let back = form.get("back");
    // Only a path of this dashboard: nobody is sent elsewhere.
    let back = if back.starts_with('/') && !back.starts_with("//") { back } else { "/" };
    let mut response = redirect(&visit, back, None);
    let (name, path) = (theme.name(), visit.cookie_path());
    let cookie = format!("{THEME}={name}; Max-Age=31536000; Path={path}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Turns a schedule on. What the orchestra lacks stands on its page.
pub(super) async fn enable(visit: Visit, Path(id): Path<OrchestraId>) -> Result<Response, Problem> {
    match visit.workspace.enable_orchestra(&id).await.map_err(Problem::from) {
        Ok(_) => {
            tracing::info!(actor = %visit.actor, orchestra = %id, "enabled");
            Ok(redirect(&visit, &format!("/orchestras/{id}"), Some("enabled")))
        }
        Err(problem) if problem.code() == Code::NotReady => {
            Ok(pages::orchestra::not_ready(visit, &id).await?.into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Turns a schedule off.
pub(super) async fn disable(visit: Visit, Path(id): Path<OrchestraId>) -> Result<Response, Problem> {
    visit.workspace.disable_orchestra(&id).await?;
    tracing::info!(actor = %visit.actor, orchestra = %id, "disabled");
    Ok(redirect(&visit, &format!("/orchestras/{id}"), Some("disabled")))
}

/// Asks for a run, and shows it. Sending the same form twice makes one run.
pub(super) async fn run_now(
    visit: Visit,
    Path(id): Path<OrchestraId>,
    form: Form,
) -> Result<Response, Problem> {
    let (key, typed) = (form.get("key").to_owned(), form.text("input").to_owned());
    match ask(&visit, &id, &key, &typed).await {
        Ok(run) => {
            tracing::info!(actor = %visit.actor, orchestra = %id, %run, "run asked for");
            Ok(redirect(&visit, &format!("/runs/{run}"), Some("asked")))
        }
        Err(problem) if matches!(problem.code(), Code::NotFound | Code::Internal | Code::Unavailable) => {
            Err(problem)
        }
        Err(problem) => {
            Ok(pages::orchestra::ask_again(visit, &id, (key, typed), &problem).await?.into_response())
        }
    }
}

async fn ask(visit: &Visit, id: &OrchestraId, key: &str, typed: &str) -> Result<RunId, Problem> {
    let mut asked = visit.workspace.run_now(id).by_hand();
    if !typed.trim().is_empty() {
        asked = asked.input(Payload::parse(typed)?);
    }
    if !key.is_empty() {
        asked = asked.idempotency_key(key);
    }
    Ok(asked.enqueue().await?.id())
}

/// Ends a run, or asks its worker to.
pub(super) async fn cancel(visit: Visit, Path(id): Path<RunId>, form: Form) -> Result<Response, Problem> {
    let force = form.get("force") == "true";
    let answer = visit.workspace.cancel(id, force, &visit.actor).await?;
    let says = match answer {
        CancelAnswer::Cancelled => "cancelled",
        CancelAnswer::Requested => "cancelling",
        CancelAnswer::Ended(_) => "unchanged",
    };
    Ok(redirect(&visit, &format!("/runs/{id}"), Some(says)))
}

/// Has a run played on from where it failed, or from a step.
pub(super) async fn retry(visit: Visit, Path(id): Path<RunId>, form: Form) -> Result<Response, Problem> {
    let mut retry = Retry::default().with_latest_agents(form.get("latest_agents") == "true");
    if !form.get("from").is_empty() {
        retry = retry.with_from([form.get("from").parse::<StepKey>()?]);
    }
    visit.workspace.retry(id, retry, &visit.actor).await?;
    Ok(redirect(&visit, &format!("/runs/{id}"), Some("retried")))
}

/// Asks for the same run a second time, and shows it.
pub(super) async fn rerun(visit: Visit, Path(id): Path<RunId>) -> Result<Response, Problem> {
    let made = visit.workspace.rerun(id, &visit.actor).await?;
    Ok(redirect(&visit, &format!("/runs/{}", made.id()), Some("asked")))
}

/// Approves or rejects a step that waits for it.
pub(super) async fn decide(
    visit: Visit,
    Path((id, key)): Path<(RunId, StepKey)>,
    form: Form,
) -> Result<Response, Problem> {
    let note = Some(form.get("note").to_owned()).filter(|note| !note.is_empty());
    let says = match form.get("do") {
        "approve" => {
            visit.workspace.approve(id, &key, note, None, &visit.actor).await?;
            "approved"
        }
        "reject" => {
            visit.workspace.reject(id, &key, note, None, &visit.actor).await?;
            "rejected"
        }
        _ => return Err(Problem::invalid("/do", "say approve or reject")),
    };
    Ok(redirect(&visit, &format!("/runs/{id}"), Some(says)))
}

/// Says what became of a step whose outcome was lost.
pub(super) async fn resolve(
    State(_): State<App>,
    visit: Visit,
    Path((id, key)): Path<(RunId, StepKey)>,
    form: Form,
) -> Result<Response, Problem> {
    let note = Some(form.get("note").to_owned()).filter(|note| !note.is_empty());
    let resolution = match form.get("as") {
        "done" => Resolution::Done {
            output: match form.get("output") {
                "" => Payload::empty_object(),
                typed => Payload::parse(typed)?,
            },
        },
        "failed" => Resolution::Failed {
            message: note.clone().unwrap_or_else(|| format!("{} says that it did not happen", visit.actor)),
        },
        "again" => Resolution::Again,
        _ => return Err(Problem::invalid("/as", "say done, failed or again")),
    };
    visit.workspace.resolve(id, &key, resolution, note, &visit.actor).await?;
    Ok(redirect(&visit, &format!("/runs/{id}"), Some("resolved")))
}
