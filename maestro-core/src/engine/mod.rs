//! The engine: plays what is due, fires what is scheduled, and keeps the store tidy.

mod builder;
mod error;
mod maestro;
mod options;
mod outages;
mod plans;
mod roles;
mod shared;
mod skills;
mod tick;
mod workspace;

mod agents;
mod orchestras;
mod pausing;
mod runs;
mod scores;
mod secrets;

mod cast;
mod enlist;
mod input_rule;
mod maintenance;
mod readiness;
mod redaction;
mod scheduler;
mod slots;
mod slugs;
mod worker;

pub use self::builder::{BuildError, Builder};
pub use self::error::Error;
pub use self::maestro::Maestro;
pub use self::options::Options;
pub use self::orchestras::{NewOrchestra, OrchestraPatch};
pub use self::roles::Roles;
pub use self::runs::{BulkRun, RunHandle, RunNow};
pub use self::secrets::{EnvSecrets, MasterKeyError, MasterKeys};
#[cfg(feature = "testing")]
pub(crate) use self::skills::Function;
pub use self::skills::{Context, Described, OperationInfo, Skill, SkillsError};
pub use self::tick::Ticked;
pub use self::workspace::Workspace;
