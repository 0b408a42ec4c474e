//! Scores: versioned graphs kept as data, and everything that can be wrong with one.

mod builder;
mod edge;
mod kind;
mod nearest;
mod node;
mod outline;
mod problem;
mod read;
mod retry;
mod schema;
mod span;
mod validate;
mod write;

pub use self::builder::{EdgeBuilder, NodeBuilder, ScoreBuilder};
pub use self::edge::{Edge, EdgeOn};
pub use self::kind::{DelayUntil, NodeKind, OnItemError, OnMax, OnTimeout, StopStatus};
pub use self::node::{Effect, Node, OnError};
pub use self::problem::{Problem, ProblemCode, Problems};
pub use self::retry::Retry;
pub use self::span::{InvalidSpan, Span};
pub use self::validate::{AnyCatalog, Catalog};
use super::{ScoreId, Template, name::named_enum};

/// One version of a graph: what a run plays. Immutable once saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Its name for programs. In JSON optional: the slug of `name`.
    pub id: ScoreId,
    /// Its name for people. In JSON optional when there is an `id`.
    pub name: String,
    /// Its version from 1; 0 as long as it is not saved.
    pub version: u32,
    /// What it is for; gives orchestras their tag.
    pub pipeline_kind: PipelineKind,
    /// Whether it is meant to be cloned rather than played.
    pub template: bool,
    /// What it does, in words.
    pub description: String,
    /// JSON Schema (2020-12) that the input of a run must satisfy. Absent: any input.
    pub input_schema: Option<serde_json::Value>,
    /// Template of the line that tells people what a run gave; sees `result`, `run` and `from.<node id>`.
    pub summary: Option<Template>,
    /// What one run may spend at most, in US cents. Absent: no limit.
    pub budget_cents: Option<u64>,
    /// How long a run may be active; waiting does not count. Default 24 hours.
    pub timeout: Span,
    /// Whether the first unhandled failure cancels steps that are still running. Default false.
    pub fail_fast: bool,
    /// The nodes, in the order of the document.
    pub nodes: Vec<Node>,
    /// The edges, in the order of the document, which is the order of merging.
    pub edges: Vec<Edge>,
}

impl Score {
    /// How long a run may be active when the score says nothing: 24 hours.
    pub const DEFAULT_TIMEOUT: Span = Span::from_secs(86_400);
}

named_enum!(
    /// What a score is for.
    #[derive(Default)]
    PipelineKind, "pipeline kind" {
        /// Reaching people.
        Outreach = "outreach",
        /// Making texts.
        Content = "content",
        /// Being found.
        Seo = "seo",
        /// Anything else.
        #[default]
        Other = "other",
    }
);

#[cfg(test)]
mod tests;
