//! Costs on the wire.

use chrono::{DateTime, Utc};
use maestro_core::domain::{self, CostGroup, Money, NodeId, OrchestraId, ScoreId};
use serde::Serialize;
use utoipa::ToSchema;

/// Everything that was billed for one day, model, orchestra or node. Only the fields of what was asked for are there.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Costs {
    /// When the day began, in the zone of the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) day: Option<DateTime<Utc>>,
    /// The model; `null` where none was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "claude-sonnet-4-5")]
    pub(crate) model: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) orchestra_id: Option<OrchestraId>,
    /// The score of the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) score_id: Option<ScoreId>,
    /// The node, however many iterations of loops it was played in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) node_id: Option<NodeId>,
    /// The tries that were billed.
    pub(crate) calls: u64,
    /// Those among them that had no price.
    pub(crate) unpriced_calls: u64,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cache_read_tokens: u64,
    pub(crate) cache_write_tokens: u64,
    /// What it cost in cents, exactly; `null` iff a billed call had no price.
    #[schema(value_type = Option<f64>, required = true, example = 4.2)]
    pub(crate) cost_cents: Option<Money>,
    /// What the calls with a known price cost, in cents.
    #[schema(value_type = f64, example = 4.2)]
    pub(crate) cost_known_cents: Money,
}

impl From<domain::Costs> for Costs {
    fn from(costs: domain::Costs) -> Self {
        let domain::Costs { group, calls, unpriced_calls, totals } = costs;
        let sum = Self {
            calls,
            unpriced_calls,
            input_tokens: totals.input_tokens,
            output_tokens: totals.output_tokens,
            cache_read_tokens: totals.cache_read_tokens,
            cache_write_tokens: totals.cache_write_tokens,
            cost_cents: totals.cost(),
            cost_known_cents: totals.known,
            ..Self::default()
        };
        match group {
            CostGroup::Day(day) => Self { day: Some(day), ..sum },
            CostGroup::Model(model) => Self { model: Some(model), ..sum },
            CostGroup::Orchestra(id) => Self { orchestra_id: Some(id), ..sum },
            CostGroup::Node { score_id, node } => {
                Self { score_id: Some(score_id), node_id: Some(node), ..sum }
            }
        }
    }
}
