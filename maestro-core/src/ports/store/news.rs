//! News: what one call has changed, for stores to collect and tell.

use super::{Change, Changed};
use crate::domain::{AgentId, OrchestraId, RunRef, ScoreId, WorkspaceId};

/// The changes of a call, in their order; collects nothing while nobody listens. For those who write a store.
#[derive(Debug)]
pub struct News {
    changes: Vec<Change>,
    is_heard: bool,
}

impl News {
    /// Begins to collect, if anybody listens.
    pub fn new(is_heard: bool) -> Self {
        Self { changes: Vec::new(), is_heard }
    }

    /// A run is new, or what readers see of it.
    pub fn run(&mut self, run: &RunRef) {
        let RunRef { workspace, orchestra_id, run_id } = run;
        self.tell(workspace, || Changed::Run { orchestra_id: orchestra_id.clone(), run_id: *run_id });
    }

    /// Runs of a workspace may have become due. Said once for all of them.
    pub fn due(&mut self, workspace: &WorkspaceId) {
        let is_told = |change: &Change| change.changed == Changed::Due && change.workspace == *workspace;
        if !self.changes.iter().any(is_told) {
            self.tell(workspace, || Changed::Due);
        }
    }

    /// Somebody has told a live run something: its worker must look.
    pub fn signal(&mut self, run: &RunRef) {
        let RunRef { workspace, orchestra_id, run_id } = run;
        self.tell(workspace, || Changed::Signal { orchestra_id: orchestra_id.clone(), run_id: *run_id });
    }

    /// An orchestra is new or another.
    pub fn orchestra(&mut self, workspace: &WorkspaceId, id: &OrchestraId) {
        self.tell(workspace, || Changed::Orchestra(id.clone()));
    }

    /// A score is new or another.
    pub fn score(&mut self, workspace: &WorkspaceId, id: &ScoreId) {
        self.tell(workspace, || Changed::Score(id.clone()));
    }

    /// An agent is new or another.
    pub fn agent(&mut self, workspace: &WorkspaceId, id: &AgentId) {
        self.tell(workspace, || Changed::Agent(id.clone()));
    }

    /// A workspace was paused or resumed.
    pub fn workspace(&mut self, workspace: &WorkspaceId) {
        self.tell(workspace, || Changed::Workspace);
    }

    /// Returns what was collected, to be told once it can be read.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    fn tell(&mut self, workspace: &WorkspaceId, changed: impl FnOnce() -> Changed) {
        if self.is_heard {
            self.changes.push(Change { workspace: workspace.clone(), changed: changed() });
        }
    }
}
