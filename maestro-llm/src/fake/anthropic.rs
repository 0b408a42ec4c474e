//! The Messages API of Anthropic, as far as a client sees it that does not stream.

use maestro_core::domain::TurnEnd;
use serde_json::{Map, Value, json};

use super::{
    Asked, Said, Tokens, WireFormat,
    asked::{items, text_at},
    playing::Answer,
};

/// Reads a request; the error is what the provider would say.
pub(super) fn read(body: Value, idempotency_key: Option<String>) -> Result<Asked, &'static str> {
    if body.get("max_tokens").and_then(Value::as_u64).is_none() {
        return Err("max_tokens: Field required");
    }
    let messages: Vec<Said> = items(&body, "/messages").iter().flat_map(said).collect();
    if messages.is_empty() {
        return Err("messages: at least one message is required");
    }
    if messages.last().is_some_and(|said| matches!(said, Said::Model { .. })) {
        return Err("This model does not support assistant message prefill");
    }
    let tools: Vec<String> =
        items(&body, "/tools").iter().map(|tool| text_at(tool, "/name").to_owned()).collect();
    let has_calls =
        messages.iter().any(|said| matches!(said, Said::Model { calls, .. } if !calls.is_empty()));
    if has_calls && tools.is_empty() {
        return Err("Requests which include `tool_use` or `tool_result` blocks must define tools");
    }
    let may_call = text_at(&body, "/tool_choice/type") != "none";
    Ok(Asked {
        format: WireFormat::Anthropic,
        model: text_at(&body, "/model").to_owned(),
        system: text_at(&body, "/system").to_owned(),
        messages,
        tools: if may_call { tools } else { Vec::new() },
        output_schema: body.pointer("/output_config/format/schema").cloned(),
        max_tokens: body.get("max_tokens").and_then(Value::as_u64),
        idempotency_key,
        body,
    })
}

fn said(message: &Value) -> Vec<Said> {
    let is_model = text_at(message, "/role") == "assistant";
    let blocks = match message.get("content") {
        Some(Value::String(text)) => vec![json!({"type": "text", "text": text})],
        _ => items(message, "/content").to_vec(),
    };
    let of_kind = |kind: &'static str| blocks.iter().filter(move |block| text_at(block, "/type") == kind);
    let text: String = of_kind("text").map(|block| text_at(block, "/text")).collect();
    if is_model {
        let calls = of_kind("tool_use").map(|block| text_at(block, "/name").to_owned()).collect();
        return vec![Said::Model { text, calls }];
    }
    let results = of_kind("tool_result").map(|block| Said::Tool {
        call_id: text_at(block, "/tool_use_id").to_owned(),
        text: text_at(block, "/content").to_owned(),
        is_error: block.get("is_error").and_then(Value::as_bool).unwrap_or(false),
    });
    let user = (!text.is_empty()).then_some(Said::User { text: text.clone() });
    results.chain(user).collect()
}

/// Writes an answer.
pub(super) fn write(asked: &Asked, answer: &Answer) -> Value {
    let text = (!answer.text.is_empty()).then(|| json!({"type": "text", "text": answer.text}));
    let calls = answer
        .calls
        .iter()
        .map(|(id, name, arguments)| json!({"type": "tool_use", "id": id, "name": name, "input": arguments}));
    let stop_reason = match answer.stop {
        TurnEnd::Done => "end_turn",
        TurnEnd::Tools => "tool_use",
        TurnEnd::Length => "max_tokens",
        TurnEnd::Refused => "refusal",
    };
    json!({
        "id": format!("msg_{}", answer.id), "type": "message", "role": "assistant", "model": asked.model,
        "usage": usage(&answer.tokens),
        "content": text.into_iter().chain(calls).collect::<Vec<_>>(),
        "stop_reason": stop_reason, "stop_sequence": null,
    })
}

/// Its input leaves out what goes by the cache.
fn usage(tokens: &Tokens) -> Value {
    let mut usage = Map::new();
    usage.insert("input_tokens".into(), tokens.input.into());
    usage.insert("output_tokens".into(), tokens.output.into());
    let cached =
        [("cache_read_input_tokens", tokens.cache_read), ("cache_creation_input_tokens", tokens.cache_write)];
    usage.extend(cached.into_iter().filter_map(|(name, count)| Some((name.to_owned(), count?.into()))));
    if let Some(reasoning) = tokens.reasoning {
        usage.insert("output_tokens_details".into(), json!({"thinking_tokens": reasoning}));
    }
    Value::Object(usage)
}

/// Writes an error.
pub(super) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500..=599 => "api_error",
        _ => "invalid_request_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"})
}
