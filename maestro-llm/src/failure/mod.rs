//! Failures: what a provider or the way to it did wrong, and whether asking again can help.
//!
//! | code | again? | when |
//! | --- | --- | --- |
//! | `model_auth` | no | there is no key, or the provider does not take it (401, 403) |
//! | `model_unknown` | no | no provider serves the model, or its provider does not know it (404) |
//! | `model_refused_request` | no | the provider does not take the request (other 4xx), or it cannot be written |
//! | `model_moved` | no | the endpoint points elsewhere (3xx); nobody follows, for the key would go along |
//! | `model_rate_limited` | yes | 429 |
//! | `model_overloaded` | yes | 503, 529 |
//! | `model_unavailable` | yes | 409, other 5xx |
//! | `model_timeout` | yes | 408, or no answer in time |
//! | `model_unreachable` | yes | no connection, or it broke; not when it needs TLS and there is none |
//! | `model_malformed` | yes | the answer makes no sense |

mod redact;
mod retry_after;

use std::{error::Error as _, time::Duration};

use chrono::{DateTime, Utc};
use genai::{Error, webc};
use maestro_core::ports::{ModelCall, StepError};
use reqwest::{StatusCode, header::HeaderMap};
use secrecy::SecretString;
use serde_json::Value;

use self::retry_after::retry_after;
use crate::{
    answer::Malformed,
    provider::{Provider, Refusal},
};

/// What a failure is told with, and what may not stand in it.
pub(crate) struct Told<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) call: &'a ModelCall,
    pub(crate) key: Option<&'a SecretString>,
    pub(crate) now: DateTime<Utc>,
}

impl Told<'_> {
    /// Says in the words of the engine what went wrong.
    pub(crate) fn failure(&self, error: &Error) -> StepError {
        match error {
            Error::WebModelCall { webc_error, .. } | Error::WebAdapterCall { webc_error, .. } => {
                self.of_call(webc_error)
            }
            Error::HttpError { status, body, headers, .. } => self.of_status(*status, body, headers),
            Error::ChatResponseGeneration { .. } | Error::ChatResponse { .. } => {
                self.malformed(&Malformed("it is not what a model answers"))
            }
            // The others are found before anything is sent. What they say may quote it.
            _ => {
                let message = format!("the request to {} cannot be written", self.provider.name);
                StepError::with_code("model_refused_request", message).permanent().not_applied()
            }
        }
    }

    pub(crate) fn malformed(&self, malformed: &Malformed) -> StepError {
        let message = format!("the answer of {} makes no sense: {}", self.provider.name, malformed.0);
        StepError::with_code("model_malformed", message)
    }

    pub(crate) fn timeout(&self, after: Duration) -> StepError {
        let message = format!("{} did not answer within {} s", self.provider.name, after.as_secs_f64());
        StepError::with_code("model_timeout", message)
    }

    fn of_call(&self, error: &webc::Error) -> StepError {
        match error {
            webc::Error::ResponseFailedStatus { status, body, headers } => {
                self.of_status(*status, body, headers)
            }
            webc::Error::ResponseFailedInvalidJson { cause, .. } => {
                // The parser names a place and what stands there is one character at most.
                let message = format!("the answer of {} is no JSON: {cause}", self.provider.name);
                StepError::with_code("model_malformed", self.clean(&message))
            }
            webc::Error::Reqwest(error) => self.of_connection(error),
            webc::Error::ResponseFailedNotJson { .. } | webc::Error::JsonValueExt(_) => {
                self.malformed(&Malformed("it is no JSON"))
            }
        }
    }

    fn of_status(&self, status: StatusCode, body: &str, headers: &HeaderMap) -> StepError {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let mut message = format!("{} answered {}", self.provider.name, status.as_u16());
        if let Some(reason) = reason(&body) {
            message = format!("{message}: {reason}");
        }
        let code = code(status);
        let error = StepError::with_code(code, self.clean(&message));
        if is_permanent(code) {
            return error.permanent().not_applied();
        }
        let error = if status.is_client_error() { error.not_applied() } else { error };
        match retry_after(headers, &body, self.now) {
            Some(span) => error.after(span),
            None => error,
        }
    }

    fn of_connection(&self, error: &reqwest::Error) -> StepError {
        // The innermost cause names neither the address nor what was sent.
        let mut cause = error.source();
        while let Some(deeper) = cause.and_then(|cause| cause.source()) {
            cause = Some(deeper);
        }
        let cause = cause.map(ToString::to_string).unwrap_or_default();
        let name = &self.provider.name;
        if error.is_timeout() {
            return StepError::with_code("model_timeout", format!("{name} did not answer in time"));
        }
        if error.is_builder() {
            let message = format!("the request to {name} cannot be written");
            return StepError::with_code("model_refused_request", message).permanent().not_applied();
        }
        if !error.is_connect() {
            let message = self.clean(&format!("the connection to {name} broke: {cause}"));
            return StepError::with_code("model_unreachable", message);
        }
        if cause.contains("scheme is not http") {
            let message = format!("{name} asks for TLS, which is the feature `tls`");
            return StepError::with_code("model_unreachable", message).permanent().not_applied();
        }
        let message = self.clean(&format!("{name} cannot be reached: {cause}"));
        StepError::with_code("model_unreachable", message).not_applied()
    }

    fn clean(&self, message: &str) -> String {
        redact::clean(message, self.key, self.call)
    }
}

