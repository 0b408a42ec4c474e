//! Maestro's store in memory, as strict as the durable ones.
//!
//! [`MemoryStore`] has every role of the [store port](maestro_core::ports::store). What it holds ends with the
//! process; all else is as in a database: fences, idempotency, limits, ledger, pages.

mod by_workspace;
mod state; // every table
mod store; // the one public type, and its lock

mod keys;
mod queues;
mod run_index;
mod run_row;
mod steps;

mod claim;
mod enqueue;
mod listing;
mod prune;
mod record;
mod reopen;
mod run_store;
mod tell;

mod fire;
mod ledger;
mod orchestra_store;
mod orchestras;

mod cost_store;
mod costs;

mod agents;
mod scores;
mod secrets;
mod versions;

mod events;
mod workers;

#[cfg(test)]
mod tests;

pub use self::store::MemoryStore;
