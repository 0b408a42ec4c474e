//! Runs: the role that plays, one batched statement for each call.

mod role; // the port's methods

mod enqueue;
mod gate;
mod known;
mod new_rows;
mod outside; // enqueue in a transaction of the host

mod claim;
mod claimed_row;
mod claims;
mod floors;

mod record;
mod record_rows;
mod repeats;
mod step_rows;

mod cancel;
mod history;
mod promote;
mod prune;
mod reclaim;
mod reopen;
mod signal;

mod documents; // what is stored as JSON and is no payload
mod listing;
mod read;
mod run_row;
mod step_listing;
mod step_row;

pub use self::outside::Hint;
pub(crate) use self::{
    claims::Claims,
    enqueue::check,
    floors::Floors,
    gate::{GATES, gate_of},
    new_rows::NewRows,
};
#[cfg(test)]
pub(crate) use self::{listing::Page as RunPage, step_listing::Page as StepPage};
