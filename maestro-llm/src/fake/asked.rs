//! What a fake provider was asked, in whichever format.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hash;

/// The format of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// The Messages API of Anthropic.
    Anthropic,
    /// The Chat Completions of OpenAI.
    OpenAi,
}

/// What a model was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The format.
    pub format: WireFormat,
    /// The model.
    pub model: String,
    /// The system prompt; empty when there is none.
    pub system: String,
    /// The conversation.
    pub messages: Vec<Said>,
    /// The tools that may be called, by their names on the wire.
    pub tools: Vec<String>,
    /// The schema that the answer is held to.
    pub output_schema: Option<Value>,
    /// The most tokens of the answer.
    pub max_tokens: Option<u64>,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The request as it came.
    pub body: Value,
}

/// One thing that was said in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Said {
    /// By whoever asks.
    User {
        /// The text.
        text: String,
    },
    /// By the model.
    Model {
        /// The text; empty when it only called tools.
        text: String,
        /// The tools that it called, by their names on the wire.
        calls: Vec<String>,
    },
    /// By a tool.
    Tool {
        /// The call.
        call_id: String,
        /// What it returned.
        text: String,
        /// Whether it failed, in formats that can tell.
        is_error: bool,
    },
}

impl Said {
    /// Returns the text.
    pub fn text(&self) -> &str {
        match self {
            Self::User { text } | Self::Model { text, .. } | Self::Tool { text, .. } => text,
        }
    }
}

impl Asked {
    /// Returns the first message; empty when there is none.
    pub fn prompt(&self) -> &str {
        self.messages.first().map_or("", Said::text)
    }

    /// Returns the last message; empty when there is none.
    pub fn last(&self) -> &str {
        self.messages.last().map_or("", Said::text)
    }

    /// Returns the number of this turn in its conversation, from 1.
    pub fn turn(&self) -> u32 {
        let turns = self.messages.iter().filter(|said| matches!(said, Said::Model { .. })).count();
        u32::try_from(turns).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Returns a name of the conversation: the same for all calls of one model that begin with the same words.
    pub fn conversation(&self) -> String {
        hash::short(&format!("{}\n{}\n{}", self.model, self.system, self.prompt()))
    }

    /// Returns what was asked in bytes, as far as it counts as tokens.
    pub(super) fn size(&self) -> usize {
        let said: usize = self.messages.iter().map(|said| said.text().len()).sum();
        let tools = self.body.get("tools").filter(|tools| !tools.is_null());
        self.system.len() + said + tools.map_or(0, |tools| tools.to_string().len())
    }
}

/// Returns a field as text; empty when it is none.
pub(super) fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the items of a list; none when it is no list.
pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
