//! An embeddable engine for scheduled, durable automation.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `memory` | yes | [`MemoryStore`], for one process |
//! | `testing` | no | `testing`: manual clock, seeded randomness and fault injection, for tests of hosts |
//! | `conformance` | no | `conformance` and `store_conformance!`: the store contract, for those who write a store |

#[cfg(feature = "testing")]
pub use maestro_core::testing;
#[cfg(feature = "conformance")]
pub use maestro_core::{conformance, store_conformance};
pub use maestro_core::{domain, engine, ports};
#[doc(inline)]
pub use maestro_core::{
    domain::{Node, Orchestra, Payload, Run, RunId, RunStatus, RunStep, Score, WorkspaceId},
    engine::{
        BuildError, Builder, Context, Error, Maestro, NewOrchestra, Options, OrchestraPatch, Roles,
        RunHandle, Skill, Workspace,
    },
    ports::{StepError, Store},
};
#[cfg(feature = "memory")]
pub use maestro_store_memory::MemoryStore;
