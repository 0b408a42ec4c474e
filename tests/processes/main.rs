//! Several processes on one PostgreSQL: killed, frozen, asked to end; nothing is lost, and nothing that is on record is
//! done again.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod fast_clock;
#[path = "../fleet/mod.rs"]
mod fleet;
mod house;
mod kills;
mod leaving;
mod once;
mod people;
mod schedules;
mod turns;
