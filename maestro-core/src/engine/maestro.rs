//! The handle of a running engine.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::{OperationInfo, Workspace, shared::Shared};
use crate::{
    domain::WorkspaceId,
    ports::{
        Clock, Entropy,
        store::{Backlog, ChangeStream, StoreError},
    },
};

/// A running engine. Cheap to clone; the tasks behind it end by [`shutdown`](Self::shutdown).
#[derive(Clone)]
pub struct Maestro {
    pub(crate) shared: Arc<Shared>,
    /// Lets one caller at a time play by hand.
    pub(crate) by_hand: Arc<Mutex<()>>,
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

    /// Returns how many runs could be claimed now, in all workspaces, and for how long.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.shared.store.backlog(self.shared.now()).await
    }

    /// Begins to listen to what changes in the store, in all workspaces and by all processes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        self.shared.store.changes().await
    }

    /// Returns the clock that the engine goes by. Adapters wait by it too.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Returns the source of randomness that the engine draws from.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.shared.entropy
    }

    /// Waits until the engine is asked to stop. For streams that adapters hold open: they should end then.
    pub async fn stopping(&self) {
        self.shared.stopping.cancelled().await;
    }

    /// Runs a task of an adapter beside those of the engine. It should end soon after [`stopping`](Self::stopping) does:
    /// [`shutdown`](Self::shutdown) joins it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn attach(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.shared.tasks.spawn(task);
    }

    /// Stops: nothing new is claimed or fired, what plays may finish within `grace`, the rest is given back for others to
    /// go on with, every task is joined. A step that does not listen is cut off after
    /// [`abort_grace`](super::Options::abort_grace) more; a store that does not answer is given another 10 s, then others
    /// take the runs over like from a dead worker. May be called again. Dropping the future leaves the engine stopping.
    pub async fn shutdown(&self, grace: Duration) {
        let shared = &self.shared;
        shared.stopping.cancel();
        shared.tasks.close();
        tokio::select! {
            biased;
            () = shared.tasks.wait() => {}
            () = shared.clock.sleep(grace) => {}
        }
        // Also for what a tick claims at this moment.
        shared.out_of_grace.cancel();
        shared.tasks.wait().await;
    }
}
