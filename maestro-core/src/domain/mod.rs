//! The words of Maestro as types. No I/O, no clock, no randomness.

mod id;

pub use self::id::*;
