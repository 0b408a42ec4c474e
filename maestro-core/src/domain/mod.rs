//! The words of Maestro as types. No I/O, no clock, no randomness.

mod actor;
mod agent;
mod budget;
mod conversation;
mod cost;
mod cron;
mod day;
mod expr;
mod firing;
mod id;
mod json_schema;
pub mod live;
mod money;
mod name;
mod orchestra;
mod payload;
pub mod play;
mod price_book;
mod record;
mod run;
mod score;
mod secret;
mod settings;
mod signal;
mod step;
mod step_secrets;
mod unique;

pub use self::actor::Actor;
pub use self::agent::{Agent, AgentPin};
pub use self::budget::{Budget, DAILY_BUDGET, DEFAULT_OUTPUT_TOKENS, OverBudget};
pub use self::conversation::{Message, ModelTurn, ToolCall, TurnEnd};
pub use self::cost::{CostGroup, CostSplit, Costs, CostsBy, Spent};
pub use self::cron::*;
pub use self::day::Day;
pub use self::expr::*;
pub use self::firing::{Admission, Firing, FiringOutcome, LiveCount, admit, admit_slot};
pub use self::id::*;
pub use self::json_schema::{JsonSchema, SchemaError, Violation};
pub use self::live::{LiveRun, LiveState};
pub use self::money::{ModelPricing, Money, Totals, Usage};
pub use self::name::UnknownName;
pub use self::orchestra::{
    DEFAULT_CATCHUP_WINDOW_S, Misfire, OnFinish, Orchestra, OrchestraStatus, Overlap, auto_tag,
};
pub use self::payload::{InvalidPayload, MAX_DEPTH, Payload};
pub use self::price_book::PriceBook;
pub use self::record::{Disposition, EnqueueKey, Finish, NewRun, RunRecord, RunRef};
pub use self::run::{Class, Failure, Run, RunStatus, Trigger};
pub use self::score::*;
pub use self::secret::{InvalidSecret, SealedSecret, Secret, SecretInfo};
pub use self::settings::WorkspaceSettings;
pub use self::signal::{Resolution, Signal, SignalKind};
pub use self::step::{RunStep, StepKind, StepStatus};
pub use self::step_secrets::StepSecrets;
