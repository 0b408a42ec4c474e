//! Outlines: what the checks look at, of a whole score or of as much of a document as could be read.

use serde_json::Value;

use crate::domain::{
    NodeId, Template,
    score::{Edge, Node, NodeKind, Score, Span},
};

/// A score as the checks see it.
pub(super) struct Outline<'s> {
    pub(super) nodes: Vec<OutlineNode<'s>>,
    /// The edges, each with its place in the document.
    pub(super) edges: Vec<(usize, &'s Edge)>,
    pub(super) input_schema: Option<&'s Value>,
    pub(super) summary: Option<&'s Template>,
    pub(super) budget_cents: Option<u64>,
    pub(super) timeout: Span,
    pub(super) unread: Unread,
}

/// What could not be read, so that nothing is said about it: its own problem is told already.
#[derive(Clone, Copy, Default)]
pub(super) struct Unread {
    /// The id of a node: any id that no node has may be meant.
    pub(super) ids: bool,
    /// The body of what may be a loop: any node may stand in it.
    pub(super) bodies: bool,
    /// An edge: it may lead from any node to any other.
    pub(super) edges: bool,
}

/// A node whose id is known.
pub(super) struct OutlineNode<'s> {
    /// Its place in the document.
    pub(super) at: usize,
    pub(super) id: &'s NodeId,
    pub(super) body: Body<'s>,
    /// The rest, where all of it could be read.
    pub(super) node: Option<&'s Node>,
}

/// What a loop plays.
#[derive(Clone, Copy)]
pub(super) enum Body<'s> {
    /// It is no loop, as far as is known.
    None,
    /// For each item.
    Map(&'s [NodeId]),
    /// Again and again.
    Repeat(&'s [NodeId]),
}

impl<'s> Outline<'s> {
    pub(super) fn of(score: &'s Score) -> Self {
        let nodes = score.nodes.iter().enumerate();
        Self {
            nodes: nodes.map(|(at, node)| OutlineNode::of(at, node)).collect(),
            edges: score.edges.iter().enumerate().collect(),
            input_schema: score.input_schema.as_ref(),
            summary: score.summary.as_ref(),
            budget_cents: score.budget_cents,
            timeout: score.timeout,
            unread: Unread::default(),
        }
    }
}

impl<'s> OutlineNode<'s> {
    pub(super) fn of(at: usize, node: &'s Node) -> Self {
        Self { at, id: &node.id, body: Body::of(&node.kind), node: Some(node) }
    }

    /// Returns the pointer to a field.
    pub(super) fn pointer(&self, field: &str) -> String {
        format!("/nodes/{}/{field}", self.at)
    }
}

impl<'s> Body<'s> {
    fn of(kind: &'s NodeKind) -> Self {
        match kind {
            NodeKind::MapOver { body, .. } => Self::Map(body),
            NodeKind::Repeat { body, .. } => Self::Repeat(body),
            _ => Self::None,
        }
    }

    pub(super) fn is_loop(self) -> bool {
        !matches!(self, Self::None)
    }

    pub(super) fn ids(self) -> &'s [NodeId] {
        match self {
            Self::None => &[],
            Self::Map(ids) | Self::Repeat(ids) => ids,
        }
    }
}
