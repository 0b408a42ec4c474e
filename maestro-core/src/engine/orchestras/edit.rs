//! Editing: compare, change, and try again when a slot fired meanwhile.

use chrono::{DateTime, Utc};

use super::{
    super::{Error, Workspace},
    OrchestraPatch, passed,
};
use crate::{
    domain::{Orchestra, OrchestraId},
    ports::store::{OrchestraEdit, OrchestraState},
};

/// How often an edit is tried that others get ahead of.
const TRIES: u32 = 20;

impl Workspace {
    /// Edits an orchestra. Live runs go on as they are; the answer counts them. With `expected_revision` only if nobody
    /// edited it since that was read. A patch that changes nothing is no edit.
    ///
    /// Another cron or zone plays from the next slot on. Slots that were due by then and that no scheduler has fired yet are
    /// `missed`, or `disabled` where the orchestra was; so is every slot of the ledger told once. Runs that are held are let
    /// go where the new limit allows. Dropping the future leaves the edit done or not.
    ///
    /// # Errors
    /// [`Error::Revision`] when it has another revision than the expected one; [`Error::NotReady`] when it is to be
    /// enabled and lacks something; [`Error::Invalid`], [`Error::Cron`], [`Error::Zone`]; [`Error::Conflict`] when others
    /// edit it all the time; [`Error::Store`].
    pub async fn edit_orchestra(
        &self,
        id: &OrchestraId,
        patch: OrchestraPatch,
        expected_revision: Option<u32>,
    ) -> Result<OrchestraState, Error> {
        for _ in 0..TRIES {
            let OrchestraState { orchestra: before, live } = self.orchestra(id).await?;
            if let Some(expected) = expected_revision.filter(|expected| *expected != before.revision) {
                let (what, present) = (format!("orchestra {id}"), before.revision);
                return Err(Error::Revision { what, expected, present });
            }
            let mut after = patch.clone().applied_to(&before)?;
            if after.tag.is_empty() && patch.tag.is_some() {
                self.resolve_tag(&mut after).await?;
            }
            if after == before {
                return Ok(OrchestraState { orchestra: before, live });
            }
            self.check_references(&before, &after).await?;
            let covered_through = match passed::is_rescheduled(&before, &after) {
                true => self.last_covered(id).await?,
                false => None,
            };
            let edit = passed::edit(&before, after, covered_through, self.shared.now());
            match self.put(&edit).await {
                Err(error) if error.is_changed() => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    self.after_edit(&before, &edit.orchestra).await;
                    return Ok(OrchestraState { orchestra: edit.orchestra, live });
                }
            }
        }
        let reason = "others edit it all the time; try again".to_owned();
        Err(Error::Conflict { what: format!("orchestra {id}"), reason })
    }

    /// Turns the schedule on, from the next slot on; the slots that passed meanwhile are `disabled` in the ledger. An
    /// orchestra that is enabled stays as it is. Dropping the future leaves it switched or not.
    ///
    /// # Errors
    /// [`Error::NotReady`] with everything that it lacks, each with what to do; [`Error::Store`].
    pub async fn enable_orchestra(&self, id: &OrchestraId) -> Result<OrchestraState, Error> {
        self.edit_orchestra(id, OrchestraPatch::default().with_enabled(true), None).await
    }

    /// Turns the schedule off: once this has returned no slot fires, not even one that was due. Live runs go on; the answer
    /// counts them. An orchestra that is disabled stays as it is. Dropping the future leaves it switched or not.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn disable_orchestra(&self, id: &OrchestraId) -> Result<OrchestraState, Error> {
        self.edit_orchestra(id, OrchestraPatch::default().with_enabled(false), None).await
    }

    async fn check_references(&self, before: &Orchestra, after: &Orchestra) -> Result<(), Error> {
        if after.on_finish != before.on_finish {
            self.check_on_finish(after.on_finish.as_ref(), Some(&after.id)).await?;
        }
        if after.enabled && !before.enabled {
            let missing = self.missing(after).await?;
            if !missing.is_empty() {
                return Err(Error::NotReady { orchestra: after.id.to_string(), missing });
            }
        }
        Ok(())
    }

    /// Writes down the slots that have passed over an orchestra while it was disabled.
    pub(super) async fn write_down_passed(&self, orchestra: &Orchestra) -> Result<(), Error> {
        let Some(edit) = passed::closing_edit(orchestra, self.shared.now()) else { return Ok(()) };
        match self.put(&edit).await {
            Err(error) if error.is_changed() => Ok(()), // by somebody whose edit does the same
            other => other,
        }
    }

    /// Returns the last slot of the ledger.
    async fn last_covered(&self, id: &OrchestraId) -> Result<Option<DateTime<Utc>>, Error> {
        let last = self.shared.store.firings(&self.id, id, None, 1).await?;
        Ok(last.first().map(|row| row.until_slot))
    }

    async fn put(&self, edit: &OrchestraEdit) -> Result<(), Error> {
        let Err(error) = self.shared.store.edit_orchestra(edit).await else { return Ok(()) };
        if error.is_retryable() {
            // Only the answer may be lost. A slot may have fired since.
            if let Ok(Some(mut there)) = self.find(&edit.orchestra.id).await {
                there.next_fire_at = edit.orchestra.next_fire_at;
                if there == edit.orchestra {
                    return Ok(());
                }
            }
        }
        Err(error.into())
    }

    /// Tells those whom an edit concerns. What fails here the next sweep makes good.
    async fn after_edit(&self, before: &Orchestra, after: &Orchestra) {
        self.shared.schedules.notify_one();
        let limit = after.max_concurrent_runs;
        if limit == before.max_concurrent_runs && after.overlap == before.overlap {
            return;
        }
        match self.shared.store.promote(&self.id, &after.id, limit).await {
            Ok(0) => {}
            Ok(_) => self.shared.work.notify_one(),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(orchestra = %after.id, error, "held runs are let go by the next sweep only");
            }
        }
    }
}
