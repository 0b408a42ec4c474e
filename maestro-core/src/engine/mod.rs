//! The engine: plays what is due, fires what is scheduled, and keeps the store tidy.

mod error;
mod maestro;
mod options;
mod plans;
mod shared;
mod skills;
mod workspace;

pub use self::error::Error;
pub use self::maestro::Maestro;
pub use self::options::Options;
pub use self::skills::{Context, Described, OperationInfo, Skill, SkillsError};
pub use self::workspace::Workspace;
