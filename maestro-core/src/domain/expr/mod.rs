//! Expressions and templates: how a score says what a node is given and which edge is taken.

mod error;
mod expression;
mod names;
mod scope;
mod template;

pub use self::error::ExprError;
pub use self::expression::Expression;
pub use self::names::Name;
pub use self::scope::Scope;
pub use self::template::Template;
