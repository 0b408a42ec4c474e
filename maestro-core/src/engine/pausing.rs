//! Pausing: a workspace in which nothing begins.

use super::{Error, Workspace};
use crate::{domain::Actor, ports::store::WorkspaceState};

impl Workspace {
    /// Pauses the workspace: no run of it is claimed, and its slots are `disabled` in the ledger, until it is resumed. What
    /// plays goes on. Pausing again keeps it paused, under the new name.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn pause(&self, actor: &Actor) -> Result<(), Error> {
        tracing::info!(workspace = %self.id, %actor, "workspace paused");
        Ok(self.shared.store.pause_workspace(&self.id, Some((actor, self.shared.now()))).await?)
    }

    /// Resumes the workspace: what waits is claimed, and slots play from now on.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn resume(&self, actor: &Actor) -> Result<(), Error> {
        tracing::info!(workspace = %self.id, %actor, "workspace resumed");
        self.shared.store.pause_workspace(&self.id, None).await?;
        self.shared.schedules.notify_one();
        self.shared.work.notify_one();
        Ok(())
    }

    /// Returns the switches of the workspace.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn state(&self) -> Result<WorkspaceState, Error> {
        Ok(self.shared.store.workspace(&self.id).await?)
    }
}
