//! The gate before every route: who asks is found out, and whether they may, before anything of the body is read.

use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use maestro_core::{domain::Actor, engine::Workspace};

use super::{Denial, Principal, Role};
use crate::{
    app::App,
    problem::{Code, Problem},
};

/// Who asks, and where: what handlers get once the gate was passed.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) workspace: Workspace,
    #[cfg_attr(
        not(feature = "dashboard"),
        expect(dead_code, reason = "only pages hide what may not be done")
    )]
    pub(crate) role: Role,
}

/// What it takes to pass.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: App,
    pub(crate) role: Role,
}

/// Lets a request through that somebody sends who may.
pub(crate) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match pass(&gate, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(response) => *response,
    }
}

async fn pass(gate: &Gate, parts: &Parts) -> Result<Caller, Box<Response>> {
    let principal = gate.app.authorizer().authorize(parts).await.map_err(|denial| refuse(denial, parts))?;
    let refused = |problem: Problem| Box::new(problem.into_response());
    if principal.role() < gate.role {
        let (has, needs) = (principal.role().name(), gate.role.name());
        let detail = format!("this needs the role {needs}, and yours is {has}");
        return Err(refused(Problem::new(Code::Forbidden, detail)));
    }
    let workspace = choose(&principal, parts).map_err(refused)?;
    let workspace = gate.app.maestro().workspace(&workspace);
    Ok(Caller { actor: Actor::new(principal.name()), workspace, role: principal.role() })
}

/// Returns the workspace that a request names as `?workspace=`, or the first of the principal's.
fn choose(principal: &Principal, parts: &Parts) -> Result<maestro_core::domain::WorkspaceId, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let named: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == crate::extract::WORKSPACE)
        .map(|(_, value)| value)
        .collect();
    if named.len() > 1 {
        return Err(Problem::invalid(crate::extract::WORKSPACE, "name one workspace, not several"));
    }
    match principal.workspace(named.first().map(AsRef::as_ref)) {
        Some(workspace) => Ok(workspace.clone()),
        // Whether there is such a workspace is nobody's business.
        None => Err(Problem::not_found("workspace", named.first().map_or("default", AsRef::as_ref))),
    }
}

/// Answers a request that is not admitted.
fn refuse(denial: Denial, parts: &Parts) -> Box<Response> {
    let problem = match denial {
        Denial::Unknown { login } => {
            if let Some(redirect) = login.as_deref().and_then(|login| to_login(login, parts)) {
                return Box::new(redirect);
            }
            Problem::new(Code::Unauthenticated, "nobody is known to ask; send credentials")
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        }
        Denial::Refused { reason } => Problem::new(Code::Forbidden, reason),
        Denial::Unavailable => Problem::new(Code::Unavailable, "it cannot be told now who asks; try again")
            .header(header::RETRY_AFTER, HeaderValue::from_static("1")),
    };
    Box::new(problem.into_response())
}

/// Sends a browser that wants a page to where its user can log in.
fn to_login(url: &str, parts: &Parts) -> Option<Response> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    if !reads || !wants_page(&parts.headers) {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::try_from(url).ok()?);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|media| media.trim().to_ascii_lowercase().starts_with("text/html"))
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(uri = %parts.uri.path(), "a route without a gate");
            Problem::internal()
        })
    }
}
