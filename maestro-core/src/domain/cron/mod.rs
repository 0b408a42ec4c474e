//! When an orchestra plays: crontab expressions, time zones, and the instants that follow from both.
//!
//! We step through civil time by bitsets ourselves: the `cron` crate stops after the year 2100, needs two schedules
//! for the rule of day of month *or* day of week, and keeps kilobytes per expression.

mod civil;
mod describe;
mod error;
mod expr;
mod field;
mod fires;
mod parse;
mod schedule;
mod slots;
mod zone;

pub use self::error::CronError;
pub use self::expr::CronExpr;
pub use self::field::CronField;
pub use self::schedule::Schedule;
pub use self::zone::{Zone, ZoneError};

#[cfg(test)]
mod tests;
