//! The ledger as people read it: of every slot what became of it.

use chrono::{DateTime, Utc};

use super::{
    super::{Error, Workspace},
    passed,
};
use crate::domain::{Firing, OrchestraId};

impl Workspace {
    /// Lists what became of the slots of an orchestra, the latest first, rows whose slot is before `before`, at most `limit`.
    ///
    /// While an orchestra is disabled the first row covers the slots that pass over it; it is written down when the
    /// orchestra is enabled or gets another schedule. The ledger of a deleted orchestra stays readable.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn firings(
        &self,
        id: &OrchestraId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Firing>, Error> {
        let passing = match self.find(id).await? {
            Some(orchestra) => passed::not_yet_written(&orchestra, self.shared.now()),
            None => None,
        };
        let passing = passing.filter(|row| limit > 0 && before.is_none_or(|before| row.slot < before));
        let written = limit.saturating_sub(u32::from(passing.is_some()));
        let rows = self.shared.store.firings(&self.id, id, before, written).await?;
        // Written between the two reads, it is among the rows.
        let passing = passing.filter(|passing| rows.first().is_none_or(|row| row.slot < passing.slot));
        Ok(passing.into_iter().chain(rows).collect())
    }
}
