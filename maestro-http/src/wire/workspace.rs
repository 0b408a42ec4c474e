//! Workspaces on the wire.

use chrono::{DateTime, Utc};
use maestro_core::{domain::WorkspaceId, ports::store};
use serde::Serialize;
use utoipa::ToSchema;

/// A workspace and its switches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceState {
    #[schema(value_type = String, example = "default")]
    pub(crate) id: WorkspaceId,
    /// Who paused it and when; `null` when it is not paused.
    #[schema(required = true)]
    pub(crate) paused: Option<Paused>,
}

/// Who paused a workspace, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paused {
    #[schema(example = "ada")]
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
}

impl WorkspaceState {
    pub(crate) fn new(id: WorkspaceId, state: store::WorkspaceState) -> Self {
        let paused = state.paused.map(|(actor, at)| Paused { by: actor.as_str().to_owned(), at });
        Self { id, paused }
    }
}
