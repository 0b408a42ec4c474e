//! Orchestras: declared by hosts, edited and switched by people.

mod checks;
mod edit;
mod ledger;
mod new;
mod passed;
mod patch;

pub(super) use self::checks::{description as check_description, name as check_name};
pub use self::new::NewOrchestra;
pub use self::patch::OrchestraPatch;

use super::{Error, Workspace, readiness, slugs};
use crate::{
    domain::{Orchestra, OrchestraId, slug_of},
    ports::store::{ConflictReason, OrchestraState, StoreError},
};

impl Workspace {
    /// Makes an orchestra, disabled. Its id is the slug of its name; where that is taken, with `-2`, `-3` … behind.
    ///
    /// Dropping the future leaves it made or not.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Cron`] and [`Error::Zone`] say which field makes no sense and what to write instead;
    /// [`Error::Store`].
    pub async fn create_orchestra(&self, new: NewOrchestra) -> Result<Orchestra, Error> {
        let mut orchestra = self.build(new).await?;
        for slug in slugs::to_try(&orchestra.name.clone(), "orchestra", &*self.shared.entropy) {
            orchestra.id = OrchestraId::new(slug)?;
            if self.insert(&orchestra).await? {
                return Ok(orchestra);
            }
        }
        let reason = "too many orchestras have names like this one; use another name".to_owned();
        Err(Error::Conflict { what: format!("orchestra {:?}", orchestra.name), reason })
    }

    /// Makes an orchestra, disabled, unless there is one with the slug of its name: that one is left as people have made
    /// it, whatever it plays. Meant for the start of a host program; any number of them may call it at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a person deleted it: an id is never given again. Otherwise as
    /// [`create_orchestra`](Self::create_orchestra).
    pub async fn ensure_orchestra(&self, new: NewOrchestra) -> Result<Orchestra, Error> {
        let id = OrchestraId::new(slug_of(new.name.trim(), "orchestra"))?;
        if let Some(there) = self.find(&id).await? {
            return Ok(there);
        }
        let orchestra = Orchestra { id: id.clone(), ..self.build(new).await? };
        if self.insert(&orchestra).await? {
            return Ok(orchestra);
        }
        self.find(&id).await?.ok_or_else(|| Error::Conflict {
            what: format!("orchestra {id}"),
            reason: "it was deleted, and its id is never given again; use another name".to_owned(),
        })
    }

    /// Returns an orchestra, and how many runs of it are live.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn orchestra(&self, id: &OrchestraId) -> Result<OrchestraState, Error> {
        Ok(self.shared.store.orchestra(&self.id, id).await?)
    }

    /// Lists orchestras in the order of ids, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn orchestras(
        &self,
        after: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Vec<OrchestraState>, Error> {
        Ok(self.shared.store.orchestras(&self.id, after, limit).await?)
    }

    /// Deletes an orchestra that is disabled and has no live runs. Its runs and its ledger stay readable; its id is never
    /// given again. Dropping the future leaves it deleted or not.
    ///
    /// # Errors
    /// [`Error::Store`] with a conflict that says what is in the way.
    pub async fn delete_orchestra(&self, id: &OrchestraId) -> Result<(), Error> {
        let OrchestraState { orchestra, live } = self.orchestra(id).await?;
        if live.total() == 0 {
            self.write_down_passed(&orchestra).await?;
        }
        Ok(self.shared.store.delete_orchestra(&self.id, id).await?)
    }

    /// Returns everything that an orchestra lacks to be played, each with what to do; nothing when it is ready.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn readiness(&self, id: &OrchestraId) -> Result<Vec<String>, Error> {
        let orchestra = self.orchestra(id).await?.orchestra;
        self.missing(&orchestra).await
    }

    /// Returns what an orchestra lacks; a score that is gone is one of the things.
    async fn missing(&self, orchestra: &Orchestra) -> Result<Vec<String>, Error> {
        match self.shared.store.score(&self.id, &orchestra.score_id, None).await {
            Ok(score) => readiness::check(&self.shared, &self.id, orchestra, &score).await,
            Err(StoreError::NotFound { .. }) => {
                Ok(vec![format!("there is no score {}; save it", orchestra.score_id)])
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn find(&self, id: &OrchestraId) -> Result<Option<Orchestra>, Error> {
        match self.shared.store.bare_orchestra(&self.id, id).await {
            Ok(orchestra) => Ok(Some(orchestra)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores a new orchestra; tells whether its id was free.
    async fn insert(&self, orchestra: &Orchestra) -> Result<bool, Error> {
        match self.shared.store.create_orchestra(orchestra).await {
            Ok(()) => Ok(true),
            Err(error) if error.conflict_reason() == Some(ConflictReason::Taken) => Ok(false),
            // Only the answer may be lost.
            Err(error) if error.is_retryable() => match self.find(&orchestra.id).await {
                Ok(Some(there)) if there == *orchestra => Ok(true),
                _ => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}
