//! Settings of a workspace: which model its agents use, and what it may spend in a day.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Zone;

/// What people set for a whole workspace. One that was never touched has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceSettings {
    /// The most that all runs together may spend in a day, in cents; `None` means no limit. Runs that need more wait.
    #[serde(default)]
    pub daily_budget_cents: Option<u64>,
    /// The model of agents that name none; empty where they must name one.
    #[serde(default)]
    pub default_model: String,
    /// The zone whose midnight ends the day.
    #[serde(default)]
    pub timezone: Zone,
    /// Grows by one with every edit; 0 means that it was never touched.
    #[serde(default)]
    pub revision: u32,
    /// When it was edited last; `None` means never.
    #[serde(default)]
    pub updated_at: Option<DateTime<Utc>>,
}
