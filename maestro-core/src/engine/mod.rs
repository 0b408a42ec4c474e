//! The engine: plays what is due, fires what is scheduled, and keeps the store tidy.

mod budget_waits;
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

mod agent_usage;
mod agents;
mod costs;
mod orchestras;
mod pausing;
mod runs;
mod scores;
mod secrets;
mod settings;
mod templates;

mod cast;
mod counters;
mod enlist;
mod input_rule;
mod kept;
mod maintenance;
mod readiness;
mod redaction;
mod scheduler;
mod slots;
mod slugs;
mod spending;
mod worker;

pub use self::agent_usage::AgentUse;
pub use self::builder::{BuildError, Builder};
pub use self::counters::{Billed, Histogram, Metrics};
pub use self::error::Error;
pub use self::maestro::Maestro;
pub use self::options::Options;
pub use self::orchestras::{NewOrchestra, OrchestraPatch};
pub use self::roles::Roles;
pub use self::runs::{BulkRun, Retry, RunHandle, RunNow};
pub use self::secrets::{EnvSecrets, MasterKeyError, MasterKeys};
#[cfg(feature = "testing")]
pub(crate) use self::skills::Function;
pub use self::skills::{Context, Described, OperationInfo, Skill, SkillsError};
pub use self::templates::ScoreTemplate;
pub use self::tick::Ticked;
pub use self::workspace::Workspace;
