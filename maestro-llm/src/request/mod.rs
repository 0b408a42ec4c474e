//! Requests: a call of the engine in the words of `genai`, which writes each provider's own format.

mod instruct;
mod messages;
mod names;
mod schema;
mod tools;

use genai::chat::{ChatOptions, ChatRequest, JsonSpec, ReasoningEffort, ToolChoice};
use maestro_core::ports::ModelCall;
use serde_json::Value;

pub(crate) use self::{names::wire_name, tools::Tools};
use crate::provider::{Format, Provider, StructuredOutput};

/// What is sent, and what is needed to read the answer.
pub(crate) struct Request {
    pub(crate) chat: ChatRequest,
    pub(crate) options: ChatOptions,
    pub(crate) tools: Tools,
}

impl Request {
    /// Writes down `call` for `provider`.
    pub(crate) fn new(provider: &Provider, call: &ModelCall) -> Self {
        let format = provider.format;
        let tools = Tools::new(&call.tools);
        let mut options = ChatOptions::default()
            .with_capture_raw_body(true) // usage is read from it, also when the rest makes no sense
            .with_extra_headers(("idempotency-key", call.idempotency_key.as_str()));
        if let Some(most) = call.max_tokens {
            options = options.with_max_tokens(most);
        }
        if matches!(format, Format::OpenAi | Format::Ollama) {
            // Else genai takes the end of names such as `qwen-max` for an effort and cuts it off. A budget says nothing in
            // this format.
            options = options.with_reasoning_effort(ReasoningEffort::Budget(0));
        }
        let mut system = call.system.clone();
        if let Some(schema) = &call.output_schema {
            match native(provider, schema, !call.tools.is_empty()) {
                Some(schema) => options = options.with_response_format(JsonSpec::new("answer", schema)),
                None => instruct::with_schema(&mut system, schema),
            }
        }
        let mut chat = ChatRequest::from_messages(messages::write(provider, &call.messages));
        if !system.is_empty() {
            chat = chat.with_system(system);
        }
        if !call.tools.is_empty() {
            chat = chat.with_tools(tools.written());
        } else if format == Format::Anthropic {
            // It refuses a conversation in which tools were called and none is defined.
            let called = tools::called(&call.messages);
            if !called.is_empty() {
                chat = chat.with_tools(called);
                options = options.with_tool_choice(ToolChoice::None);
            }
        }
        Self { chat, options, tools }
    }
}

/// Returns the schema as the provider can hold the model to it, `None` where it cannot.
fn native(provider: &Provider, schema: &Value, has_tools: bool) -> Option<Value> {
    if provider.structured_output == StructuredOutput::Instruction {
        return None;
    }
    match provider.format {
        Format::Anthropic | Format::OpenAi => schema::constrained(schema),
        Format::Gemini | Format::Ollama if has_tools => None,
        Format::Gemini | Format::Ollama => Some(schema.clone()),
    }
}
