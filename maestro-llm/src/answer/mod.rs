//! Answers: what a provider sent, in the words of the engine.

mod usage;

use genai::chat::{ChatResponse, ContentPart, StopReason};
use maestro_core::domain::{ModelTurn, ToolCall, TurnEnd};
use serde_json::Value;

pub(crate) use self::usage::{salvage, usage};
use crate::{carry, provider::Provider, request::Tools};

/// The answer is JSON, and not the answer of a model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Reads the turn of a model.
pub(crate) fn read(
    provider: &Provider,
    tools: &Tools,
    response: ChatResponse,
) -> Result<ModelTurn, Malformed> {
    let body = response.captured_raw_body.unwrap_or_default();
    let parts = response.content.into_parts();
    let carry = carry::keep(provider, &parts).map_err(|_| Malformed("it is nested too deep"))?;
    let mut turn = ModelTurn { carry, ..ModelTurn::default() };
    for part in parts {
        match part {
            ContentPart::Text(text) => turn.text.push_str(&text),
            ContentPart::ToolCall(call) => {
                let (name, arguments) = tools.read(&call.fn_name, call.fn_arguments);
                if arguments.is_too_deep() {
                    return Err(Malformed("the arguments of a tool call are nested too deep"));
                }
                turn.tool_calls.push(ToolCall { id: call.call_id, name, arguments });
            }
            _ => {} // thoughts and pictures: carried if need be, never part of the answer
        }
    }
    if let Some(refusal) = refusal(&body) {
        refusal.clone_into(&mut turn.text);
        turn.stop = TurnEnd::Refused;
        return Ok(turn);
    }
    turn.stop = match response.stop_reason {
        Some(StopReason::MaxTokens(_)) => TurnEnd::Length,
        Some(StopReason::ContentFilter(_)) => TurnEnd::Refused,
        Some(StopReason::Other(reason)) if reason.starts_with("MALFORMED") => {
            return Err(Malformed("the model called a tool in a way that its provider could not read"));
        }
        None if turn.text.is_empty() && turn.tool_calls.is_empty() => {
            return Err(Malformed("it holds neither text nor a tool call"));
        }
        // Some say `stop` when they call tools.
        _ if !turn.tool_calls.is_empty() => TurnEnd::Tools,
        _ => TurnEnd::Done,
    };
    Ok(turn)
}

/// Tells whether a provider refused before its model said anything, as Gemini does in a way of its own.
pub(crate) fn is_blocked(body: &Value) -> bool {
    body.pointer("/promptFeedback/blockReason").is_some_and(|reason| !reason.is_null())
}

/// Returns the words with which a model of OpenAI refuses.
fn refusal(body: &Value) -> Option<&str> {
    body.pointer("/choices/0/message/refusal")?.as_str().filter(|refusal| !refusal.is_empty())
}
