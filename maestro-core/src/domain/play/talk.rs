//! The state of an LLM node that plays: the conversation so far, and its parts.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::{Agent, Message, Payload, ToolCall};
use super::frame::NodeState;

/// An LLM node that plays.
#[derive(Debug)]
pub(super) struct Talk {
    /// What its row is to say of its input.
    pub(super) input: Option<Payload>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) agent: Arc<Agent>,
    pub(super) model: String,
    /// What was said, in order, as far as all of a turn's tools have answered.
    pub(super) messages: Vec<Message>,
    /// How many bytes that is.
    pub(super) bytes: usize,
    /// Turns and tool calls in the order in which they were asked for.
    pub(super) parts: Vec<Part>,
    pub(super) turns: u32,
    pub(super) tools: u32,
    /// How often the model has called tools.
    pub(super) rounds: u32,
    /// How many tools of the last turn have not answered.
    pub(super) open_tools: usize,
    /// Whether the model was asked to mend its answer.
    pub(super) is_mending: bool,
}

/// A turn or a tool call.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) state: NodeState,
}

#[derive(Debug)]
pub(super) enum PartKind {
    /// A turn of the model, with its number from 1.
    Turn(u32),
    /// A tool call, with its number from 1.
    Tool(u32, ToolCall),
}

impl Talk {
    pub(super) fn new(agent: Arc<Agent>, model: String, input: Option<Payload>, at: DateTime<Utc>) -> Self {
        Self {
            input,
            started_at: at,
            agent,
            model,
            messages: Vec::new(),
            bytes: 0,
            parts: Vec::new(),
            turns: 0,
            tools: 0,
            rounds: 0,
            open_tools: 0,
            is_mending: false,
        }
    }

    /// Adds to what was said.
    pub(super) fn say(&mut self, message: Message) {
        self.bytes = self.bytes.saturating_add(message.size());
        self.messages.push(message);
    }

    /// Adds the next turn; returns which part it is.
    pub(super) fn add_turn(&mut self) -> u32 {
        self.turns += 1;
        self.add(PartKind::Turn(self.turns))
    }

    /// Adds a tool call; returns which part it is.
    pub(super) fn add_tool(&mut self, call: ToolCall) -> u32 {
        self.tools += 1;
        self.open_tools += 1;
        self.add(PartKind::Tool(self.tools, call))
    }

    fn add(&mut self, kind: PartKind) -> u32 {
        self.parts.push(Part { kind, state: NodeState::Pending { undecided: 0 } });
        self.parts.len() as u32
    }

    pub(super) fn part(&self, part: u32) -> Option<&Part> {
        self.parts.get((part as usize).checked_sub(1)?)
    }

    pub(super) fn part_mut(&mut self, part: u32) -> Option<&mut Part> {
        self.parts.get_mut((part as usize).checked_sub(1)?)
    }

    /// Returns where each part is.
    pub(super) fn states(&self) -> impl Iterator<Item = (u32, &NodeState)> {
        (1..).zip(self.parts.iter().map(|part| &part.state))
    }

    /// Finds the part that is called so, such as `m2`.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        let at = self.parts.iter().position(|part| part.kind.name() == name)?;
        Some(at as u32 + 1)
    }
}

impl PartKind {
    /// Returns what the key of its step ends in.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Turn(number) => format!("m{number}"),
            Self::Tool(number, _) => format!("t{number}"),
        }
    }
}
