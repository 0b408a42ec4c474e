//! The handle of a running engine.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{OperationInfo, Workspace, shared::Shared};
use crate::{
    domain::WorkspaceId,
    ports::store::{ChangeStream, StoreError},
};

/// A running engine. Cheap to clone; the tasks behind it end by [`shutdown`](Self::shutdown).
#[derive(Clone)]
pub struct Maestro {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tasks: Arc<Tasks>,
}

/// The tasks of an engine, all joined at shutdown.
pub(crate) struct Tasks {
    pub(crate) tracker: TaskTracker,
    /// Fires when the grace of a shutdown is over.
    pub(crate) out_of_grace: CancellationToken,
    /// Lets one caller at a time play by hand.
    pub(crate) by_hand: Mutex<()>,
}

impl Maestro {
    /// Returns what can be done in a workspace.
    pub fn workspace(&self, id: &WorkspaceId) -> Workspace {
        Workspace { shared: Arc::clone(&self.shared), id: id.clone() }
    }

    /// Returns what can be done in the workspace `default`, for hosts that have no tenants.
    pub fn default_workspace(&self) -> Workspace {
        self.workspace(&WorkspaceId::default())
    }

    /// Returns every operation that this process can execute, by name.
    pub fn operations(&self) -> Vec<OperationInfo> {
        self.shared.skills.infos().collect()
    }

    /// Begins to listen to what changes in the store, in all workspaces and by all processes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        self.shared.store.changes().await
    }

    /// Stops: nothing new is claimed or fired, what plays may finish within `grace`, the rest is given back for others to
    /// go on with, every task is joined. May be called again. Dropping the future leaves the engine stopping.
    pub async fn shutdown(&self, grace: Duration) {
        self.shared.stopping.cancel();
        self.tasks.tracker.close();
        tokio::select! {
            biased;
            () = self.tasks.tracker.wait() => {}
            () = self.shared.clock.sleep(grace) => {
                self.tasks.out_of_grace.cancel();
                self.tasks.tracker.wait().await;
            }
        }
    }
}
