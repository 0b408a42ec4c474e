//! Topics: what a stream is about.

use maestro_core::domain::{OrchestraId, RunId, WorkspaceId};

/// What a stream is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// A workspace: its orchestras, runs, scores, agents and switches.
    Workspace(WorkspaceId),
    /// An orchestra and its runs.
    Orchestra(WorkspaceId, OrchestraId),
    /// A run and its steps.
    Run(WorkspaceId, RunId),
}

impl Topic {
    pub(crate) fn workspace(&self) -> &WorkspaceId {
        match self {
            Self::Workspace(workspace) | Self::Orchestra(workspace, _) | Self::Run(workspace, _) => workspace,
        }
    }
}
