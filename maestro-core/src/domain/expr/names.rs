//! Names: what a template or an expression looks up, known before it is rendered.

use std::fmt;

/// One thing that a template or an expression looks up in its scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A name at top level, such as `input`, `run` or `item`. Never `from`.
    Plain(String),
    /// The output of one node: `from.<id>` or `from["<id>"]`. Whether it is a node id is not checked here.
    From(String),
    /// `from` with a key that is computed, or as a whole: it may look up every node that there is.
    AnyFrom,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::From(id) => write!(f, "from.{id}"),
            Self::AnyFrom => f.write_str("from"),
        }
    }
}
