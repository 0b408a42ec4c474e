//! The store port: where every record lives. One trait per role; [`Store`] is their sum.
//!
//! This is the contract with *implementors*. No method has a default body: a default that one forgets to override
//! is a bug nobody sees. Each **bold clause** is a promise and the name of a test of the
//! [conformance suite](crate::conformance). Rules that hold for every method:
//!
//! - **Time enters as an argument.** A store reads no clock; `claim_no` decides *who*, clocks only decide *when*.
//! - **Any call may be repeated** with the same arguments: an answer can get lost.
//! - **A dropped future** leaves the write done wholly or not at all.
//! - **Everything is keyed by workspace**: an id of another workspace is not found.
//! - Times are whole microseconds and read back equal; payloads read back as the text that they were.

mod agents;
mod costs;
mod error;
mod events;
mod news;
mod orchestras;
mod playing;
mod runs;
mod scores;
mod secrets;
mod workers;

use std::sync::Arc;

pub use self::agents::AgentStore;
pub use self::costs::CostStore;
pub use self::error::{BoxError, ConflictReason, StoreError};
pub use self::events::{Change, ChangeStream, Changed, EventStore};
pub use self::news::News;
pub use self::orchestras::{
    DueSchedule, Fire, FireAnswer, FireEntry, OrchestraEdit, OrchestraState, OrchestraStore, SlotPlan,
};
pub use self::playing::{
    Backlog, CancelAnswer, ClaimedRun, DueClass, Enqueued, OwnedRun, Quota, RecordAnswer, Reopening,
    RunFilter, RunHistory, StepQuery,
};
pub use self::runs::RunStore;
pub use self::scores::ScoreStore;
pub use self::secrets::SecretStore;
pub use self::workers::{WorkerStore, WorkspaceState};
use super::Clock;

/// A whole store: what the engine is given.
pub trait Store:
    RunStore + ScoreStore + AgentStore + SecretStore + OrchestraStore + WorkerStore + CostStore + EventStore
{
    /// Returns the clock that comes with this store, if one does: an engine goes by it unless its host sets another.
    /// Processes that share a store agree on the time then, whatever the clocks of their hosts say. `None` means that the
    /// host's is good enough, as where only one process can use the store. Answers at once.
    ///
    /// # Contract
    /// - **the_clock_of_a_store_tells_whole_microseconds**, so that a time reads back equal.
    fn clock(&self) -> Option<Arc<dyn Clock>>;
}
