//! Costs: what a workspace has spent, by what it was spent on.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    DAILY_BUDGET, Money, NodeId, OrchestraId, RunStep, ScoreId, StepKind, StepStatus, Totals,
    name::named_enum,
};

/// What was billed since some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// What the calls with a known price cost.
    pub known: Money,
    /// Whether a call had no price, so that more was spent than is known.
    pub has_unknown: bool,
}

named_enum!(
    /// By what costs are summed up.
    CostsBy, "sum of costs" {
        /// By day, in the zone of the workspace.
        Day = "day",
        /// By the model that was billed.
        Model = "model",
        /// By the orchestra that was played.
        Orchestra = "orchestra",
        /// By the node of a score.
        Node = "node",
    }
);

/// By what a store sums costs up: it knows no zones, and is told when days begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CostSplit {
    /// By day: these are the first instants of the days, in order. What came before the first of them is left out.
    Days(Vec<DateTime<Utc>>),
    /// By the model that was billed.
    Models,
    /// By the orchestra that was played.
    Orchestras,
    /// By the node of a score.
    Nodes,
}

impl CostSplit {
    /// Returns what it is called in words.
    pub const fn by(&self) -> CostsBy {
        match self {
            Self::Days(_) => CostsBy::Day,
            Self::Models => CostsBy::Model,
            Self::Orchestras => CostsBy::Orchestra,
            Self::Nodes => CostsBy::Node,
        }
    }
}

/// What a sum of costs is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostGroup {
    /// The day that begins then.
    Day(DateTime<Utc>),
    /// The model; `None` where none was told.
    Model(Option<String>),
    /// The orchestra.
    Orchestra(OrchestraId),
    /// The node.
    Node {
        /// Its score.
        score_id: ScoreId,
        /// The node, however many iterations of loops it was played in.
        node: NodeId,
    },
}

/// Everything that was billed for one day, model, orchestra or node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// What it was billed for.
    #[serde(flatten)]
    pub group: CostGroup,
    /// The tries that were billed.
    pub calls: u64,
    /// Those among them that had no price.
    pub unpriced_calls: u64,
    /// Tokens and money.
    #[serde(flatten)]
    pub totals: Totals,
}

impl RunStep {
    /// Tells whether this try was billed: tokens or money are on record.
    pub fn is_billed(&self) -> bool {
        self.usage.is_some() || self.cost.is_some()
    }

    /// Returns the node that the step belongs to: `draft` for `each.3.draft` and for its turn `each.3.draft.m2`.
    pub fn node(&self) -> NodeId {
        let (path, last) = self.key.split();
        let is_part = matches!(self.kind, StepKind::ModelTurn | StepKind::ToolCall);
        let node = match path.strip_suffix('.').filter(|_| is_part) {
            Some(owner) => owner.rsplit('.').next().unwrap_or(owner),
            None => last,
        };
        NodeId::new(node).expect("a key is made of node ids")
    }

    /// Tells whether this try waits because the workspace's budget of the day does not allow it.
    pub fn waits_for_budget(&self) -> bool {
        let code = self.error.as_ref().map(|error| error.code.as_str());
        self.status == StepStatus::Waiting && code == Some(DAILY_BUDGET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_tool_calls_belong_to_their_node_in_whatever_iteration() {
        let node = |key: &str, kind| {
            RunStep::new(key.parse().unwrap(), 1, kind, StepStatus::Succeeded).node().to_string()
        };
        assert_eq!(node("draft", StepKind::Llm), "draft");
        assert_eq!(node("draft.m1", StepKind::ModelTurn), "draft");
        assert_eq!(node("each.3.draft.t2", StepKind::ToolCall), "draft");
        assert_eq!(node("each.3.again.0.fetch", StepKind::Deterministic), "fetch");
        assert_eq!(node("odd", StepKind::ModelTurn), "odd");
    }
}
