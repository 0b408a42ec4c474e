//! Scripts: what a fake provider answers, as data.

use std::collections::BTreeMap;

use maestro_core::domain::{Template, TurnEnd};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// What a fake provider answers. JSON; unknown fields are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The only key that it takes; any, when absent.
    #[serde(default)]
    pub key: Option<String>,
    /// The models that it knows, and their prices. When there are none it knows every model, and none has a price.
    #[serde(default)]
    pub models: BTreeMap<String, Rates>,
    /// How long each answer takes, in milliseconds; none by default.
    #[serde(default)]
    pub latency_ms: u64,
    /// The answers. The first one that fits a call is given.
    pub replies: Vec<Reply>,
}

/// What a model's tokens cost, in micro-USD per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Input that does not go by the cache.
    pub input: u64,
    /// Output, with reasoning.
    pub output: u64,
    /// What is read from the cache.
    #[serde(default)]
    pub cache_read: u64,
    /// What is written to the cache.
    #[serde(default)]
    pub cache_write: u64,
}

/// One answer, and which calls get it. Its strings are templates, in the language of scores, over
///
/// - `model`, `system`, `prompt` (the first message) and `last` (the last one): texts,
/// - `data`: the first JSON object or list that stands in the prompt; not there when there is none,
/// - `results`: what the tools returned so far, in order,
/// - `turn`: the number of this turn in its conversation, from 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Which calls it is for; all, when empty.
    #[serde(default)]
    pub when: When,
    /// How often it is given; as often as asked when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// How long it takes, in milliseconds, in place of the script's.
    #[serde(default)]
    pub latency_ms: Option<u64>,
    /// What the model says.
    #[serde(default)]
    pub text: Option<Template>,
    /// What the model says, as JSON.
    #[serde(default)]
    pub json: Option<Template>,
    /// The tools that the model calls.
    #[serde(default)]
    pub tool_calls: Vec<ScriptedCall>,
    /// The tokens that it is billed. What is absent follows from the lengths of the texts, four bytes a token.
    #[serde(default)]
    pub usage: ScriptedTokens,
    /// Why the model stops; by default since it called tools or has said all.
    #[serde(default)]
    pub stop: Option<TurnEnd>,
    /// What goes wrong.
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// Which calls a reply is for: those that satisfy everything that is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The model is this one.
    #[serde(default)]
    pub model: Option<String>,
    /// The system prompt contains this.
    #[serde(default)]
    pub system: Option<String>,
    /// The first message contains this.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The last message, or the last result of a tool, contains this.
    #[serde(default)]
    pub last: Option<String>,
    /// It is this turn of its conversation, from 1.
    #[serde(default)]
    pub turn: Option<u32>,
    /// Tools are offered, or none is.
    #[serde(default)]
    pub has_tools: Option<bool>,
}

/// A tool that the model calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// The operation, `skill.operation`, or any name when nobody offered it.
    pub name: String,
    /// What it is called with; `{}` by default.
    #[serde(default = "no_arguments")]
    pub arguments: Template,
}

fn no_arguments() -> Template {
    Template::parse(&Value::Object(serde_json::Map::new())).expect("an empty object holds no mistake")
}

/// Tokens that a script sets.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedTokens {
    /// Input that does not go by the cache.
    #[serde(default)]
    pub input: Option<u64>,
    /// Output, with reasoning.
    #[serde(default)]
    pub output: Option<u64>,
    /// What is read from the cache; not told when absent.
    #[serde(default)]
    pub cache_read: Option<u64>,
    /// What is written to the cache; not told when absent.
    #[serde(default)]
    pub cache_write: Option<u64>,
    /// The part of the output that is reasoning; not told when absent.
    #[serde(default)]
    pub reasoning: Option<u64>,
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// It is an error, and nothing is billed.
    Status {
        /// The status: 400 to 599.
        status: u16,
        /// The provider's words; by default some that fit.
        #[serde(default)]
        message: Option<String>,
        /// The header `Retry-After`.
        #[serde(default)]
        retry_after: Option<String>,
        /// The header `retry-after-ms`.
        #[serde(default)]
        retry_after_ms: Option<u64>,
    },
    /// It breaks off in the middle of its JSON, behind the usage. Billed.
    Malformed,
    /// It is JSON with usage and nothing that a model would say. Billed.
    Empty,
    /// The connection ends without an answer. Billed, for the model has worked.
    Dropped,
}

/// Why a text is no script.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// It is no JSON, or a field is wrong; the message says which.
    #[error("no script: {reason}")]
    Malformed {
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A reply says two things at once, or a status that is no error.
    #[error("reply {number}: {reason}")]
    Reply {
        /// Which one, from 1.
        number: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`ScriptError`] names the first mistake.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let script: Self = serde_json::from_str(text)
            .map_err(|error| ScriptError::Malformed { reason: error.to_string() })?;
        for (at, reply) in script.replies.iter().enumerate() {
            if let Some(reason) = reply.mistake() {
                return Err(ScriptError::Reply { number: at + 1, reason });
            }
        }
        Ok(script)
    }
}

impl Reply {
    fn mistake(&self) -> Option<&'static str> {
        if self.text.is_some() && self.json.is_some() {
            return Some("write text or json, not both");
        }
        match self.fault {
            Some(Fault::Status { status, .. }) if !(400..=599).contains(&status) => {
                Some("an error has a status of 400 to 599")
            }
            _ => None,
        }
    }
}
