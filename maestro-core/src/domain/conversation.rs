//! Conversations: what a language model is told and what it answers, as it stands in the record of a run.

use serde::{Deserialize, Serialize};

use super::{Payload, name::named_enum};

/// One thing that was said in a conversation, in order: the prompt, then turns of the model and results of its tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What the model is asked.
    User {
        /// The text.
        text: String,
    },
    /// What the model answered.
    Model(ModelTurn),
    /// What came of a tool call that the turn before asked for. There is one for each call, in their order.
    ToolResult {
        /// The call, by the id that the model gave it.
        call_id: String,
        /// What was called, as the model wrote it: `skill.operation`, or a name that no tool has.
        name: String,
        /// What it returned, or the failure as `{"code": …, "message": …}`.
        output: Payload,
        /// Whether it failed.
        is_error: bool,
    },
}

impl Message {
    /// Returns how many bytes it has.
    pub fn size(&self) -> usize {
        match self {
            Self::User { text } => text.len(),
            Self::Model(turn) => {
                let calls = turn.tool_calls.iter().map(|call| call.name.len() + call.arguments.size());
                turn.text.len() + calls.sum::<usize>() + turn.carry.as_ref().map_or(0, Payload::size)
            }
            Self::ToolResult { output, .. } => output.size(),
        }
    }
}

/// What a model answered in one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelTurn {
    /// What it said; empty when it only called tools.
    #[serde(default)]
    pub text: String,
    /// The tools that it wants called, in its order.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    #[serde(default)]
    pub stop: TurnEnd,
    /// What the client wants to see again in the next turn and nobody else understands, such as signed thoughts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carry: Option<Payload>,
}

/// A tool that a model wants called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The model's own name for this call.
    pub id: String,
    /// What to call: `skill.operation` of a tool that the model was offered, else as the model wrote it.
    pub name: String,
    /// What to call it with.
    pub arguments: Payload,
}

named_enum!(
    /// Why a model stopped.
    #[derive(Default)]
    TurnEnd, "end of a turn" {
        /// It has said all.
        #[default]
        Done = "done",
        /// It waits for the results of its tool calls.
        Tools = "tools",
        /// It had no more tokens.
        Length = "length",
        /// The provider held back the rest.
        Refused = "refused",
    }
);
