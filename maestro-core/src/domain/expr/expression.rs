//! Expressions: a condition of an edge or of a loop.

use std::{fmt, sync::Arc};

use minijinja::Value;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    ExprError, Name, Scope,
    program::{Compiler, Program},
    values, vocabulary,
};
use crate::domain::Payload;

/// A parsed expression such as `output.score > 3`. Cheap to clone; compares by source.
///
/// The language is minijinja's, without what a [`Template`](super::Template) leaves out either. Looking up what is
/// not there is an error; only `is defined` and `default(…)` may ask.
///
/// ```
/// use maestro_core::domain::{Expression, Payload, Scope};
///
/// let when = Expression::parse("output.score > 3 and output.kind in ['lead', 'customer']")?;
/// let output = Payload::from(serde_json::json!({"score": 5, "kind": "lead"}));
/// assert!(when.is_true(&Scope::new().with("output", &output))?);
/// # Ok::<(), maestro_core::domain::ExprError>(())
/// ```
#[derive(Clone)]
pub struct Expression(Arc<Inner>);

struct Inner {
    source: String,
    names: Vec<Name>,
    program: Program,
}

impl Expression {
    /// Parses an expression of at most 64 KiB.
    ///
    /// # Errors
    /// [`ExprError::Syntax`], also for unknown filters, tests and functions; [`ExprError::SourceTooLarge`].
    pub fn parse(source: &str) -> Result<Self, ExprError> {
        let mut compiler = Compiler::new();
        compiler.expression(source)?;
        let (program, names) = compiler.finish();
        Ok(Self(Arc::new(Inner { source: source.to_owned(), names, program })))
    }

    /// Returns the text that it was parsed from.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Returns what it looks up, in order, each once.
    pub fn names(&self) -> &[Name] {
        &self.0.names
    }

    /// Returns its value.
    ///
    /// # Errors
    /// [`ExprError::Undefined`] and the other errors of evaluating.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Payload, ExprError> {
        values::to_json(&self.value(scope)?).map(Payload::from)
    }

    /// Tells whether its value counts as true. False are `false`, `null`, zero, and the empty text, list and object;
    /// everything else is true.
    ///
    /// # Errors
    /// As [`eval`](Self::eval).
    pub fn is_true(&self, scope: &Scope<'_>) -> Result<bool, ExprError> {
        let value = self.value(scope)?;
        values::check(&value)?;
        Ok(value.is_true())
    }

    fn value(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        let context = scope.bind_all(&self.0.names)?;
        self.0.program.run(0, &context, &mut { vocabulary::FUEL })
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

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.source())
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
