//! Workspaces: what a host or a person can do in one.

use std::sync::Arc;

use super::shared::Shared;
use crate::domain::WorkspaceId;

/// One workspace of an engine. Cheap to clone.
#[derive(Clone)]
pub struct Workspace {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: WorkspaceId,
}

impl Workspace {
    /// Returns its id.
    pub fn id(&self) -> &WorkspaceId {
        &self.id
    }
}
