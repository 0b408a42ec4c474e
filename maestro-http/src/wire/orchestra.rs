//! Orchestras on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{self, OrchestraId, ScoreId},
    engine::{NewOrchestra, OrchestraPatch},
    ports::store::OrchestraState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Misfire, OrchestraStatus, Overlap, nullable};
use crate::extract::RequestBody;

/// One score deployed in a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Orchestra {
    /// Its slug. Never changes and is never given again.
    #[schema(value_type = String, example = "cold-leads")]
    pub(crate) id: OrchestraId,
    #[schema(example = "Cold leads")]
    pub(crate) name: String,
    /// A word for the kind of work.
    #[schema(example = "Outreach")]
    pub(crate) tag: String,
    pub(crate) description: String,
    /// When it plays: a crontab expression of five fields, or a nickname; empty when it never does by itself.
    #[schema(example = "0 9 * * 1-5")]
    pub(crate) cron: String,
    /// The IANA zone in which `cron` is read.
    #[schema(example = "Europe/Berlin")]
    pub(crate) timezone: String,
    /// What it plays. Never changes.
    #[schema(value_type = String, example = "cold-leads")]
    pub(crate) score_id: ScoreId,
    /// Whether its schedule is on.
    pub(crate) enabled: bool,
    /// Secret slots of the score's operations, each with the name of a secret.
    #[schema(example = json!({"crm_key": "crm-production"}))]
    pub(crate) secret_bindings: BTreeMap<String, String>,
    pub(crate) overlap: Overlap,
    pub(crate) misfire: Misfire,
    /// How old a missed slot may be to be caught up, in seconds.
    #[schema(example = 86400)]
    pub(crate) catchup_window_s: u32,
    /// How many runs may play at once; `null` means any number.
    #[schema(required = true)]
    pub(crate) max_concurrent_runs: Option<u32>,
    /// What a run may cost at most, in cents; `null` leaves it to the score.
    #[schema(required = true)]
    pub(crate) budget_cents: Option<u64>,
    /// What plays next when a run has ended well.
    #[schema(required = true)]
    pub(crate) on_finish: Option<OnFinish>,
    /// What it is doing: computed from the others and from its live runs.
    pub(crate) status: OrchestraStatus,
    pub(crate) live_runs: LiveRuns,
    /// When the next slot is due; `null` while it is disabled, or when none will come.
    #[schema(required = true)]
    pub(crate) next_fire_at: Option<DateTime<Utc>>,
    /// Grows with every edit; its `ETag`.
    #[schema(example = 1)]
    pub(crate) revision: u32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// The orchestra that plays when a run of another one has ended well, with that run's result as input.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnFinish {
    #[schema(value_type = String, pattern = "^[a-z0-9_-]{1,64}$", example = "weekly-report")]
    pub(crate) orchestra_id: OrchestraId,
}

/// How many runs are live. Of more than 1,000 only so many may be counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveRuns {
    /// Queued, playing or waiting.
    pub(crate) active: u64,
    /// Held until others have ended.
    pub(crate) held: u64,
}

impl From<OrchestraState> for Orchestra {
    fn from(OrchestraState { orchestra, live }: OrchestraState) -> Self {
        let status = orchestra.status(live.total()).into();
        let domain::Orchestra { cron, timezone, enabled, on_finish, next_fire_at, .. } = orchestra;
        Self {
            id: orchestra.id,
            name: orchestra.name,
            tag: orchestra.tag,
            description: orchestra.description,
            cron: cron.map_or_else(String::new, |cron| cron.as_str().to_owned()),
            timezone: timezone.name().to_owned(),
            score_id: orchestra.score_id,
            enabled,
            secret_bindings: orchestra.secret_bindings,
            overlap: orchestra.overlap.into(),
            misfire: orchestra.misfire.into(),
            catchup_window_s: orchestra.catchup_window_s,
            max_concurrent_runs: orchestra.max_concurrent_runs,
            budget_cents: orchestra.budget_cents,
            on_finish: on_finish.map(|next| OnFinish { orchestra_id: next.orchestra_id }),
            status,
            live_runs: LiveRuns { active: live.active, held: live.held },
            next_fire_at: next_fire_at.filter(|_| enabled),
            revision: orchestra.revision,
            created_at: orchestra.created_at,
            updated_at: orchestra.updated_at,
        }
    }
}

