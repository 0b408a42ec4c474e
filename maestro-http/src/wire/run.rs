//! Runs on the wire.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{self, AgentId, Money, OrchestraId, Payload, RunId, Score, ScoreId, StepKey},
    engine::Retry,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Class, Moment, RunStatus};
use crate::{extract::RequestBody, problem::Problem};

/// One playing of an orchestra.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) summary: RunSummary,
    /// What the root nodes got.
    #[schema(value_type = serde_json::Value)]
    pub(crate) input: Payload,
    /// The merge of what the last nodes returned.
    #[schema(value_type = serde_json::Value, required = true)]
    pub(crate) result: Option<Payload>,
}

/// A run as lists show it: without its input and its result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunSummary {
    /// A UUIDv7: ids sort by the time at which runs were enqueued.
    #[schema(value_type = String, format = "uuid", example = "019ab3c8-7f00-7cc3-98c4-dc0c0c07398f")]
    pub(crate) id: RunId,
    #[schema(value_type = String, example = "cold-leads")]
    pub(crate) orchestra_id: OrchestraId,
    #[schema(value_type = String, example = "cold-leads")]
    pub(crate) score_id: ScoreId,
    /// The version of the score, as pinned when the run was enqueued.
    #[schema(example = 3)]
    pub(crate) score_version: u32,
    /// The versions of the agents, pinned likewise.
    pub(crate) agents: Vec<AgentPin>,
    pub(crate) trigger: Trigger,
    pub(crate) status: RunStatus,
    /// The line for people.
    #[schema(required = true, example = "3 drafts written · 5.4K tokens · $0.04")]
    pub(crate) output: Option<String>,
    /// Why it failed or was cancelled.
    #[schema(required = true)]
    pub(crate) error: Option<Failure>,
    pub(crate) class: Class,
    #[schema(required = true)]
    pub(crate) idempotency_key: Option<String>,
    pub(crate) queued_at: DateTime<Utc>,
    /// When a worker first took it.
    #[schema(required = true)]
    pub(crate) started_at: Option<DateTime<Utc>>,
    #[schema(required = true)]
    pub(crate) finished_at: Option<DateTime<Utc>>,
    /// Milliseconds from start to end, once it has ended.
    #[schema(required = true)]
    pub(crate) duration_ms: Option<i64>,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cache_read_tokens: u64,
    pub(crate) cache_write_tokens: u64,
    /// What it cost in cents, exactly; `null` iff a billed call had no price.
    #[schema(value_type = Option<f64>, required = true, example = 4.2)]
    pub(crate) cost_cents: Option<Money>,
    /// What the calls with a known price cost, in cents.
    #[schema(value_type = f64, example = 4.2)]
    pub(crate) cost_known_cents: Money,
    /// The number of records that were applied; grows while the run goes on.
    #[schema(example = 7)]
    pub(crate) revision: u32,
}

/// The version of an agent that a run uses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentPin {
    #[schema(value_type = String, example = "researcher")]
    pub(crate) agent_id: AgentId,
    pub(crate) version: u32,
}

/// What made a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Trigger {
    /// Its schedule.
    Cron {
        /// The nominal time.
        slot: DateTime<Utc>,
    },
    /// A person.
    Manual,
    /// A program.
    Api,
    /// A person who wanted a run once more.
    Rerun {
        /// Which one.
        #[schema(value_type = String, format = "uuid")]
        of: RunId,
    },
    /// The end of a run of another orchestra.
    Finish {
        /// Which one.
        #[schema(value_type = String, format = "uuid")]
        of: RunId,
    },
}

/// Why something failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// For programs: stable, snake_case, or the operation's own.
    #[schema(example = "timeout")]
    pub(crate) code: String,
    /// For people.
    #[schema(example = "no answer within 30 s")]
    pub(crate) message: String,
}

impl From<domain::Failure> for Failure {
    fn from(failure: domain::Failure) -> Self {
        Self { code: failure.code, message: failure.message }
    }
}

