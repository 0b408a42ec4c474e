//! Firing: schedules, their ledger and their edits, on the memory store with a clock that moves when told to.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod stage;

mod catch_up;
mod clock;
mod edits;
mod faults;
mod history;
mod many;
mod orchestras;
mod overlap;
mod scores;
mod sweep;