/// An orchestra to make. It is made disabled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateOrchestra {
    /// Its name; the id is made from it.
    #[schema(min_length = 1, max_length = 200, example = "Cold leads")]
    pub(crate) name: String,
    /// The score to play.
    #[schema(value_type = String, pattern = "^[a-z0-9_-]{1,64}$", example = "cold-leads")]
    pub(crate) score_id: ScoreId,
    /// Absent, empty or `Auto`: taken from what the score is for.
    #[serde(default)]
    #[schema(max_length = 50, example = "Outreach")]
    pub(crate) tag: String,
    #[serde(default)]
    #[schema(max_length = 10_000)]
    pub(crate) description: String,
    /// When it plays once it is enabled; empty means never by itself.
    #[serde(default)]
    #[schema(max_length = 200, example = "0 9 * * 1-5")]
    pub(crate) cron: String,
    /// Default `UTC`.
    #[schema(max_length = 100, example = "Europe/Berlin")]
    pub(crate) timezone: Option<String>,
    /// Default `skip`.
    pub(crate) overlap: Option<Overlap>,
    /// Default `fire_once`.
    pub(crate) misfire: Option<Misfire>,
    /// Default 86,400, a day; at most 366 days.
    #[schema(maximum = 31_622_400)]
    pub(crate) catchup_window_s: Option<u32>,
    #[serde(default)]
    pub(crate) secret_bindings: BTreeMap<String, String>,
    /// At least 1; `null` means any number.
    #[schema(minimum = 1)]
    pub(crate) max_concurrent_runs: Option<u32>,
    /// What a run may cost at most, in cents; the score's own budget holds too.
    #[schema(maximum = 1_000_000_000_000i64)]
    pub(crate) budget_cents: Option<u64>,
    pub(crate) on_finish: Option<OnFinish>,
}

const RETIRED: &str = "this field was retired: what an orchestra does belongs to its score";
const COMPUTED: &str =
    "the status is computed from `enabled`, the cron and the live runs; change `enabled` instead";

impl RequestBody for CreateOrchestra {
    const REFUSED: &'static [(&'static str, &'static str)] = &[
        ("id", "the id is made from the name and never changes"),
        ("enabled", "an orchestra is made disabled; enable it afterwards"),
        ("status", COMPUTED),
        ("skills", RETIRED),
        ("instructions", RETIRED),
        ("handoff_to_agent_id", RETIRED),
    ];
}

impl From<CreateOrchestra> for NewOrchestra {
    fn from(body: CreateOrchestra) -> Self {
        let mut new = Self::new(body.name, &body.score_id)
            .tag(body.tag)
            .description(body.description)
            .cron(body.cron)
            .secret_bindings(body.secret_bindings)
            .max_concurrent_runs(body.max_concurrent_runs)
            .budget_cents(body.budget_cents)
            .on_finish(body.on_finish.map(|next| next.orchestra_id));
        if let Some(timezone) = body.timezone {
            new = new.timezone(timezone);
        }
        if let Some(Overlap(overlap)) = body.overlap {
            new = new.overlap(overlap);
        }
        if let Some(Misfire(misfire)) = body.misfire {
            new = new.misfire(misfire);
        }
        match body.catchup_window_s {
            Some(window) => new.catchup_window_s(window),
            None => new,
        }
    }
}

/// Changes of an orchestra. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditOrchestra {
    #[schema(min_length = 1, max_length = 200, example = "Cold leads, DACH")]
    pub(crate) name: Option<String>,
    #[schema(max_length = 50)]
    pub(crate) tag: Option<String>,
    #[schema(max_length = 10_000)]
    pub(crate) description: Option<String>,
    /// Empty means never by itself.
    #[schema(max_length = 200, example = "30 8 * * 1-5")]
    pub(crate) cron: Option<String>,
    #[schema(max_length = 100)]
    pub(crate) timezone: Option<String>,
    /// Turning the schedule on needs that the orchestra is ready to play.
    pub(crate) enabled: Option<bool>,
    pub(crate) overlap: Option<Overlap>,
    pub(crate) misfire: Option<Misfire>,
    #[schema(maximum = 31_622_400)]
    pub(crate) catchup_window_s: Option<u32>,
    /// All bindings; those that are not named are dropped.
    pub(crate) secret_bindings: Option<BTreeMap<String, String>>,
    /// `null` means any number.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub(crate) max_concurrent_runs: Option<Option<u32>>,
    /// `null` leaves it to the score.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u64>, maximum = 1_000_000_000_000i64)]
    pub(crate) budget_cents: Option<Option<u64>>,
    /// `null` means that nothing plays next.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<OnFinish>)]
    pub(crate) on_finish: Option<Option<OnFinish>>,
}

impl RequestBody for EditOrchestra {
    const REFUSED: &'static [(&'static str, &'static str)] = &[
        ("id", "the id never changes"),
        (
            "score_id",
            "the score never changes, because the shape of a run belongs to the graph that produced it; \
             make another orchestra for another score",
        ),
        ("status", COMPUTED),
        ("skills", RETIRED),
        ("instructions", RETIRED),
        ("handoff_to_agent_id", RETIRED),
    ];
}

impl From<EditOrchestra> for OrchestraPatch {
    fn from(body: EditOrchestra) -> Self {
        let mut patch = Self::default();
        patch.name = body.name;
        patch.tag = body.tag;
        patch.description = body.description;
        patch.cron = body.cron;
        patch.timezone = body.timezone;
        patch.enabled = body.enabled;
        patch.overlap = body.overlap.map(|Overlap(overlap)| overlap);
        patch.misfire = body.misfire.map(|Misfire(misfire)| misfire);
        patch.catchup_window_s = body.catchup_window_s;
        patch.secret_bindings = body.secret_bindings;
        patch.max_concurrent_runs = body.max_concurrent_runs;
        patch.budget_cents = body.budget_cents;
        patch.on_finish = body.on_finish.map(|next| next.map(|next| next.orchestra_id));
        patch
    }
}
