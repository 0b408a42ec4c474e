//! Changes: told when they can be read, as hints.

use async_trait::async_trait;
use maestro_core::{
    domain::{AgentId, OrchestraId, RunRef, ScoreId, WorkspaceId},
    ports::store::{Change, ChangeStream, Changed, EventStore, StoreError},
};
use tokio::sync::broadcast;

use crate::MemoryStore;

/// What a call has changed; collects nothing while nobody listens.
pub(crate) struct News {
    changes: Vec<Change>,
    is_heard: bool,
}

impl News {
    pub(crate) fn new(is_heard: bool) -> Self {
        Self { changes: Vec::new(), is_heard }
    }

    pub(crate) fn run(&mut self, run: &RunRef) {
        let RunRef { workspace, orchestra_id, run_id } = run;
        self.tell(workspace, || Changed::Run { orchestra_id: orchestra_id.clone(), run_id: *run_id });
    }

    /// Tells workers that a run may have become due.
    pub(crate) fn due(&mut self, run: &RunRef) {
        self.tell(&run.workspace, || Changed::Due);
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

/// Hears of the changes of one store, and keeps it.
struct Listener {
    changes: broadcast::Receiver<Change>,
    /// As long as somebody listens there is something to hear: the channel never closes under the receiver.
    _store: MemoryStore,
}

#[async_trait]
impl ChangeStream for Listener {
    async fn next(&mut self) -> Option<Change> {
        // The only error that can come is that this listener was too far behind.
        self.changes.recv().await.ok()
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        Ok(Box::new(Listener { changes: self.listen(), _store: self.clone() }))
    }
}