/// Says why a call has no key.
pub(crate) fn no_key(provider: &Provider, refusal: Refusal) -> StepError {
    let name = &provider.name;
    let message = match refusal {
        Refusal::Source(error) => return error,
        Refusal::Missing { name: variable } => {
            format!("the key of {name} should stand in the environment as {variable}, and does not")
        }
        Refusal::Empty => format!("the key of {name} is empty"),
        Refusal::Unwritable => format!("the key of {name} has characters that no key has, such as blanks"),
    };
    StepError::with_code("model_auth", message).permanent().not_applied()
}

/// Says that no provider serves a model.
pub(crate) fn no_provider<'p>(model: &str, providers: impl Iterator<Item = &'p Provider>) -> StepError {
    let names: Vec<String> = providers.map(|provider| format!("{}/…", provider.name)).collect();
    let model: String = model.chars().take(100).collect();
    let message = match names.is_empty() {
        true => format!("no provider serves the model {model:?}: there is none"),
        false => format!("no provider serves the model {model:?}; write one of {}", names.join(", ")),
    };
    StepError::with_code("model_unknown", message).permanent().not_applied()
}

/// Says that the call was to end before it was made.
pub(crate) fn cancelled() -> StepError {
    StepError::with_code("cancelled", "the call was cancelled")
}

fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "model_moved",
        401 | 403 => "model_auth",
        404 => "model_unknown",
        408 => "model_timeout",
        429 => "model_rate_limited",
        503 | 529 => "model_overloaded",
        409 | 500..=599 => "model_unavailable",
        _ => "model_refused_request",
    }
}

fn is_permanent(code: &str) -> bool {
    matches!(code, "model_moved" | "model_auth" | "model_unknown" | "model_refused_request")
}

/// Returns what the provider says is wrong.
fn reason(body: &Value) -> Option<&str> {
    let body = body.get(0).unwrap_or(body); // Gemini sends a list of one now and then
    let places = ["/error/message", "/error", "/message", "/detail"];
    let mut found = places.iter().filter_map(|place| body.pointer(place)?.as_str());
    found.next().map(str::trim).filter(|reason| !reason.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_a_code_and_only_what_cannot_help_is_permanent() {
        let cases = [
            (302, "model_moved", true),
            (400, "model_refused_request", true),
            (401, "model_auth", true),
            (402, "model_refused_request", true),
            (403, "model_auth", true),
            (404, "model_unknown", true),
            (408, "model_timeout", false),
            (409, "model_unavailable", false),
            (413, "model_refused_request", true),
            (422, "model_refused_request", true),
            (429, "model_rate_limited", false),
            (500, "model_unavailable", false),
            (502, "model_unavailable", false),
            (503, "model_overloaded", false),
            (504, "model_unavailable", false),
            (529, "model_overloaded", false),
        ];
        for (status, expected, permanent) in cases {
            let code = code(StatusCode::from_u16(status).unwrap());
            assert_eq!((code, is_permanent(code)), (expected, permanent), "{status}");
        }
    }

    #[test]
    fn the_reason_is_found_in_every_form_of_error() {
        let cases = [
            (
                r#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#,
                "Overloaded",
            ),
            (r#"{"error": {"message": "No such model", "code": "model_not_found"}}"#, "No such model"),
            (r#"[{"error": {"code": 400, "message": "Bad", "status": "INVALID_ARGUMENT"}}]"#, "Bad"),
            (r#"{"error": "model 'x' not found"}"#, "model 'x' not found"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
        ];
        for (body, expected) in cases {
            assert_eq!(reason(&serde_json::from_str(body).unwrap()), Some(expected), "{body}");
        }
        assert_eq!(reason(&serde_json::json!({"error": {"code": 1}})), None);
    }
}
