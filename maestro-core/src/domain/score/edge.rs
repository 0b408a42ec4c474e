//! Edges: which node follows which, and when.

use crate::domain::{Expression, NodeId, name::named_enum};

/// Leads from one node to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The node that must be decided first.
    pub from: NodeId,
    /// The node that follows.
    pub to: NodeId,
    /// Which end of `from` takes the edge.
    pub on: EdgeOn,
    /// Decides then, over `output`, `status` and `error` of `from`, and `run`, `item`, `index`. A value counts as
    /// [truth](Expression::is_true) does. An error fails `to`; it never means "not taken".
    pub when: Option<Expression>,
}

named_enum!(
    /// Which end of its source takes an edge.
    #[derive(Default)]
    EdgeOn, "edge end" {
        /// It succeeded.
        #[default]
        Success = "success",
        /// It failed for good.
        Failure = "failure",
        /// It finished in whatever way, or was skipped.
        Always = "always",
    }
);
