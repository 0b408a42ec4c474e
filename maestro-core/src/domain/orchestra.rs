//! Orchestras: one score deployed in a workspace, with its schedule and its switches.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{CronExpr, OrchestraId, PipelineKind, ScoreId, WorkspaceId, Zone, name::named_enum};

named_enum!(
    /// What becomes of a slot when a run of the orchestra is still live. Waiting counts as live.
    Overlap, "overlap policy" {
        /// The slot is skipped.
        Skip = "skip",
        /// One run is held until the live one ends; further slots are skipped.
        QueueOne = "queue_one",
        /// Every run is held until those before it have ended.
        QueueAll = "queue_all",
        /// Runs play side by side.
        Allow = "allow",
    }
);

named_enum!(
    /// What becomes of slots that are more than 60 s late.
    Misfire, "misfire policy" {
        /// The latest missed slot within the catch-up window is played, the others are folded into it. Where the next slot
        /// is due already and not late, all are folded into that one.
        FireOnce = "fire_once",
        /// None is played.
        Skip = "skip",
        /// Each within the catch-up window is played, up to a cap. Needs overlap `allow` or `queue_all`.
        FireAll = "fire_all",
    }
);

named_enum!(
    /// What an orchestra is doing.
    OrchestraStatus, "orchestra status" {
        /// A run is live.
        Running = "running",
        /// It has a cron but is disabled.
        Paused = "paused",
        /// It is enabled and has a cron.
        Scheduled = "scheduled",
        /// It waits to be asked.
        Idle = "idle",
    }
);

/// Seconds of the catch-up window where none is given: a day.
pub const DEFAULT_CATCHUP_WINDOW_S: u32 = 86_400;

/// Another orchestra that plays when a run of this one has ended well, with the run's result as input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnFinish {
    /// The orchestra to play.
    pub orchestra_id: OrchestraId,
}

/// One score deployed in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Orchestra {
    /// The tenant.
    #[serde(skip)]
    pub workspace: WorkspaceId,
    /// The slug. Never changes and is never used again, not even after deletion.
    pub id: OrchestraId,
    /// The name that people read.
    pub name: String,
    /// A word for the kind of work, such as `Outreach`.
    pub tag: String,
    /// What it is for.
    pub description: String,
    /// When it plays; `None` means never by itself.
    pub cron: Option<CronExpr>,
    /// The zone in which `cron` is read.
    pub timezone: Zone,
    /// What it plays. Immutable: another score means another orchestra.
    pub score_id: ScoreId,
    /// Whether the schedule is on. False at creation.
    pub enabled: bool,
    /// Secret slots of the score's operations → names of the workspace's secrets.
    pub secret_bindings: BTreeMap<String, String>,
    /// What becomes of slots while a run is live.
    pub overlap: Overlap,
    /// What becomes of slots that are late.
    pub misfire: Misfire,
    /// How old a missed slot may be to be caught up, in seconds.
    pub catchup_window_s: u32,
    /// How many runs may play at once; `None` means any number.
    pub max_concurrent_runs: Option<u32>,
    /// The most that a run may cost, in cents; where the score has a budget too, the smaller one holds.
    pub budget_cents: Option<u64>,
    /// What to play next when a run has ended well.
    pub on_finish: Option<OnFinish>,
    /// Grows with every edit.
    pub revision: u32,
    /// Grows with every edit that changes what fires.
    #[serde(skip)]
    pub schedule_rev: u32,
    /// The watermark: the first slot that the ledger does not cover. `None` when no slot will ever come.
    /// While the orchestra is disabled no slot fires, and this one may lie in the past.
    #[serde(skip)]
    pub next_fire_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub updated_at: DateTime<Utc>,
}

impl Orchestra {
    /// Returns what the orchestra is doing, given how many of its runs are live.
    pub fn status(&self, live_runs: u64) -> OrchestraStatus {
        match (live_runs > 0, self.cron.is_some(), self.enabled) {
            (true, _, _) => OrchestraStatus::Running,
            (_, true, false) => OrchestraStatus::Paused,
            (_, true, true) => OrchestraStatus::Scheduled,
            (_, false, _) => OrchestraStatus::Idle,
        }
    }

    /// Returns the first slot of its schedule after `after`, enabled or not.
    pub fn next_slot(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron.as_ref()?.next_after(after, &self.timezone)
    }
}

/// Returns the tag of an orchestra whose tag was left on Auto.
pub fn auto_tag(kind: PipelineKind) -> &'static str {
    match kind {
        PipelineKind::Outreach => "Outreach",
        PipelineKind::Content => "Content",
        PipelineKind::Seo => "Research",
        PipelineKind::Other => "",
    }
}
