//! What goes wrong between a store and its server: the store goes on by itself, loses nothing, and says it once.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod crash;
mod engine;
#[path = "../../../tests/engine/log.rs"]
mod log;
mod nonsense;
mod refusals;
mod terminated;
mod writing;
