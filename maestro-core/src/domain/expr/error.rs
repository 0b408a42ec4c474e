//! What can be wrong with a template or an expression, when it is saved and when it is rendered.

/// Why a template or an expression cannot be parsed or gives no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExprError {
    /// The source is no template or expression. Saving a score finds all of these.
    #[error("cannot be parsed at line {line}, column {column}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The source is larger, deeper or has more in it than is allowed.
    #[error("the source has more {what} than {limit}; make it smaller, or move work into an operation")]
    SourceTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
    /// Something looked up is not there.
    #[error("{name} is undefined; check the spelling, or give a default: {name} | default(…)")]
    Undefined {
        /// What was looked up, as far as it is known.
        name: String,
    },
    /// The result, or a value on the way to it, is larger or deeper than is allowed.
    #[error("a value has more {what} than {limit}; select less of the data")]
    ResultTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
    /// Rendering took more work or memory than is allowed.
    #[error(
        "rendering takes more work than is allowed; select less of the data or move the work into an operation"
    )]
    OutOfFuel,
    /// An operation does not suit its operands, such as adding a number to a list.
    #[error("cannot be evaluated: {reason}")]
    Invalid {
        /// What went wrong.
        reason: String,
    },
    /// One string of a template with several is wrong.
    #[error("at {pointer}: {error}")]
    At {
        /// Which string, as a JSON pointer (RFC 6901) into the template.
        pointer: String,
        /// What is wrong with it.
        error: Box<ExprError>,
    },
    /// A value in scope is no readable JSON.
    #[error("the value of {name} cannot be read: {reason}")]
    UnreadableScope {
        /// Which value.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ExprError {
    /// Returns the error itself, without the place.
    pub fn root(&self) -> &Self {
        match self {
            Self::At { error, .. } => error.root(),
            error => error,
        }
    }

    pub(super) fn at(self, pointer: &str) -> Self {
        if pointer.is_empty() {
            return self;
        }
        Self::At { pointer: pointer.to_owned(), error: Box::new(self) }
    }
}
