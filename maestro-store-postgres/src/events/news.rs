//! News: what one call has changed.

use maestro_core::{
    domain::{AgentId, OrchestraId, RunRef, ScoreId, WorkspaceId},
    ports::store::{Change, Changed},
};

/// The changes of a call; collects nothing while nobody listens.
pub(crate) struct News {
    changes: Vec<Change>,
    is_heard: bool,
}

impl News {
    pub(super) fn new(is_heard: bool) -> Self {
        Self { changes: Vec::new(), is_heard }
    }

    pub(crate) fn run(&mut self, run: &RunRef) {
        let RunRef { workspace, orchestra_id, run_id } = run;
        self.tell(workspace, || Changed::Run { orchestra_id: orchestra_id.clone(), run_id: *run_id });
    }

    /// Tells workers that runs of a workspace may have become due.
    pub(crate) fn due(&mut self, workspace: &WorkspaceId) {
        let is_told = |change: &Change| change.changed == Changed::Due && change.workspace == *workspace;
        if !self.changes.iter().any(is_told) {
            self.tell(workspace, || Changed::Due);
        }
    }

    /// Tells the worker of a run that somebody has told the run something.
    pub(crate) fn signal(&mut self, run: &RunRef) {
        let RunRef { workspace, orchestra_id, run_id } = run;
        self.tell(workspace, || Changed::Signal { orchestra_id: orchestra_id.clone(), run_id: *run_id });
    }

    pub(crate) fn orchestra(&mut self, workspace: &WorkspaceId, id: &OrchestraId) {
        self.tell(workspace, || Changed::Orchestra(id.clone()));
    }

    pub(crate) fn score(&mut self, workspace: &WorkspaceId, id: &ScoreId) {
        self.tell(workspace, || Changed::Score(id.clone()));
    }

    pub(crate) fn agent(&mut self, workspace: &WorkspaceId, id: &AgentId) {
        self.tell(workspace, || Changed::Agent(id.clone()));
    }

    pub(crate) fn workspace(&mut self, workspace: &WorkspaceId) {
        self.tell(workspace, || Changed::Workspace);
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    fn tell(&mut self, workspace: &WorkspaceId, changed: impl FnOnce() -> Changed) {
        if self.is_heard {
            self.changes.push(Change { workspace: workspace.clone(), changed: changed() });
        }
    }
}
