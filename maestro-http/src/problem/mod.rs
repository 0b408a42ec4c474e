//! Problems: every refusal of the API as RFC 9457 has it, with a code that programs may rely on.

mod code;
mod engine;

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::code::Code;

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was refused.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldProblem>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Where in the body, as a JSON pointer (RFC 6901); empty for the body as a whole. For what does not stand in the body,
    /// the name of the header or of the parameter.
    #[schema(example = "/cron")]
    pub pointer: String,
    /// What kind of thing, for programs.
    #[schema(example = "invalid")]
    pub code: String,
    /// What is wrong and what to write instead, for people.
    #[schema(example = "minute \"5/15\": a step needs a range; write `5-59/15`")]
    pub message: String,
}

/// The document that tells of a problem (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'p> {
    /// Names the kind of problem: `urn:maestro:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:maestro:problem:invalid")]
    kind: String,
    /// What kind of problem, for people.
    title: &'p str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What kind of problem, for programs. Codes never change once released.
    #[schema(example = "invalid")]
    code: &'p str,
    /// What happened, for people.
    detail: &'p str,
    /// Everything that is wrong, where there is more to say.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'p [FieldProblem],
}

impl Problem {
    /// Makes a problem.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// Makes the problem of a request in which one thing makes no sense.
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Code::Invalid, message.clone()).error(pointer, "invalid", message)
    }

    /// Says of one thing more what is wrong with it.
    #[must_use]
    pub fn error(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (pointer, code, message) = (pointer.into(), code.into(), message.into());
        self.errors.push(FieldProblem { pointer, code, message });
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns what happened, for people.
    #[cfg(feature = "dashboard")]
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns everything that is wrong, as far as there is more to say than what happened.
    pub fn errors(&self) -> &[FieldProblem] {
        &self.errors
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// Makes the answer to what is not there: what it is and how it was named.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("{what} {:?} not found", id.to_string()))
    }

    /// Makes the answer to what went wrong in a way that is nobody's business. Whoever calls it logs the reason.
    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "something went wrong here; the log of the server knows more")
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = self.status();
        let document = Document {
            kind: format!("urn:maestro:problem:{}", self.code.name()),
            title: self.code.title(),
            status: status.as_u16(),
            code: self.code.name(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let text = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(std::mem::take(&mut self.headers));
        // For the dashboard, which shows it as a page.
        response.extensions_mut().insert(self);
        response
    }
}
