//! An embeddable engine for scheduled, durable automation.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `memory` | yes | [`MemoryStore`], for one process |

pub use maestro_core::{domain, engine, ports};
#[doc(inline)]
pub use maestro_core::{
    domain::{Orchestra, Payload, Run, RunStatus, RunStep, Score, WorkspaceId},
    engine::{Context, Error, Maestro, NewOrchestra, Options, OrchestraPatch, Roles, Skill, Workspace},
    ports::StepError,
};
#[cfg(feature = "memory")]
pub use maestro_store_memory::MemoryStore;
