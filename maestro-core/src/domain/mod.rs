//! The words of Maestro as types. No I/O, no clock, no randomness.

mod id;
mod payload;

pub use self::id::*;
pub use self::payload::{InvalidPayload, MAX_DEPTH, Payload};
