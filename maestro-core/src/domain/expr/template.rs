//! Templates: JSON whose strings may look things up.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::{ExprError, Name, Scope};
use crate::domain::Payload;

/// Any JSON value in which every string may hold `{{ … }}` and `{% … %}`. Cheap to clone; compares by source.
#[derive(Clone)]
pub struct Template(Arc<Inner>);

struct Inner {
    source: Value,
    names: Vec<Name>,
}

impl Template {
    /// Parses a template.
    pub fn parse(source: &Value) -> Result<Self, ExprError> {
        Ok(Self(Arc::new(Inner { source: source.clone(), names: Vec::new() })))
    }

    /// Returns the JSON that it was parsed from.
    pub fn source(&self) -> &Value {
        &self.0.source
    }

    /// Returns what it looks up.
    pub fn names(&self) -> &[Name] {
        &self.0.names
    }

    /// Tells whether it gives the same value whatever the scope.
    pub fn is_constant(&self) -> bool {
        true
    }

    /// Returns its value.
    pub fn render(&self, _scope: &Scope<'_>) -> Result<Payload, ExprError> {
        Ok(Payload::from(self.0.source.clone()))
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.source())
    }
}

impl serde::Serialize for Template {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source().serialize(serializer)
    }
}
