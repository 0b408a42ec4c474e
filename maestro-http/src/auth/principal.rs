//! Principals: somebody who asks, as the host knows them.

use maestro_core::domain::WorkspaceId;

/// What somebody may do. Each role may do all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Asks for runs, ends them, decides what waits for a person, switches schedules on and off.
    Operator,
    /// Makes, changes and deletes orchestras, scores, agents, prices and secrets.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// Returns the name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    name: String,
    role: Role,
    workspaces: Vec<WorkspaceId>,
}

impl Principal {
    /// Names somebody who has `role` in the workspace `default`, until [`workspaces`](Self::workspaces) says otherwise. The
    /// name is stored with what they do.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role, workspaces: vec![WorkspaceId::default()] }
    }

    /// Sets the workspaces. Requests that name none mean the first; with none at all, nothing can be asked for.
    #[must_use]
    pub fn workspaces(self, workspaces: impl IntoIterator<Item = WorkspaceId>) -> Self {
        Self { workspaces: workspaces.into_iter().collect(), ..self }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the workspace that a request means: the one that it names if that is one of theirs, the first when it names
    /// none.
    pub(crate) fn workspace(&self, named: Option<&str>) -> Option<&WorkspaceId> {
        match named {
            None => self.workspaces.first(),
            Some(named) => self.workspaces.iter().find(|workspace| workspace.as_str() == named),
        }
    }
}
