//! Run steps on the wire.

use chrono::{DateTime, Utc};
use maestro_core::domain::{self, Money, Payload, Resolution, StepKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Failure, Price, StepKind, StepStatus};
use crate::extract::RequestBody;

/// One try of one step of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunStep {
    /// Where in the run it stands: a node, `each.3.draft` in a loop, `draft.m2` and `draft.t2` for turns and tool calls.
    #[schema(value_type = String, example = "each.3.draft")]
    pub(crate) key: StepKey,
    /// Which try, from 1.
    #[schema(example = 1)]
    pub(crate) r#try: u32,
    pub(crate) kind: StepKind,
    /// The operation as `skill.operation`, or the model.
    #[schema(required = true, example = "http.request")]
    pub(crate) tool_name: Option<String>,
    pub(crate) status: StepStatus,
    /// What it got; `null` where that is the merge of recorded outputs.
    #[schema(value_type = serde_json::Value, required = true)]
    pub(crate) input: Option<Payload>,
    /// What it returned.
    #[schema(value_type = serde_json::Value, required = true)]
    pub(crate) output: Option<Payload>,
    /// Why this try failed.
    #[schema(required = true)]
    pub(crate) error: Option<Failure>,
    #[schema(required = true)]
    pub(crate) started_at: Option<DateTime<Utc>>,
    #[schema(required = true)]
    pub(crate) finished_at: Option<DateTime<Utc>>,
    /// When a wait ends by itself, or when the next try of a failed one is due.
    #[schema(required = true)]
    pub(crate) resume_at: Option<DateTime<Utc>>,
    /// How often a person had it done anew.
    pub(crate) generation: u32,
    /// What was billed.
    #[schema(required = true)]
    pub(crate) usage: Option<Usage>,
    /// The model that was billed.
    #[schema(required = true)]
    pub(crate) model: Option<String>,
    /// The price that the cost was computed with.
    #[schema(required = true)]
    pub(crate) price: Option<Price>,
    /// What this try cost in cents, exactly; `null` when nothing was billed or the price is unknown.
    #[schema(value_type = Option<f64>, required = true)]
    pub(crate) cost_cents: Option<Money>,
    /// The record that wrote it last; never greater than the run's `revision`.
    pub(crate) revision: u32,
}

/// The tokens of one billed call. What the provider did not tell is `null`, never 0.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    #[schema(required = true)]
    pub(crate) input: Option<u64>,
    #[schema(required = true)]
    pub(crate) output: Option<u64>,
    #[schema(required = true)]
    pub(crate) cache_read: Option<u64>,
    #[schema(required = true)]
    pub(crate) cache_write: Option<u64>,
    /// The part of `output` that was reasoning.
    #[schema(required = true)]
    pub(crate) reasoning: Option<u64>,
}

impl From<domain::RunStep> for RunStep {
    fn from(step: domain::RunStep) -> Self {
        let usage = |usage: domain::Usage| Usage {
            input: usage.input,
            output: usage.output,
            cache_read: usage.cache_read,
            cache_write: usage.cache_write,
            reasoning: usage.reasoning,
        };
        Self {
            key: step.key,
            r#try: step.attempt,
            kind: step.kind.into(),
            tool_name: step.tool_name,
            status: step.status.into(),
            input: step.input,
            output: step.output,
            error: step.error.map(Failure::from),
            started_at: step.started_at,
            finished_at: step.finished_at,
            resume_at: step.resume_at,
            generation: step.generation,
            usage: step.usage.map(usage),
            model: step.model,
            price: step.price.map(Price::from),
            cost_cents: step.cost,
            revision: step.seq,
        }
    }
}

/// What became of a step whose outcome was lost.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveStep {
    /// `done`: the effect happened. `failed`: it did not, and shall not be tried again. `again`: it did not; execute it anew,
    /// under a new idempotency key.
    pub(crate) r#as: ResolvedAs,
    /// What it would have returned; for `done` only. Default `{}`.
    #[schema(value_type = serde_json::Value)]
    pub(crate) output: Option<Payload>,
    /// Why it failed; for `failed` only.
    #[schema(max_length = 4096)]
    pub(crate) message: Option<String>,
    /// Why it was decided so; kept with the name of who did.
    #[schema(max_length = 4096)]
    pub(crate) note: Option<String>,
}

/// In which way a step is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResolvedAs {
    Done,
    Failed,
    Again,
}

impl RequestBody for ResolveStep {}

impl ResolveStep {
    /// Returns the resolution and the note; the field that does not belong where there is one.
    pub(crate) fn into_resolution(self) -> Result<(Resolution, Option<String>), &'static str> {
        let resolution = match (self.r#as, self.output, self.message) {
            (ResolvedAs::Done, output, None) => {
                Resolution::Done { output: output.unwrap_or_else(Payload::empty_object) }
            }
            (ResolvedAs::Failed, None, message) => {
                Resolution::Failed { message: message.unwrap_or_else(|| "said to have failed".to_owned()) }
            }
            (ResolvedAs::Again, None, None) => Resolution::Again,
            (ResolvedAs::Done, _, Some(_)) => return Err("message"),
            (ResolvedAs::Failed, Some(_), _) => return Err("output"),
            (ResolvedAs::Again, output, _) => {
                return Err(if output.is_some() { "output" } else { "message" });
            }
        };
        Ok((resolution, self.note))
    }
}

/// What a person says to a step that waits for approval.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerStep {
    /// Why it was decided so; kept with the name of who did.
    #[schema(max_length = 4096, example = "looks good")]
    pub(crate) note: Option<String>,
    /// What flows on: with the step's input where it is approved, with its failure where it is rejected.
    #[schema(value_type = serde_json::Value, example = json!({"subject": "Hello"}))]
    pub(crate) data: Option<Payload>,
}

impl RequestBody for AnswerStep {}
