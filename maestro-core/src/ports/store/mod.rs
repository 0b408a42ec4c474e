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
mod orchestras;
mod playing;
mod runs;
mod scores;
mod workers;

pub use self::agents::AgentStore;
pub use self::costs::CostStore;
pub use self::error::{BoxError, ConflictReason, StoreError};
pub use self::events::{Change, ChangeStream, Changed, EventStore};
pub use self::orchestras::{
    DueSchedule, Fire, FireAnswer, FireEntry, OrchestraEdit, OrchestraState, OrchestraStore, SlotPlan,
};
pub use self::playing::{
    Backlog, CancelAnswer, ClaimedRun, DueClass, Enqueued, OwnedRun, Quota, RecordAnswer, RunFilter,
    RunHistory, StepQuery,
};
pub use self::runs::RunStore;
pub use self::scores::ScoreStore;
pub use self::workers::{WorkerStore, WorkspaceState};

/// A whole store: what the engine is given. Implemented by every type that has all the roles.
pub trait Store:
    RunStore + ScoreStore + AgentStore + OrchestraStore + WorkerStore + CostStore + EventStore
{
}

impl<S> Store for S where
    S: RunStore + ScoreStore + AgentStore + OrchestraStore + WorkerStore + CostStore + EventStore
{
}
