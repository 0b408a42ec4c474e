//! Agents: reusable configurations of a language model, referenced by LLM nodes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::AgentId;

/// A reusable LLM configuration. Versions are immutable: an edit makes the next one, a run pins the one it
/// was enqueued with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The slug by which scores name the agent.
    pub id: AgentId,
    /// The version, from 1.
    pub version: u32,
    /// The name that people read.
    pub name: String,
    /// What the agent is for.
    #[serde(default)]
    pub description: String,
    /// The model; empty means the workspace's default.
    #[serde(default)]
    pub model: String,
    /// The system prompt. Required, because an agent without one is only a model.
    pub system_prompt: String,
    /// The operations that the model may call, as `skill.operation`.
    #[serde(default)]
    pub allowed_tools: Vec<String>,
    /// The most tokens of one answer; `None` leaves it to the provider.
    #[serde(default)]
    pub max_tokens: Option<u32>,
    /// When this version was saved.
    pub updated_at: DateTime<Utc>,
}

/// The version of an agent that a run uses, fixed when the run is enqueued.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgentPin {
    /// Which agent.
    pub agent_id: AgentId,
    /// Which version of it.
    pub version: u32,
}
