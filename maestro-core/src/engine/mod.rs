//! The engine: plays what is due, fires what is scheduled, and keeps the store tidy.

mod builder;
mod enlist;
mod error;
mod maestro;
mod options;
mod plans;
mod readiness;
mod roles;
mod runs;
mod shared;
mod skills;
mod worker;
mod workspace;

pub use self::builder::{BuildError, Builder};
pub use self::error::Error;
pub use self::maestro::Maestro;
pub use self::options::Options;
pub use self::roles::Roles;
pub use self::runs::{BulkRun, RunHandle, RunNow};
pub use self::skills::{Context, Described, OperationInfo, Skill, SkillsError};
pub use self::workspace::Workspace;
