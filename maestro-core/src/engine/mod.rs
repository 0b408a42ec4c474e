//! The engine: plays what is due, fires what is scheduled, and keeps the store tidy.

mod error;
mod maestro;
mod options;
mod plans;
mod shared;
mod skills;
mod workspace;

mod agents;
mod cast;
mod enlist;
mod maintenance;
mod orchestras;
mod pausing;
mod readiness;
mod scheduler;
mod scores;
mod slots;

pub use self::error::Error;
pub use self::maestro::Maestro;
pub use self::options::Options;
pub use self::orchestras::{NewOrchestra, OrchestraPatch};
pub use self::skills::{Context, Described, OperationInfo, Skill, SkillsError};
pub use self::workspace::Workspace;
