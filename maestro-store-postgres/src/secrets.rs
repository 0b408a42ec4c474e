//! The role that keeps sealed secrets.

use async_trait::async_trait;
use maestro_core::{
    domain::{SealedSecret, SecretInfo, SecretName, WorkspaceId},
    ports::store::{ConflictReason, SecretStore, StoreError},
};
use sqlx::postgres::PgRow;

use crate::{
    PostgresStore,
    columns::compared,
    error::corrupt,
    rows::{BadRow, Columns},
};

#[async_trait]
impl SecretStore for PostgresStore {
    async fn put_secret(
        &self,
        workspace: &WorkspaceId,
        secret: &SealedSecret,
        keep: u32,
    ) -> Result<(), StoreError> {
        let put = self
            .statement(include_str!("../queries/put_secret.sql"))
            .bind(workspace.as_str())
            .bind(secret.name.as_str())
            .bind(compared(secret.version))
            .bind(secret.key_id.as_str())
            .bind(secret.sealed.as_slice())
            .bind(secret.created_at)
            .bind(compared(secret.version.saturating_sub(keep)));
        if !self.shared.ordinary.fetch(put).await?.is_empty() {
            return Ok(());
        }
        let conflict = |reason| Err(StoreError::conflict("secret", &secret.name, reason));
        match self.secret(workspace, &secret.name, Some(secret.version)).await {
            Ok(taken) if taken == *secret => Ok(()),
            Ok(_) => conflict(ConflictReason::Taken),
            Err(StoreError::NotFound { .. }) => conflict(ConflictReason::Changed),
            Err(error) => Err(error),
        }
    }

    async fn secret(
        &self,
        workspace: &WorkspaceId,
        name: &SecretName,
        version: Option<u32>,
    ) -> Result<SealedSecret, StoreError> {
        let secret = self
            .statement(include_str!("../queries/secret.sql"))
            .bind(workspace.as_str())
            .bind(name.as_str())
            .bind(version.map(compared));
        let rows = self.shared.hot.fetch(secret).await?;
        let row = rows.first().ok_or_else(|| StoreError::not_found("secret", name))?;
        sealed(&mut Columns::new(row)).map_err(|bad| corrupt("secret", name, bad))
    }

    async fn secrets(
        &self,
        workspace: &WorkspaceId,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<SecretInfo>, StoreError> {
        let secrets = self
            .statement(include_str!("../queries/secrets.sql"))
            .bind(workspace.as_str())
            .bind(after.map(SecretName::as_str))
            .bind(i64::from(limit));
        let rows = self.shared.ordinary.fetch(secrets).await?;
        rows.iter().map(|row| info(row).map_err(|bad| corrupt("secret", "", bad))).collect()
    }

    async fn delete_secret(&self, workspace: &WorkspaceId, name: &SecretName) -> Result<(), StoreError> {
        let delete = self.statement(include_str!("../queries/delete_secret.sql"));
        let deleted =
            self.shared.ordinary.execute(delete.bind(workspace.as_str()).bind(name.as_str())).await?;
        if deleted == 0 { Err(StoreError::not_found("secret", name)) } else { Ok(()) }
    }

    async fn secret_keys(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.statement(include_str!("../queries/secret_keys.sql"));
        let rows = self.shared.ordinary.fetch(keys).await?;
        let key = |row: &PgRow| Columns::new(row).value::<String>();
        rows.iter().map(|row| key(row).map_err(|bad| corrupt("secret", "", bad))).collect()
    }

    async fn secrets_under_other_keys(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(WorkspaceId, SealedSecret)>, StoreError> {
        let others = self
            .statement(include_str!("../queries/secrets_under_other_keys.sql"))
            .bind(key_id.to_owned())
            .bind(i64::from(limit));
        let rows = self.shared.ordinary.fetch(others).await?;
        let read = |row: &PgRow| {
            let mut columns = Columns::new(row);
            Ok((columns.word()?, sealed(&mut columns)?))
        };
        rows.iter().map(|row| read(row).map_err(|bad: BadRow| corrupt("secret", "", bad))).collect()
    }

    async fn reseal_secret(
        &self,
        workspace: &WorkspaceId,
        expected: &SealedSecret,
        resealed: &SealedSecret,
    ) -> Result<(), StoreError> {
        let reseal = self
            .statement(include_str!("../queries/reseal_secret.sql"))
            .bind(workspace.as_str())
            .bind(expected.name.as_str())
            .bind(compared(expected.version))
            .bind(expected.key_id.as_str())
            .bind(expected.sealed.as_slice())
            .bind(resealed.key_id.as_str())
            .bind(resealed.sealed.as_slice());
        if self.shared.ordinary.execute(reseal).await? > 0 {
            return Ok(());
        }
        let present = self.secret(workspace, &expected.name, Some(expected.version)).await?;
        match present == *resealed {
            true => Ok(()),
            false => Err(StoreError::conflict("secret", &expected.name, ConflictReason::Changed)),
        }
    }
}

fn sealed(columns: &mut Columns<'_>) -> Result<SealedSecret, BadRow> {
    Ok(SealedSecret {
        name: columns.word()?,
        version: columns.count()?,
        key_id: columns.value()?,
        sealed: columns.value()?,
        created_at: columns.moment()?,
    })
}

fn info(row: &PgRow) -> Result<SecretInfo, BadRow> {
    let mut columns = Columns::new(row);
    Ok(SecretInfo {
        name: columns.word()?,
        version: columns.count()?,
        oldest_version: columns.count()?,
        updated_at: columns.moment()?,
    })
}
