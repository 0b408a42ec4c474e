//! Migrations: how the schema comes to be and grows, beside whatever else lives in the database.

mod list;
mod script;

use maestro_core::ports::store::BoxError;
use sqlx::{Connection, PgConnection, Row, migrate::Migrator};

use self::list::{MIGRATIONS, migrator, table};
pub use self::script::MigrationScript;
use crate::{
    PostgresStore, SetupError,
    connect::{Connector, Purpose},
};

/// Guards the migrations of every schema of a database. Not the driver's number, which the host's migrations use.
const LOCK: i64 = 0x4d41_4553_5452_4f31;

/// Why nothing is migrated.
#[derive(Debug, thiserror::Error)]
#[error("a pooler cannot carry migrations; connect to the server itself, or run the scripts of {}", .0.join(", "))]
struct BehindPooler(Vec<&'static str>);

impl PostgresStore {
    /// Creates the schema or brings it up to date. May be called by many processes at once: one does it, the others wait.
    /// Each migration is applied wholly or not at all. A schema that is up to date is only looked at, so that later starts
    /// need no right to change it.
    ///
    /// # Errors
    /// [`SetupError::Unreachable`]; [`SetupError::Newer`]; [`SetupError::Migration`] when the database refuses.
    pub async fn migrate(&self) -> Result<(), SetupError> {
        // A connection of its own: whatever goes wrong, its lock and its settings end with it.
        let mut connection = self.connect_to_migrate().await?;
        let migrated = self.migrate_on(&mut connection).await;
        // What was done is done, whether or not the server hears the good-bye.
        let _ = connection.close().await;
        migrated
    }

    /// Returns the names of the migrations that [`migrate`](Self::migrate) would apply, in their order.
    ///
    /// # Errors
    /// As [`migrate`](Self::migrate).
    pub async fn pending(&self) -> Result<Vec<String>, SetupError> {
        let mut connection = self.connect_to_migrate().await?;
        let pending = self.pending_on(&mut connection).await;
        let _ = connection.close().await;
        Ok(pending?.into_iter().map(str::to_owned).collect())
    }

    async fn migrate_on(&self, connection: &mut PgConnection) -> Result<(), SetupError> {
        if self.shared.options.pooler {
            let pending = self.pending_on(connection).await?;
            return if pending.is_empty() { Ok(()) } else { Err(refused(BehindPooler(pending))) };
        }
        let lock = "set statement_timeout = 0; set lock_timeout = 0; select pg_advisory_lock(";
        let lock = sqlx::AssertSqlSafe(format!("{lock}{LOCK})"));
        sqlx::raw_sql(lock).execute(&mut *connection).await.map_err(refused)?;
        if self.pending_on(connection).await?.is_empty() {
            return Ok(());
        }
        let schema = &self.shared.schema;
        let known = sqlx::query("select from pg_namespace where nspname = $1").bind(schema.name());
        let has_schema = known.fetch_optional(&mut *connection).await.map_err(refused)?.is_some();
        let migrator: Migrator = migrator(schema, !has_schema);
        migrator.run_direct(None, connection, false).await.map_err(refused)
    }

    async fn pending_on(&self, connection: &mut PgConnection) -> Result<Vec<&'static str>, SetupError> {
        let applied = self.applied(connection).await.map_err(refused)?;
        let latest = MIGRATIONS.iter().map(|migration| migration.number).max().unwrap_or(0);
        if let Some(found) = applied.iter().copied().find(|number| *number > latest) {
            return Err(SetupError::Newer { found, latest });
        }
        let pending = MIGRATIONS.iter().filter(|migration| !applied.contains(&migration.number));
        Ok(pending.map(|migration| migration.name).collect())
    }

    /// Returns the numbers of the migrations that were applied.
    async fn applied(&self, connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
        let schema = &self.shared.schema;
        let mut transaction = connection.begin().await?; // one connection, behind a pooler too
        let found = sqlx::query("select to_regclass($1) is not null").persistent(false).bind(table(schema));
        let mut applied = Vec::new();
        if found.fetch_one(&mut *transaction).await?.try_get::<bool, _>(0)? {
            let known = schema.query(include_str!("../queries/applied_migrations.sql")).persistent(false);
            for row in known.fetch_all(&mut *transaction).await? {
                applied.push(row.try_get(0)?);
            }
        }
        transaction.commit().await?;
        Ok(applied)
    }

    async fn connect_to_migrate(&self) -> Result<PgConnection, SetupError> {
        let shared = &self.shared;
        let tried = Connector::new(&shared.options, Purpose::Ordinary).try_out(shared.clock.as_ref()).await;
        tried.map(|trial| trial.connection).map_err(|error| shared.options.unreachable(error))
    }
}

fn refused(error: impl Into<BoxError>) -> SetupError {
    let source = error.into();
    SetupError::Migration { reason: source.to_string(), source }
}
