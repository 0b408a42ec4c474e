//! Answers of a fake provider on the wire, and what a script makes go wrong with them.

use std::{error, fmt};

use http_body_util::Full;
use hyper::{Response, body::Bytes};
use serde_json::Value;

use super::{
    Asked, Fault, Reply, WireFormat, anthropic, open_ai,
    playing::{Answer, NoReply, words},
};

/// The connection is to end without an answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped as scripted")
    }
}

impl error::Error for Dropped {}

pub(super) type Answered = Result<Response<Full<Bytes>>, Dropped>;

/// Says in the words of a provider why there is no reply.
pub(super) fn refusal(refused: &NoReply, asked: &Asked) -> (u16, String) {
    match refused {
        NoReply::Key => (401, words(401).to_owned()),
        NoReply::Model => (404, format!("{}: {}", words(404), asked.model)),
        NoReply::Unscripted => {
            let Asked { model, .. } = asked;
            (400, format!("the script has no reply for turn {} of {model}", asked.turn()))
        }
    }
}

/// Writes a reply of the script.
pub(super) fn write(reply: &Reply, asked: &Asked, answer: &Answer) -> Answered {
    let body = match asked.format {
        WireFormat::Anthropic => anthropic::write(asked, answer),
        WireFormat::OpenAi => open_ai::write(asked, answer),
    };
    match &reply.fault {
        None => Ok(json(200, &body, &[])),
        Some(Fault::Dropped) => Err(Dropped),
        Some(Fault::Empty) => {
            let kept = |name: &str| body.get(name).cloned().unwrap_or_default();
            Ok(json(200, &serde_json::json!({"id": kept("id"), "usage": kept("usage")}), &[]))
        }
        Some(Fault::Malformed) => {
            let text = body.to_string(); // its last characters close what is open, and the usage comes early
            Ok(response(200, text[..text.len() - 2].to_owned(), &[]))
        }
        Some(Fault::Status { status, message, retry_after, retry_after_ms }) => {
            let millis = retry_after_ms.map(|millis| millis.to_string());
            let headers = [("retry-after", retry_after.clone()), ("retry-after-ms", millis)];
            Ok(error_of(
                asked.format,
                *status,
                message.as_deref().unwrap_or_else(|| words(*status)),
                &headers,
            ))
        }
    }
}

/// Writes an error.
pub(super) fn error_of(
    format: WireFormat,
    status: u16,
    message: &str,
    headers: &[(&'static str, Option<String>)],
) -> Response<Full<Bytes>> {
    let body = match format {
        WireFormat::Anthropic => anthropic::error(status, message),
        WireFormat::OpenAi => open_ai::error(status, message),
    };
    json(status, &body, headers)
}

/// Writes JSON.
pub(super) fn json(
    status: u16,
    body: &Value,
    headers: &[(&'static str, Option<String>)],
) -> Response<Full<Bytes>> {
    response(status, body.to_string(), headers)
}

fn response(status: u16, body: String, headers: &[(&'static str, Option<String>)]) -> Response<Full<Bytes>> {
    let builder = Response::builder().status(status).header("content-type", "application/json");
    let told = headers.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    let builder = told.fold(builder, |builder, (name, value)| builder.header(name, value));
    builder.body(Full::from(body)).unwrap_or_else(|_| Response::new(Full::default())) // a header that is none
}
