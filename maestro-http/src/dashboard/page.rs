//! Pages as answers: HTML under a strict policy, and problems in words for people.

use askama::Template;
use axum::{
    extract::{OriginalUri, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    assets,
    visit::{SAYS, Visit, base_of},
};
use crate::problem::{Code, Problem};

/// Nothing but what this server serves, no script or style within a page, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page.
pub(crate) struct Page {
    status: StatusCode,
    html: Result<String, askama::Error>,
    unsay: Option<HeaderValue>,
}

impl Page {
    /// Renders a page of a visit.
    pub(crate) fn new(template: &impl Template, visit: &Visit) -> Self {
        let unsay = visit.said.map(|_| format!("{SAYS}=; Max-Age=0; Path={}", visit.cookie_path()));
        let unsay = unsay.and_then(|cookie| HeaderValue::try_from(cookie).ok());
        Self { status: StatusCode::OK, html: template.render(), unsay }
    }

    /// Answers with another status, such as where a form needs another look.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let html = match self.html {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "a page that cannot be written");
                return Problem::internal().into_response();
            }
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        ];
        let mut response = (self.status, headers, html).into_response();
        if let Some(unsay) = self.unsay {
            response.headers_mut().append(header::SET_COOKIE, unsay);
        }
        response
    }
}

/// Sends the browser on after an action, and has the next page say what was done.
pub(crate) fn redirect(visit: &Visit, path: &str, says: Option<&str>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(visit.to(path)).ok().map(|to| (header::LOCATION, to)));
    if let Some(says) = says {
        let path = visit.cookie_path();
        let cookie = format!("{SAYS}={says}; Max-Age=20; Path={path}; HttpOnly; SameSite=Lax");
        headers.extend(HeaderValue::try_from(cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)));
    }
    response
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    style: String,
    home: String,
    title: &'a str,
    problem: &'a Problem,
}

/// Shows problems as pages to those who asked for one.
pub(super) async fn problems_as_pages(request: Request, next: Next) -> Response {
    let inner = request.uri().path();
    let full = request.extensions().get::<OriginalUri>().map_or(inner, |uri| uri.path());
    let base = base_of(full, inner).to_owned();
    let wants_page = accepts_html(request.headers());
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| wants_page) else {
        return response;
    };
    let page = ProblemPage {
        style: format!("{base}{}", assets::path("style.css")),
        home: if base.is_empty() { "/".to_owned() } else { base },
        title: problem.code().title(),
        problem,
    };
    let html = page.render();
    let mut shown = Page { status: problem.status(), html, unsay: None }.into_response();
    for (name, value) in response.headers() {
        if name == header::RETRY_AFTER || name == header::WWW_AUTHENTICATE {
            shown.headers_mut().insert(name, value.clone());
        }
    }
    shown
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.contains("text/html")
}
