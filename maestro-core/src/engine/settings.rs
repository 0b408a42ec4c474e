//! Settings of a workspace: its budget of the day, the model of its agents.

use super::{Error, Workspace, agents::is_model, budget_waits};
use crate::domain::{Score, WorkspaceSettings};

impl Workspace {
    /// Returns the settings of the workspace; those of one that was never touched are the default.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn settings(&self) -> Result<WorkspaceSettings, Error> {
        Ok(self.shared.store.settings(&self.id).await?)
    }

    /// Replaces the settings of the workspace, and returns them as they are stored. Their `revision` is the one that was
    /// read, so that nobody overwrites what another has set meanwhile; `updated_at` does not matter. Settings that are the
    /// same as those that are stored are no edit.
    ///
    /// Runs that wait for the budget of the day look again at once. Other processes keep to the old budget for as long as
    /// their `poll_interval`. Dropping the future leaves the settings replaced or not.
    ///
    /// ```
    /// use maestro_core::{
    ///     domain::WorkspaceSettings,
    ///     engine::{Error, Workspace},
    /// };
    ///
    /// /// Lets a workspace spend at most 20 dollars a day, of those of Berlin.
    /// async fn cap(workspace: &Workspace) -> Result<WorkspaceSettings, Error> {
    ///     let before = workspace.settings().await?;
    ///     let timezone = "Europe/Berlin".parse()?;
    ///     workspace.set_settings(WorkspaceSettings { daily_budget_cents: Some(2_000), timezone, ..before }).await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] says which field makes no sense; [`Error::Revision`] when somebody else has edited them;
    /// [`Error::Store`].
    pub async fn set_settings(&self, settings: WorkspaceSettings) -> Result<WorkspaceSettings, Error> {
        let settings = checked(settings)?;
        let present = self.settings().await?;
        if settings.revision != present.revision {
            return Err(self.revision(settings.revision, present.revision));
        }
        if (WorkspaceSettings { updated_at: present.updated_at, ..settings.clone() }) == present {
            return Ok(present);
        }
        let revision = present.revision.saturating_add(1);
        let next = WorkspaceSettings { revision, updated_at: Some(self.shared.now()), ..settings };
        if let Err(error) = self.shared.store.save_settings(&self.id, &next).await {
            let error = Error::from(error);
            return match error.is_changed() {
                true => Err(self.revision(present.revision, self.settings().await?.revision)),
                false => Err(error),
            };
        }
        self.shared.spending.forget(&self.id);
        if let Err(error) = budget_waits::wake(&self.shared).await {
            // The sweep will do it.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "wake runs that wait for the budget: the store refuses"
            );
        }
        Ok(next)
    }

    fn revision(&self, expected: u32, present: u32) -> Error {
        Error::Revision { what: format!("settings of {}", self.id), expected, present }
    }
}

fn checked(settings: WorkspaceSettings) -> Result<WorkspaceSettings, Error> {
    if settings.daily_budget_cents.is_some_and(|cents| cents > Score::MAX_BUDGET_CENTS) {
        return Err(Error::invalid("daily_budget_cents", "use at most 10^12 cents, or null for no budget"));
    }
    let default_model = settings.default_model.trim().to_owned();
    if !is_model(&default_model) {
        return Err(Error::invalid("default_model", "use at most 200 characters on one line"));
    }
    Ok(WorkspaceSettings { default_model, ..settings })
}
