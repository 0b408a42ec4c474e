//! Scores on the wire: the published document, with the fields that every answer has.

use maestro_core::domain::{self, ScoreId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::PipelineKind;
use crate::extract::RequestBody;

/// One version of a score. It can be sent back as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Score {
    #[schema(value_type = String, example = "cold-leads")]
    pub(crate) id: ScoreId,
    #[schema(example = "Cold leads")]
    pub(crate) name: String,
    /// From 1; its `ETag`.
    #[schema(example = 1)]
    pub(crate) version: u32,
    pub(crate) pipeline_kind: PipelineKind,
    /// Whether it is meant to be cloned rather than played.
    pub(crate) template: bool,
    pub(crate) description: String,
    /// JSON Schema (2020-12) that the input of a run must satisfy; absent: any input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) input_schema: Option<Value>,
    /// Template of the line that tells people what a run gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) summary: Option<domain::Template>,
    /// What one run may spend at most, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) budget_cents: Option<u64>,
    /// How long a run may be active, in seconds.
    #[schema(value_type = f64, example = 86400)]
    pub(crate) timeout_s: domain::Span,
    /// Whether the first unhandled failure cancels steps that are still running.
    pub(crate) fail_fast: bool,
    /// The nodes, as the published schema of scores has them.
    #[schema(value_type = Vec<Object>)]
    pub(crate) nodes: Vec<domain::Node>,
    /// The edges, likewise.
    #[schema(value_type = Vec<Object>)]
    pub(crate) edges: Vec<domain::Edge>,
}

impl From<domain::Score> for Score {
    fn from(score: domain::Score) -> Self {
        Self {
            id: score.id,
            name: score.name,
            version: score.version,
            pipeline_kind: score.pipeline_kind.into(),
            template: score.template,
            description: score.description,
            input_schema: score.input_schema,
            summary: score.summary,
            budget_cents: score.budget_cents,
            timeout_s: score.timeout,
            fail_fast: score.fail_fast,
            nodes: score.nodes,
            edges: score.edges,
        }
    }
}

/// A score as lists show it: without its graph.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreSummary {
    #[schema(value_type = String, example = "cold-leads")]
    pub(crate) id: ScoreId,
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) pipeline_kind: PipelineKind,
    pub(crate) template: bool,
    pub(crate) description: String,
    /// How many nodes it has.
    pub(crate) node_count: usize,
}

impl From<domain::Score> for ScoreSummary {
    fn from(score: domain::Score) -> Self {
        Self {
            id: score.id,
            name: score.name,
            version: score.version,
            pipeline_kind: score.pipeline_kind.into(),
            template: score.template,
            description: score.description,
            node_count: score.nodes.len(),
        }
    }
}

/// How to copy a score.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloneScore {
    /// The name of the copy; its id is made from it.
    #[schema(min_length = 1, max_length = 200, example = "Cold leads, DACH")]
    pub(crate) name: String,
}

impl RequestBody for CloneScore {}

/// What a check of a score has found: nothing that is wrong. What is wrong is a problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checked {
    #[schema(example = true)]
    pub(crate) valid: bool,
}
