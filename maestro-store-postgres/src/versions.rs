//! Documents whose versions are immutable: what scores and agents have in common.

use maestro_core::{
    domain::WorkspaceId,
    ports::store::{ConflictReason, StoreError},
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, postgres::PgRow};

use crate::{
    PostgresStore,
    columns::compared,
    error::{corrupt, failed},
};

/// A kind of document, and its statements.
pub(crate) struct Kind {
    /// Its name, in errors.
    pub(crate) what: &'static str,
    pub(crate) one: &'static str,
    pub(crate) list: &'static str,
    pub(crate) standing: &'static str,
    pub(crate) lock: &'static str,
    pub(crate) delete: &'static str,
}

impl Kind {
    /// Writes a document as it is stored.
    pub(crate) fn write(&self, document: &impl Serialize) -> Result<String, StoreError> {
        serde_json::to_string(document)
            .map_err(|error| StoreError::NotStorable { reason: format!("a {}: {error}", self.what) })
    }

    fn read<V: DeserializeOwned>(&self, id: &str, document: &str) -> Result<V, StoreError> {
        serde_json::from_str(document).map_err(|error| corrupt(self.what, id, error))
    }

    fn read_row<V: DeserializeOwned>(&self, row: &PgRow) -> Result<V, StoreError> {
        self.read(row.try_get("id").map_err(failed)?, row.try_get("document").map_err(failed)?)
    }
}

impl PostgresStore {
    /// Returns a version, the latest of what is not deleted when none is named.
    pub(crate) async fn version<V: DeserializeOwned>(
        &self,
        kind: &Kind,
        workspace: &WorkspaceId,
        id: &str,
        version: Option<u32>,
    ) -> Result<V, StoreError> {
        let one = self.statement(kind.one).bind(workspace.as_str()).bind(id).bind(version.map(compared));
        let rows = self.shared.hot.fetch(one).await?;
        let row = rows.first().ok_or_else(|| StoreError::not_found(kind.what, id))?;
        kind.read_row(row)
    }

    /// Returns the latest versions of what is not deleted, in the order of ids, those after `after`.
    pub(crate) async fn latest_versions<V: DeserializeOwned>(
        &self,
        kind: &Kind,
        workspace: &WorkspaceId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<V>, StoreError> {
        let list = self.statement(kind.list).bind(workspace.as_str()).bind(after).bind(i64::from(limit));
        let rows = self.shared.ordinary.fetch(list).await?;
        rows.iter().map(|row| kind.read_row(row)).collect()
    }

    /// Decides about a version that was not saved: it is good when the very same one is there already.
    pub(crate) async fn settle_version<V: DeserializeOwned + PartialEq>(
        &self,
        kind: &Kind,
        workspace: &WorkspaceId,
        id: &str,
        version: u32,
        document: &V,
    ) -> Result<(), StoreError> {
        let standing = self.statement(kind.standing);
        let standing = standing.bind(workspace.as_str()).bind(id).bind(compared(version));
        let rows = self.shared.ordinary.fetch(standing).await?;
        let conflict = |reason| Err(StoreError::conflict(kind.what, id, reason));
        let Some(row) = rows.first() else { return conflict(ConflictReason::Changed) };
        let is_deleted: bool = row.try_get("deleted").map_err(failed)?;
        let known: Option<&str> = row.try_get("document").map_err(failed)?;
        match known {
            _ if is_deleted => conflict(ConflictReason::Taken),
            None => conflict(ConflictReason::Changed),
            Some(known) if kind.read::<V>(id, known)? == *document => Ok(()),
            Some(_) => conflict(ConflictReason::Taken),
        }
    }

    /// Deletes a document that nobody uses. Whoever begins to use it meanwhile waits for the lock, so that what is looked
    /// at after it was taken stays true.
    pub(crate) async fn delete_versions(
        &self,
        kind: &Kind,
        workspace: &WorkspaceId,
        id: &str,
    ) -> Result<(), StoreError> {
        let ordinary = &self.shared.ordinary;
        let mut lane = ordinary.transaction().await?;
        let deletion = async {
            let lock = self.statement(kind.lock).bind(workspace.as_str()).bind(id);
            lock.execute(&mut *lane).await?;
            let delete = self.statement(kind.delete).bind(workspace.as_str()).bind(id);
            let row = delete.fetch_one(&mut *lane).await?;
            Ok((row.try_get::<bool, _>("in_use")?, row.try_get::<bool, _>("deleted")?))
        };
        let answer = ordinary.in_time(deletion).await;
        match lane.settle(answer).await? {
            (true, _) => Err(StoreError::conflict(kind.what, id, ConflictReason::InUse)),
            (false, false) => Err(StoreError::not_found(kind.what, id)),
            (false, true) => Ok(()),
        }
    }
}