impl From<domain::Trigger> for Trigger {
    fn from(trigger: domain::Trigger) -> Self {
        match trigger {
            domain::Trigger::Cron { slot } => Self::Cron { slot },
            domain::Trigger::Manual => Self::Manual,
            domain::Trigger::Api => Self::Api,
            domain::Trigger::Rerun { of } => Self::Rerun { of },
            domain::Trigger::Finish { of } => Self::Finish { of },
        }
    }
}

impl From<domain::Run> for Run {
    fn from(run: domain::Run) -> Self {
        let (input, result) = (run.input.clone(), run.result.clone());
        Self { summary: run.into(), input, result }
    }
}

impl From<domain::Run> for RunSummary {
    fn from(run: domain::Run) -> Self {
        let duration_ms = run.duration_ms();
        let pin = |pin: domain::AgentPin| AgentPin { agent_id: pin.agent_id, version: pin.version };
        Self {
            id: run.id,
            orchestra_id: run.orchestra_id,
            score_id: run.score_id,
            score_version: run.score_version,
            agents: run.agents.into_iter().map(pin).collect(),
            trigger: run.trigger.into(),
            status: run.status.into(),
            output: run.output,
            error: run.error.map(Failure::from),
            class: run.class.into(),
            idempotency_key: run.idempotency_key,
            queued_at: run.queued_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            duration_ms,
            input_tokens: run.totals.input_tokens,
            output_tokens: run.totals.output_tokens,
            cache_read_tokens: run.totals.cache_read_tokens,
            cache_write_tokens: run.totals.cache_write_tokens,
            cost_cents: run.totals.cost(),
            cost_known_cents: run.totals.known,
            revision: run.revision,
        }
    }
}

/// What to play.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunNow {
    /// What the root nodes get, as the score's `input_schema` says. Default `{}`.
    #[schema(value_type = serde_json::Value, example = json!({"city": "Berlin"}))]
    pub(crate) input: Option<Payload>,
    /// Default `normal`.
    pub(crate) class: Option<Class>,
    /// Not before this moment; one that is past means now.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub(crate) run_at: Option<Moment>,
}

impl RequestBody for RunNow {}

/// How to end a run.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelRun {
    /// End it now, over its worker's head, instead of asking the worker to. Default false.
    #[serde(default)]
    pub(crate) force: bool,
}

impl RequestBody for CancelRun {}

/// How to have an ended run played on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryRun {
    /// Steps to be played anew, beside those that kept the run from ending well. What follows from them is played anew too.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 1000, example = json!(["draft"]))]
    pub(crate) from: Vec<StepKey>,
    /// Use agents in the versions that they have now, instead of those that the run has. Default false.
    #[serde(default)]
    pub(crate) latest_agents: bool,
    /// What the run may spend from now on, what it has spent included, in cents. Default: as its score and its orchestra say.
    #[schema(maximum = 1_000_000_000_000i64, example = 500)]
    pub(crate) budget_cents: Option<u64>,
}

impl RequestBody for RetryRun {}

impl RetryRun {
    /// The most steps that are named at once.
    const MOST_STEPS: usize = 1_000;

    /// Returns what is meant.
    pub(crate) fn into_retry(self) -> Result<Retry, Problem> {
        if self.from.len() > Self::MOST_STEPS {
            return Err(Problem::invalid("/from", format!("name at most {} steps", Self::MOST_STEPS)));
        }
        if self.budget_cents.is_some_and(|cents| cents > Score::MAX_BUDGET_CENTS) {
            return Err(Problem::invalid(
                "/budget_cents",
                format!("use at most {}", Score::MAX_BUDGET_CENTS),
            ));
        }
        let retry = Retry::default().with_from(self.from).with_latest_agents(self.latest_agents);
        Ok(retry.with_budget_cents(self.budget_cents))
    }
}

/// What became of the wish to end a run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cancelled {
    /// `cancelled`: it has ended. `requested`: its worker was asked to end it. `ended`: it had ended before.
    #[schema(value_type = String, example = "requested")]
    pub(crate) outcome: &'static str,
    /// The run as it is now.
    pub(crate) run: Run,
}
