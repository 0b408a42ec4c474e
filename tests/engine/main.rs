//! What a user relies on, on the real store and in virtual time: nothing here sleeps, and every test repeats itself.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod approvals;
mod cancel;
mod costs;
mod faults;
mod house;
mod limits;
mod lives;
mod log;
mod playing;
mod queue;
mod refusals;
mod retrying;
mod stopping;
mod successors;
mod talks;
mod unknown;
mod usage;
#[path = "../virtual_time/mod.rs"]
mod virtual_time;
