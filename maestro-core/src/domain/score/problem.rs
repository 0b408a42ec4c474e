//! Problems: everything that is wrong with a score, each with its place, its reason and a fix.

use std::fmt;

use crate::domain::name::named_enum;

/// One thing that is wrong with a score.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Where in the document, as a JSON pointer (RFC 6901); empty for the document itself.
    pub pointer: String,
    /// What kind of problem, for programs.
    pub code: ProblemCode,
    /// What is wrong and why, for people.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{place}: {}; {}", self.message, self.fix)
    }
}

/// Everything that is wrong with a score, at least one problem.
///
/// At most [`MAX`](Self::MAX) are kept, so that a hostile document cannot make a huge answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(transparent)]
#[error("{}", self.lines())]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// How many problems are kept.
    pub const MAX: usize = 200;

    /// Returns the problems.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// Returns the problems one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// Returns the problems.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    fn lines(&self) -> String {
        self.0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Collects problems while a document is read or checked.
#[derive(Debug, Default)]
pub(super) struct Collector(Vec<Problem>);

impl Collector {
    pub(super) fn add(
        &mut self,
        pointer: impl Into<String>,
        code: ProblemCode,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        if self.0.len() < Problems::MAX {
            let (pointer, message, fix) = (pointer.into(), message.into(), fix.into());
            self.0.push(Problem { pointer, code, message, fix });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `whole` when there are no problems. There is at least one when it is `None`.
    pub(super) fn finish<T>(self, whole: Option<T>) -> Result<T, Problems> {
        match whole {
            Some(whole) if self.0.is_empty() => Ok(whole),
            _ => Err(Problems(self.0)),
        }
    }
}

/// Reports a field about tries on a node that has none, because nothing executes it.
pub(super) fn not_executed(pointer: String, field: &str, kind: &str, problems: &mut Collector) {
    let message = format!("a node of kind {kind} is not executed, so `{field}` would have no effect");
    let fix = match kind {
        "map_over" | "repeat" => format!("remove it; set `{field}` on the nodes of the body"),
        _ => "remove it; only nodes of kind deterministic and llm have it".to_owned(),
    };
    problems.add(pointer, ProblemCode::Conflict, message, fix);
}

named_enum!(
    /// What kind of problem, for programs. Names never change once released.
    ProblemCode, "problem code" {
        /// The text is no JSON.
        MalformedJson = "malformed_json",
        /// A key that stands twice in one object.
        RepeatedKey = "repeated_key",
        /// The document is larger or deeper than a score may be.
        TooLarge = "too_large",
        /// A field that no such object has.
        UnknownField = "unknown_field",
        /// A field that must be there is not.
        MissingField = "missing_field",
        /// A value of another JSON type.
        WrongType = "wrong_type",
        /// A text that is none of the allowed ones.
        UnknownName = "unknown_name",
        /// A number beyond its range.
        OutOfRange = "out_of_range",
        /// An id with characters or a length that ids do not have.
        InvalidId = "invalid_id",
        /// Two nodes with one id.
        DuplicateId = "duplicate_id",
        /// A template or an expression that cannot be parsed.
        InvalidTemplate = "invalid_template",
        /// A template or an expression that looks up what it cannot see.
        UnseenName = "unseen_name",
        /// What is no JSON Schema.
        InvalidSchema = "invalid_schema",
        /// A moment that is not RFC 3339.
        InvalidTime = "invalid_time",
        /// Fields that exclude each other.
        Conflict = "conflict",
        /// A score without nodes.
        NoNodes = "no_nodes",
        /// An id that no node has.
        UnknownNode = "unknown_node",
        /// An edge from a node to itself.
        SelfEdge = "self_edge",
        /// Two edges between the same nodes on the same end.
        DuplicateEdge = "duplicate_edge",
        /// Edges that lead in a circle.
        Cycle = "cycle",
        /// An edge into or out of a loop's body.
        CrossesLoop = "crosses_loop",
        /// A loop body that is empty, names a node twice, or shares a node with another loop.
        InvalidBody = "invalid_body",
        /// Loops that contain each other.
        LoopCycle = "loop_cycle",
        /// Loops nested too deep.
        LoopTooDeep = "loop_too_deep",
        /// An operation that the host does not have.
        UnknownOperation = "unknown_operation",
        /// An agent that the workspace does not have.
        UnknownAgent = "unknown_agent",
    }
);
