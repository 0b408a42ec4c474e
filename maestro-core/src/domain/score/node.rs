//! Nodes: what is played, and how it may fail.

use super::{NodeKind, Retry, Span};
use crate::domain::{NodeId, Template, name::named_enum};

/// One node of a score. In JSON a flat object: the fields of its kind stand beside the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name in the score; templates and edges name it so.
    pub id: NodeId,
    /// What people read instead of the id.
    pub label: Option<String>,
    /// What it does.
    pub kind: NodeKind,
    /// What it is given. Absent: the merge of the upstream outputs; for a root the input of the run.
    pub input: Option<Template>,
    /// How it is tried again, if the score says so; [`retry()`](Self::retry()) knows the default. Like `timeout` and
    /// `effect` only for kinds that are [executed](NodeKind::is_executed).
    pub retry: Option<Retry>,
    /// How long one try may take. Absent: as long as the run. In JSON `timeout_s`; that of an approval is its
    /// [own](NodeKind::Approval).
    pub timeout: Option<Span>,
    /// What its failure means to the run.
    pub on_error: OnError,
    /// Whether it may be executed again when nobody knows what became of it.
    pub effect: Effect,
}

impl Node {
    /// Returns a node with nothing but an id and a kind; all else has its default.
    pub fn new(id: NodeId, kind: NodeKind) -> Self {
        Self {
            id,
            label: None,
            kind,
            input: None,
            retry: None,
            timeout: None,
            on_error: OnError::default(),
            effect: Effect::default(),
        }
    }

    /// Returns how it is tried again: what the score says, else [`Retry::default`], else, for an effect that
    /// may happen only `once`, never.
    pub fn retry(&self) -> Retry {
        match (&self.retry, self.effect) {
            (Some(retry), _) => retry.clone(),
            (None, Effect::Repeatable) => Retry::default(),
            (None, Effect::Once) => Retry::never(),
        }
    }
}

named_enum!(
    /// What the failure of a node means to the run.
    #[derive(Default)]
    OnError, "on_error policy" {
        /// The run fails, unless a `failure` edge of the node is taken.
        #[default]
        Fail = "fail",
        /// The run goes on as if the node had given `{}`; it then ends `completed` at best.
        Continue = "continue",
    }
);

named_enum!(
    /// Whether a node may be executed again when nobody knows what became of a try.
    #[derive(Default)]
    Effect, "effect" {
        /// It may: executing it twice does no harm.
        #[default]
        Repeatable = "repeatable",
        /// It may not: after a timeout, a lost worker or an error that does not say `not_applied` the step
        /// becomes `unknown` and a person decides. A `retry` with several attempts then covers only the
        /// errors that do say `not_applied`.
        Once = "once",
    }
);
