//! The Chat Completions of OpenAI, as far as a client sees them that does not stream.

use maestro_core::domain::TurnEnd;
use serde_json::{Map, Value, json};

use super::{
    Asked, Said, Tokens, WireFormat,
    asked::{items, text_at},
    playing::Answer,
};

/// Reads a request; the error is what the provider would say.
pub(super) fn read(body: Value, idempotency_key: Option<String>) -> Result<Asked, &'static str> {
    let messages: Vec<Said> = items(&body, "/messages").iter().filter_map(said).collect();
    if messages.is_empty() {
        return Err("[] is too short - 'messages'");
    }
    let systems = items(&body, "/messages").iter().filter(|message| text_at(message, "/role") == "system");
    let system = systems.map(|message| text_at(message, "/content")).collect();
    let tools =
        items(&body, "/tools").iter().map(|tool| text_at(tool, "/function/name").to_owned()).collect();
    let most = body.get("max_completion_tokens").or_else(|| body.get("max_tokens")).and_then(Value::as_u64);
    Ok(Asked {
        format: WireFormat::OpenAi,
        model: text_at(&body, "/model").to_owned(),
        system,
        messages,
        tools,
        output_schema: body.pointer("/response_format/json_schema/schema").cloned(),
        max_tokens: most,
        idempotency_key,
        body,
    })
}

fn said(message: &Value) -> Option<Said> {
    let text = text_at(message, "/content").to_owned();
    match text_at(message, "/role") {
        "user" => Some(Said::User { text }),
        "assistant" => {
            let calls = items(message, "/tool_calls").iter();
            let calls = calls.map(|call| text_at(call, "/function/name").to_owned()).collect();
            Some(Said::Model { text, calls })
        }
        "tool" => {
            let call_id = text_at(message, "/tool_call_id").to_owned();
            Some(Said::Tool { call_id, text, is_error: false })
        }
        _ => None,
    }
}

/// Writes an answer.
pub(super) fn write(asked: &Asked, answer: &Answer) -> Value {
    let is_refused = answer.stop == TurnEnd::Refused;
    let content = (!answer.text.is_empty() && !is_refused).then_some(&answer.text);
    let refusal = is_refused.then_some(&answer.text);
    let mut message = json!({"role": "assistant", "content": content, "refusal": refusal});
    if !answer.calls.is_empty() {
        let calls = answer.calls.iter().map(|(id, name, arguments)| {
            let function = json!({"name": name, "arguments": arguments.to_string()});
            json!({"id": id, "type": "function", "function": function})
        });
        message["tool_calls"] = calls.collect();
    }
    let finish_reason = match answer.stop {
        TurnEnd::Done | TurnEnd::Refused => "stop",
        TurnEnd::Tools => "tool_calls",
        TurnEnd::Length => "length",
    };
    json!({
        "id": format!("chatcmpl-{}", answer.id), "object": "chat.completion", "created": 0, "model": asked.model,
        "usage": usage(&answer.tokens),
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason}],
    })
}

/// Its prompt holds what goes by the cache.
fn usage(tokens: &Tokens) -> Value {
    let prompt = tokens.input + tokens.cache_read.unwrap_or(0) + tokens.cache_write.unwrap_or(0);
    let mut usage = json!({
        "prompt_tokens": prompt, "completion_tokens": tokens.output, "total_tokens": prompt + tokens.output,
    });
    let details = [("cached_tokens", tokens.cache_read), ("cache_write_tokens", tokens.cache_write)];
    let details: Map<String, Value> =
        details.into_iter().filter_map(|(name, count)| Some((name.to_owned(), count?.into()))).collect();
    if !details.is_empty() {
        usage["prompt_tokens_details"] = Value::Object(details);
    }
    if let Some(reasoning) = tokens.reasoning {
        usage["completion_tokens_details"] = json!({"reasoning_tokens": reasoning});
    }
    usage
}

/// Writes an error.
pub(super) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 | 403 => "authentication_error",
        429 => "rate_limit_error",
        500..=599 => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": null}})
}
