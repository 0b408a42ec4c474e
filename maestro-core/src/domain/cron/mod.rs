//! When an orchestra plays: crontab expressions, time zones, and the instants that follow from both.

mod zone;
mod civil;

pub use self::zone::{Zone, ZoneError};
