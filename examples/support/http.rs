//! The skill `http`: requests to a server, with failures sorted by whether another try can help.

use std::{collections::BTreeMap, io::Read, time::Duration};

use chrono::DateTime;
use maestro::ports::{Clock, SystemClock};
use maestro::{Context, StepError};
use minreq::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refused;

const TIMEOUT_S: u64 = 20;
const MOST_REDIRECTS: usize = 5;
const LARGEST_BODY: u64 = 200 * 1024; // bytes; a step may return 256 KiB of JSON
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

#[derive(Deserialize, JsonSchema)]
pub(super) struct Request {
    /// Default `GET`.
    method: Option<String>,
    /// Begins with `http://`.
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A text is sent as it is, anything else as JSON.
    body: Option<Value>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Response {
    status: u16,
    /// By name in lower case; the last of several with the same name.
    headers: BTreeMap<String, String>,
    body: String,
}

/// `http.request`: sends a request over HTTP/1.1 and returns what the server answers.
///
/// A refusal (4xx) is permanent. Trouble of the server (5xx), too many requests (429) and a lost connection are tried
/// again, not before the server's `Retry-After`. Requests that change something carry the step's idempotency key.
pub(super) fn request(ctx: Context, input: Request) -> Result<Response, StepError> {
    let method = input.method.as_deref().unwrap_or("GET").to_ascii_uppercase();
    let request = prepare(&ctx, &method, input)?;
    let answer = request.send_lazy().map_err(|error| lost(&error))?;

    let (status, reason) = (answer.status_code, answer.reason_phrase.clone());
    let headers: BTreeMap<String, String> =
        answer.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if status >= 400 {
        return Err(failed(status, &reason, headers.get("retry-after").map(String::as_str)));
    }
    let mut body = Vec::new();
    answer.take(LARGEST_BODY + 1).read_to_end(&mut body)?;
    let announced: Option<usize> = headers.get("content-length").and_then(|length| length.parse().ok());
    if method != "HEAD"
        && announced.is_some_and(|length| body.len() < length && body.len() <= LARGEST_BODY as usize)
    {
        return Err(StepError::with_code("http_no_answer", "the connection ended within the answer"));
    }
    if body.len() as u64 > LARGEST_BODY {
        let message = format!("the answer has more than {LARGEST_BODY} bytes");
        return Err(StepError::with_code("answer_too_large", message).permanent());
    }
    let body = String::from_utf8(body)
        .map_err(|_| StepError::with_code("answer_not_text", "the answer is no UTF-8").permanent())?;
    Ok(Response { status, headers, body })
}

fn prepare(ctx: &Context, method: &str, input: Request) -> Result<minreq::Request, StepError> {
    if input.url.starts_with("https://") {
        return Err(refused("url: this example is built without TLS; use an http:// address"));
    }
    if input.url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused("url: it has a space or a line break; write %20 for a space"));
    }
    let verb = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return Err(refused(format!("method: {method:?}; use GET, HEAD, POST, PUT, PATCH or DELETE"))),
    };
    let is_token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if let Some((name, _)) =
        input.headers.iter().find(|(name, value)| !is_token(name) || value.chars().any(char::is_control))
    {
        return Err(refused(format!(
            "headers: {name:?} is no header; use letters, digits and - in one line"
        )));
    }
    let has = |wanted: &str| input.headers.keys().any(|name| name.eq_ignore_ascii_case(wanted));
    let (names_type, names_key) = (has("content-type"), has("idempotency-key"));
    let mut request = minreq::Request::new(verb, input.url)
        .with_headers(input.headers)
        .with_timeout(TIMEOUT_S)
        .with_max_redirects(MOST_REDIRECTS);
    if !matches!(method, "GET" | "HEAD") && !names_key {
        request = request.with_header("Idempotency-Key", ctx.idempotency_key());
    }
    Ok(match input.body {
        None | Some(Value::Null) => request,
        Some(Value::String(text)) => request.with_body(text),
        Some(json) if names_type => request.with_body(json.to_string()),
        Some(json) => request.with_header("Content-Type", "application/json").with_body(json.to_string()),
    })
}

/// Returns what an answer of 400 and above means.
fn failed(status: u16, reason: &str, retry_after: Option<&str>) -> StepError {
    let error =
        StepError::with_code(format!("http_{status}"), format!("the server answered {status} {reason}"));
    match status {
        408 | 429 | 500.. => match retry_after.and_then(wait_of) {
            Some(wait) => error.after(wait),
            None => error,
        },
        _ => error.permanent(),
    }
}

/// Returns how long a `Retry-After` asks to wait, at most an hour: it is seconds or a date.
fn wait_of(retry_after: &str) -> Option<Duration> {
    let wait = match retry_after.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (DateTime::parse_from_rfc2822(retry_after.trim()).ok()?.to_utc()
            - SystemClock::new().now())
        .to_std()
        .ok()?,
    };
    Some(wait.min(LONGEST_WAIT))
}

/// Returns what it means that there is no answer.
fn lost(error: &minreq::Error) -> StepError {
    let message = format!("no answer: {error}");
    match error {
        minreq::Error::IoError(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
            StepError::with_code("http_no_answer", message).not_applied()
        }
        minreq::Error::IoError(_) | minreq::Error::AddressNotFound => {
            StepError::with_code("http_no_answer", message)
        }
        _ => StepError::with_code("http_unusable", message).permanent(),
    }
}
