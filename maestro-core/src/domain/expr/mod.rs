//! Expressions and templates: how a score says what a node is given and which edge is taken.

mod error;
mod expression;
mod filters;
mod guard;
mod lex;
mod lookups;
mod names;
mod operands;
mod place;
mod program;
mod rewrite;
mod scan;
mod scope;
mod template;
mod values;
mod vocabulary;

pub use self::error::ExprError;
pub use self::expression::Expression;
pub use self::names::Name;
pub use self::scope::Scope;
pub use self::template::Template;

#[cfg(test)]
mod tests;
