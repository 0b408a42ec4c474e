//! Kinds of nodes: each with the fields that only it has.

use super::Span;
use crate::domain::{AgentId, Expression, NodeId, OperationName, SkillName, Template, name::named_enum};

/// What a node does.
// Not `non_exhaustive`, on purpose: a new kind must stop every executor and store from compiling.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Calls a function of the host.
    Deterministic {
        /// The skill that has it.
        skill: SkillName,
        /// Its name in the skill.
        operation: OperationName,
    },
    /// Asks a model, which may call tools for some rounds.
    Llm {
        /// The agent: model, system prompt, allowed tools.
        agent: AgentId,
        /// What the model is asked.
        prompt: Template,
        /// JSON Schema (2020-12) of the answer. Absent: the answer is text.
        output_schema: Option<serde_json::Value>,
        /// How many rounds of tool calls it gets, 0 to 100. Default 8.
        max_tool_rounds: u32,
    },
    /// Plays its body once for every item of a list; gives the list of the results, in order.
    MapOver {
        /// The list.
        items: Template,
        /// The nodes that are played for each item.
        body: Vec<NodeId>,
        /// How many items are played at a time, 1 to 1,000. Default 8.
        max_concurrency: u32,
        /// What the failure of one item means.
        on_item_error: OnItemError,
        /// More items than this are a permanent failure, 1 to 100,000. Default 10,000.
        max_items: u32,
    },
    /// Plays its body again and again until something holds.
    Repeat {
        /// The nodes that are played in each iteration.
        body: Vec<NodeId>,
        /// Decided after each iteration, over its `result` and `index` and the `run`.
        until: Expression,
        /// How many iterations it gets, 1 to 10,000.
        max_iterations: u32,
        /// What it means that they did not suffice.
        on_max: OnMax,
    },
    /// Waits. Holds no worker meanwhile.
    Delay(DelayUntil),
    /// Waits for a person to approve or reject.
    Approval {
        /// What the person is asked.
        title: Template,
        /// How long it waits for an answer. Absent: for ever.
        timeout: Option<Span>,
        /// What no answer means.
        on_timeout: OnTimeout,
    },
    /// Ends the run, from within loops too.
    Stop {
        /// How the run ends.
        status: StopStatus,
        /// Why, in words for people.
        reason: Option<Template>,
    },
}

impl NodeKind {
    /// The name of every kind.
    pub const NAMES: [&'static str; 7] =
        ["deterministic", "llm", "map_over", "repeat", "delay", "approval", "stop"];

    /// The `max_tool_rounds` of a node that does not say.
    pub const DEFAULT_TOOL_ROUNDS: u32 = 8;
    /// The highest `max_tool_rounds`.
    pub const MAX_TOOL_ROUNDS: u32 = 100;
    /// The `max_concurrency` of a loop that does not say.
    pub const DEFAULT_CONCURRENCY: u32 = 8;
    /// The highest `max_concurrency`.
    pub const MAX_CONCURRENCY: u32 = 1_000;
    /// The `max_items` of a loop that does not say.
    pub const DEFAULT_ITEMS: u32 = 10_000;
    /// The highest `max_items`.
    pub const MAX_ITEMS: u32 = 100_000;
    /// The highest `max_iterations`.
    pub const MAX_ITERATIONS: u32 = 10_000;

    /// Returns the name in documents and stores. Never changes once released.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deterministic { .. } => "deterministic",
            Self::Llm { .. } => "llm",
            Self::MapOver { .. } => "map_over",
            Self::Repeat { .. } => "repeat",
            Self::Delay(_) => "delay",
            Self::Approval { .. } => "approval",
            Self::Stop { .. } => "stop",
        }
    }

    /// Returns the nodes of its loop body; empty for what is no loop.
    pub fn body(&self) -> &[NodeId] {
        match self {
            Self::MapOver { body, .. } | Self::Repeat { body, .. } => body,
            _ => &[],
        }
    }

    /// Tells whether an executor performs it. Only then there are tries: something that can take too long, be tried
    /// again, or have an effect that may happen once.
    pub fn is_executed(&self) -> bool {
        match self {
            Self::Deterministic { .. } | Self::Llm { .. } => true,
            Self::MapOver { .. } | Self::Repeat { .. } => false,
            Self::Delay(_) | Self::Approval { .. } | Self::Stop { .. } => false,
        }
    }

    /// Tells whether steps of their own lie within it: iterations, or turns and tool calls.
    pub fn has_parts(&self) -> bool {
        self.is_loop() || matches!(self, Self::Llm { .. })
    }

    /// Tells whether it plays a body.
    pub fn is_loop(&self) -> bool {
        matches!(self, Self::MapOver { .. } | Self::Repeat { .. })
    }
}

/// How long a `delay` waits.
#[derive(Clone, Debug, PartialEq)]
pub enum DelayUntil {
    /// For some time from when it starts (`for_s`).
    For(Span),
    /// Until a moment, RFC 3339 or a template that gives one (`until`). A moment that is past waits not at all.
    Until(Template),
}

named_enum!(
    /// What the failure of one item means to a `map_over`.
    #[derive(Default)]
    OnItemError, "on_item_error policy" {
        /// The loop fails.
        #[default]
        Fail = "fail",
        /// The result has `null` in its place; the list keeps its length.
        Null = "null",
        /// The result leaves it out.
        Drop = "drop",
    }
);

named_enum!(
    /// What it means to a `repeat` that `until` never held.
    #[derive(Default)]
    OnMax, "on_max policy" {
        /// The loop fails.
        #[default]
        Fail = "fail",
        /// The last result is taken as it is.
        Accept = "accept",
    }
);

named_enum!(
    /// What it means to an `approval` that nobody answered in time.
    #[derive(Default)]
    OnTimeout, "on_timeout policy" {
        /// As if a person had approved.
        Approve = "approve",
        /// As if a person had rejected.
        Reject = "reject",
        /// The node fails.
        #[default]
        Fail = "fail",
    }
);

named_enum!(
    /// How a `stop` ends the run.
    #[derive(Default)]
    StopStatus, "stop status" {
        /// Everything went well.
        #[default]
        Succeeded = "succeeded",
        /// It went well enough: something failed and was handled.
        Completed = "completed",
        /// It failed.
        Failed = "failed",
        /// It was called off.
        Cancelled = "cancelled",
    }
);
