//! Messages: a conversation in the words of `genai`.

use genai::chat::{ChatMessage, ContentPart, CustomPart, MessageContent, ToolCall, ToolResponse};
use maestro_core::domain::{Message, ModelTurn, Payload};
use serde_json::{Value, json};

use super::{instruct::MEND, tools::wrap, wire_name};
use crate::{
    carry,
    provider::{Format, Provider},
};

/// Writes down a conversation for `provider`.
pub(super) fn write(provider: &Provider, messages: &[Message]) -> Vec<ChatMessage> {
    let mut written: Vec<ChatMessage> = Vec::with_capacity(messages.len());
    let mut results: Vec<ContentPart> = Vec::new();
    for message in messages {
        // The results of one turn belong into one message.
        if !results.is_empty() && !matches!(message, Message::ToolResult { .. }) {
            written.push(ChatMessage::tool(MessageContent::from_parts(std::mem::take(&mut results))));
        }
        match message {
            Message::User { text } => written.push(ChatMessage::user(text.as_str())),
            Message::Model(turn) => {
                let parts = parts(provider, turn);
                // A turn in which nothing was said cannot be sent: providers refuse an empty message.
                if !parts.is_empty() {
                    written.push(ChatMessage::assistant(MessageContent::from_parts(parts)));
                }
            }
            Message::ToolResult { call_id, name, output, is_error } => {
                results.push(result(provider.format, call_id, name, output, *is_error));
            }
        }
    }
    if !results.is_empty() {
        written.push(ChatMessage::tool(MessageContent::from_parts(results)));
    }
    if let Some(Message::Model(_)) = messages.last() {
        written.push(ChatMessage::user(MEND)); // many models refuse to go on from their own words
    }
    written
}

/// Returns what a turn consists of, with what was carried where this provider carried it.
fn parts(provider: &Provider, turn: &ModelTurn) -> Vec<ContentPart> {
    if let Some(parts) = turn.carry.as_ref().and_then(|carry| carry::given(provider, carry)) {
        return parts;
    }
    let text = (!turn.text.is_empty()).then(|| ContentPart::Text(turn.text.clone()));
    let calls = turn.tool_calls.iter().map(|call| {
        ContentPart::ToolCall(ToolCall {
            call_id: call.id.clone(),
            fn_name: wire_name(&call.name),
            fn_arguments: wrap(&call.arguments),
            thought_signatures: None,
        })
    });
    text.into_iter().chain(calls).collect()
}

fn result(format: Format, call_id: &str, name: &str, output: &Payload, is_error: bool) -> ContentPart {
    let content = match output.value() {
        Ok(Value::String(text)) => text.clone(), // quotes around a text would only be tokens
        _ => output.as_str().to_owned(),
    };
    if is_error && format == Format::Anthropic {
        // The only one with a word for failure; genai does not know it.
        let data =
            json!({"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": true});
        return ContentPart::Custom(CustomPart { model_iden: None, data });
    }
    ContentPart::ToolResponse(ToolResponse::new(call_id, content).with_fn_name(wire_name(name)))
}
