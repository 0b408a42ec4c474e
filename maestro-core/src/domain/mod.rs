//! The words of Maestro as types. No I/O, no clock, no randomness.

mod cron;
mod id;

pub use self::cron::*;
pub use self::id::*;
