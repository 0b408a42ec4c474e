//! Agents on the wire.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{self, AgentId, NodeId, ScoreId},
    engine,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::nullable;
use crate::extract::RequestBody;

/// One version of a reusable configuration of a language model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agent {
    #[schema(value_type = String, example = "researcher")]
    pub(crate) id: AgentId,
    /// By which scores name it; the same as the id.
    #[schema(value_type = String, example = "researcher")]
    pub(crate) slug: AgentId,
    #[schema(example = "Researcher")]
    pub(crate) name: String,
    pub(crate) description: String,
    /// Empty means the workspace's default.
    #[schema(example = "claude-sonnet-4-5")]
    pub(crate) model: String,
    pub(crate) system_prompt: String,
    /// The operations that the model may call, as `skill.operation`.
    #[schema(example = json!(["http.request"]))]
    pub(crate) allowed_tools: Vec<String>,
    /// The most tokens of one answer; `null` leaves it to the provider.
    #[schema(required = true)]
    pub(crate) max_tokens: Option<u32>,
    /// From 1; its `ETag`.
    #[schema(example = 1)]
    pub(crate) version: u32,
    pub(crate) updated_at: DateTime<Utc>,
}

impl From<domain::Agent> for Agent {
    fn from(agent: domain::Agent) -> Self {
        Self {
            slug: agent.id.clone(),
            id: agent.id,
            name: agent.name,
            description: agent.description,
            model: agent.model,
            system_prompt: agent.system_prompt,
            allowed_tools: agent.allowed_tools,
            max_tokens: agent.max_tokens,
            version: agent.version,
            updated_at: agent.updated_at,
        }
    }
}

/// An agent to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateAgent {
    /// By which scores will name it. Default: made from the name.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9_-]{1,64}$", example = "researcher")]
    pub(crate) slug: Option<AgentId>,
    #[schema(min_length = 1, max_length = 200, example = "Researcher")]
    pub(crate) name: String,
    #[serde(default)]
    #[schema(max_length = 10_000)]
    pub(crate) description: String,
    #[serde(default)]
    #[schema(max_length = 200, example = "claude-sonnet-4-5")]
    pub(crate) model: String,
    #[schema(
        min_length = 1,
        max_length = 200_000,
        example = "You research companies and cite what you found."
    )]
    pub(crate) system_prompt: String,
    #[serde(default)]
    #[schema(max_items = 200)]
    pub(crate) allowed_tools: Vec<String>,
    #[schema(minimum = 1)]
    pub(crate) max_tokens: Option<u32>,
}

impl RequestBody for CreateAgent {
    const REFUSED: &'static [(&'static str, &'static str)] =
        &[("id", "the id is the slug; send that"), ("version", "versions are numbered here")];
}

impl CreateAgent {
    /// Returns the agent that is meant, under this id.
    pub(crate) fn into_agent(self, id: AgentId, now: DateTime<Utc>) -> domain::Agent {
        domain::Agent {
            id,
            version: 1,
            name: self.name,
            description: self.description,
            model: self.model,
            system_prompt: self.system_prompt,
            allowed_tools: self.allowed_tools,
            max_tokens: self.max_tokens,
            updated_at: now,
        }
    }
}

/// Changes of an agent, which make its next version. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditAgent {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) name: Option<String>,
    #[schema(max_length = 10_000)]
    pub(crate) description: Option<String>,
    #[schema(max_length = 200)]
    pub(crate) model: Option<String>,
    #[schema(min_length = 1, max_length = 200_000, example = "You research companies. Be brief.")]
    pub(crate) system_prompt: Option<String>,
    #[schema(max_items = 200)]
    pub(crate) allowed_tools: Option<Vec<String>>,
    /// `null` leaves it to the provider.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub(crate) max_tokens: Option<Option<u32>>,
}

impl RequestBody for EditAgent {
    const REFUSED: &'static [(&'static str, &'static str)] = &[
        ("id", "the id never changes, because scores name the agent by it"),
        ("slug", "the slug never changes, because scores name the agent by it"),
        ("version", "versions are numbered here; to edit a certain one, send its ETag in If-Match"),
    ];
}

impl EditAgent {
    /// Returns the agent as it shall be.
    pub(crate) fn applied_to(&self, before: domain::Agent) -> domain::Agent {
        domain::Agent {
            name: self.name.clone().unwrap_or(before.name),
            description: self.description.clone().unwrap_or(before.description),
            model: self.model.clone().unwrap_or(before.model),
            system_prompt: self.system_prompt.clone().unwrap_or(before.system_prompt),
            allowed_tools: self.allowed_tools.clone().unwrap_or(before.allowed_tools),
            max_tokens: self.max_tokens.unwrap_or(before.max_tokens),
            ..before
        }
    }
}

/// Where an agent is used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentUsage {
    /// Scores whose latest version names it.
    pub(crate) scores: Vec<AgentUse>,
}

/// A score that names an agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentUse {
    #[schema(value_type = String)]
    pub(crate) score_id: ScoreId,
    pub(crate) name: String,
    pub(crate) version: u32,
    /// The nodes that do.
    #[schema(value_type = Vec<String>)]
    pub(crate) nodes: Vec<NodeId>,
}

impl From<engine::AgentUse> for AgentUse {
    fn from(found: engine::AgentUse) -> Self {
        let engine::AgentUse { score_id, score_name, score_version, nodes } = found;
        Self { score_id, name: score_name, version: score_version, nodes }
    }
}
