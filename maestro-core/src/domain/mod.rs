//! The words of Maestro as types. No I/O, no clock, no randomness.

mod expr;
mod id;
mod json_schema;
mod payload;
mod score;

pub use self::expr::*;
pub use self::id::*;
pub use self::json_schema::{JsonSchema, SchemaError, Violation};
pub use self::payload::{InvalidPayload, MAX_DEPTH, Payload};
pub use self::score::*;
