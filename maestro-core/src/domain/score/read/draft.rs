//! Drafts: as much of a document as could be read.

use serde_json::Value;

use super::Span;
use crate::domain::{
    NodeId, ScoreId, Template,
    score::{
        Edge, Node, PipelineKind, Score,
        outline::{Body, Outline, OutlineNode, Unread},
    },
};

/// A document as it was read; what is missing has a problem of its own.
pub(super) struct Draft {
    pub(super) id: Option<ScoreId>,
    pub(super) name: Option<String>,
    pub(super) version: u32,
    pub(super) pipeline_kind: PipelineKind,
    pub(super) template: bool,
    pub(super) description: String,
    pub(super) input_schema: Option<Value>,
    pub(super) summary: Option<Template>,
    pub(super) budget_cents: Option<u64>,
    pub(super) timeout: Span,
    pub(super) fail_fast: bool,
    /// The nodes in their order; nothing where they are no list, or too many.
    pub(super) nodes: Option<Vec<DraftNode>>,
    /// The edges likewise; nothing for one of which nobody can tell where it leads, and when.
    pub(super) edges: Option<Vec<Option<Edge>>>,
}

/// A node as it was read.
pub(super) struct DraftNode {
    pub(super) id: Option<NodeId>,
    pub(super) body: DraftBody,
    pub(super) node: Option<Node>,
}

/// The body of a node of which not everything could be read.
pub(super) enum DraftBody {
    /// It is no loop, or the node was read and has it.
    None,
    /// For each item.
    Map(Vec<NodeId>),
    /// Again and again.
    Repeat(Vec<NodeId>),
    /// It may be a loop with any nodes in it.
    Unknown,
}

impl Draft {
    /// Returns what can be checked; nothing where a missing list would make everything look wrong.
    pub(super) fn outline(&self) -> Option<Outline<'_>> {
        let (nodes, edges) = (self.nodes.as_ref()?, self.edges.as_ref()?);
        let unread = Unread {
            ids: nodes.iter().any(|node| node.id.is_none()),
            bodies: nodes.iter().any(DraftNode::hides_body),
            edges: edges.iter().any(Option::is_none),
        };
        let edges = edges.iter().enumerate();
        Some(Outline {
            nodes: nodes.iter().enumerate().filter_map(|(at, node)| node.outline(at)).collect(),
            edges: edges.filter_map(|(at, edge)| Some((at, edge.as_ref()?))).collect(),
            input_schema: self.input_schema.as_ref(),
            summary: self.summary.as_ref(),
            budget_cents: self.budget_cents,
            timeout: self.timeout,
            unread,
        })
    }

    /// Returns the score; nothing where anything is missing.
    pub(super) fn into_score(self) -> Option<Score> {
        Some(Score {
            id: self.id?,
            name: self.name?,
            version: self.version,
            pipeline_kind: self.pipeline_kind,
            template: self.template,
            description: self.description,
            input_schema: self.input_schema,
            summary: self.summary,
            budget_cents: self.budget_cents,
            timeout: self.timeout,
            fail_fast: self.fail_fast,
            nodes: self.nodes?.into_iter().map(|node| node.node).collect::<Option<_>>()?,
            edges: self.edges?.into_iter().collect::<Option<_>>()?,
        })
    }
}

impl DraftNode {
    /// Returns what is left of something that is no node.
    pub(super) fn unreadable() -> Self {
        Self { id: None, body: DraftBody::Unknown, node: None }
    }

    /// Tells whether nodes may stand in its body although nobody can tell in which.
    fn hides_body(&self) -> bool {
        match self.body {
            DraftBody::None => false,
            DraftBody::Map(_) | DraftBody::Repeat(_) => self.id.is_none(),
            DraftBody::Unknown => true,
        }
    }

    fn outline(&self, at: usize) -> Option<OutlineNode<'_>> {
        if let Some(node) = &self.node {
            return Some(OutlineNode::of(at, node));
        }
        let body = match &self.body {
            DraftBody::None | DraftBody::Unknown => Body::None,
            DraftBody::Map(body) => Body::Map(body),
            DraftBody::Repeat(body) => Body::Repeat(body),
        };
        Some(OutlineNode { at, id: self.id.as_ref()?, body, node: None })
    }
}

impl DraftBody {
    /// Returns what a node of this kind plays.
    pub(super) fn of(name: &str, body: impl FnOnce() -> Option<Vec<NodeId>>) -> Self {
        match name {
            "map_over" => body().map_or(Self::Unknown, Self::Map),
            "repeat" => body().map_or(Self::Unknown, Self::Repeat),
            _ => Self::None,
        }
    }
}
