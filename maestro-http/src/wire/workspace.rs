//! Workspaces on the wire.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{self, WorkspaceId},
    ports::store,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::nullable;
use crate::extract::RequestBody;

/// A workspace: its switches and its settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceState {
    #[schema(value_type = String, example = "default")]
    pub(crate) id: WorkspaceId,
    /// Who paused it and when; `null` when it is not paused.
    #[schema(required = true)]
    pub(crate) paused: Option<Paused>,
    /// What all runs together may spend in a day, in cents; runs that need more wait. `null` means no limit.
    #[schema(required = true, example = 2000)]
    pub(crate) daily_budget_cents: Option<u64>,
    /// The model of agents that name none; empty where they must name one.
    #[schema(example = "claude-sonnet-4-5")]
    pub(crate) default_model: String,
    /// The IANA zone whose midnight ends the day.
    #[schema(example = "Europe/Berlin")]
    pub(crate) timezone: String,
    /// Grows with every edit of the settings; its `ETag`.
    #[schema(example = 1)]
    pub(crate) revision: u32,
}

/// Who paused a workspace, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paused {
    #[schema(example = "ada")]
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
}

impl WorkspaceState {
    pub(crate) fn new(
        id: WorkspaceId,
        state: store::WorkspaceState,
        settings: domain::WorkspaceSettings,
    ) -> Self {
        let paused = state.paused.map(|(actor, at)| Paused { by: actor.as_str().to_owned(), at });
        Self {
            id,
            paused,
            daily_budget_cents: settings.daily_budget_cents,
            default_model: settings.default_model,
            timezone: settings.timezone.name().to_owned(),
            revision: settings.revision,
        }
    }
}

/// Changes of the settings of a workspace. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditWorkspace {
    /// `null` means no limit.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u64>, maximum = 1_000_000_000_000i64, example = 2000)]
    pub(crate) daily_budget_cents: Option<Option<u64>>,
    #[schema(max_length = 200)]
    pub(crate) default_model: Option<String>,
    #[schema(max_length = 100)]
    pub(crate) timezone: Option<String>,
}

impl RequestBody for EditWorkspace {
    const REFUSED: &'static [(&'static str, &'static str)] = &[
        ("id", "the id never changes"),
        ("paused", "send it to /api/workspace/pause or /api/workspace/resume, so that it is known who did"),
    ];
}

impl EditWorkspace {
    /// Returns the settings as they shall be.
    pub(crate) fn applied_to(
        &self,
        before: domain::WorkspaceSettings,
    ) -> Result<domain::WorkspaceSettings, domain::ZoneError> {
        let timezone = self.timezone.as_deref().map_or(Ok(before.timezone), |zone| zone.trim().parse())?;
        Ok(domain::WorkspaceSettings {
            daily_budget_cents: self.daily_budget_cents.unwrap_or(before.daily_budget_cents),
            default_model: self.default_model.clone().unwrap_or(before.default_model),
            timezone,
            ..before
        })
    }
}
