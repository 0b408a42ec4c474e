//! The conformance suite: every promise of the [store port](crate::ports::store) as a test, for authors of stores.
//!
//! Write a function that makes a new, empty store, and call the macro in a test file of your crate. It makes one
//! `#[tokio::test]` for each clause, with the name of the clause:
//!
//! ```no_run
//! use std::sync::Arc;
//! use maestro_core::ports::Store;
//!
//! struct DropDatabase; // whatever must live as long as the test
//!
//! async fn fresh_store() -> (Arc<dyn Store>, DropDatabase) {
//! #   async fn create_database() -> (Arc<dyn Store>, DropDatabase) { loop {} }
//!     create_database().await
//! }
//!
//! maestro_core::store_conformance!(fresh_store);
//! ```
//!
//! Clauses come in tiers, so that a store can grow role by role. `store_conformance!(runs: fresh_runs)` needs no more
//! than a [`RunStore`](crate::ports::store::RunStore), which is enough to play scores; `scores:`, `agents:` and
//! `secrets:` need their role alone. The tiers `orchestras:`, `workers:`, `costs:` and `events:` need a whole store,
//! because their promises tie roles together. The crate needs `tokio` with `macros` and `rt`.
//!
//! A clause reads no clock and never sleeps; only the tier of events waits, for a change that a store may tell late.
//! What the contract leaves open (the order of a claim's answer, say) is not looked at.

// Test code that lives in a library: what is not as promised must panic, and say so.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod agents;
mod costs;
mod events;
mod kit;
mod list;
mod orchestras;
mod runs;
mod scores;
mod secrets;
mod workers;

pub use self::agents::*;
pub use self::costs::*;
pub use self::events::*;
pub use self::list::{CLAUSES, Clause, clauses};
pub use self::orchestras::*;
pub use self::runs::*;
pub use self::scores::*;
pub use self::secrets::*;
pub use self::workers::*;
