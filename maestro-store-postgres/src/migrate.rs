//! Migrations: how the schema comes to be and grows.

use std::borrow::Cow;

use sqlx::{
    Connection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use crate::{
    PostgresStore, SetupError,
    connect::{Connector, Purpose},
    error::words,
};

/// Every migration in its order: number, name, file. Never edited once released.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "create scores and agents", include_str!("../migrations/0001_create_scores_and_agents.sql")),
    (2, "create orchestras", include_str!("../migrations/0002_create_orchestras.sql")),
    (3, "create runs", include_str!("../migrations/0003_create_runs.sql")),
    (4, "create workers", include_str!("../migrations/0004_create_workers.sql")),
];

/// Guards the migrations of every schema of a database. Not the driver's number, which the host's migrations use.
const LOCK: i64 = 0x4d41_4553_5452_4f31;

impl PostgresStore {
    /// Creates the schema or brings it up to date. May be called by many processes at once: one does it, the others wait.
    ///
    /// # Errors
    /// [`SetupError::Unreachable`]; [`SetupError::Migration`] when the database is newer than this code, or refuses.
    pub async fn migrate(&self) -> Result<(), SetupError> {
        let shared = &self.shared;
        let unreachable = |source: sqlx::Error| SetupError::Unreachable {
            place: shared.options.place(),
            reason: words(&source),
            source: Box::new(source),
        };
        // A connection of its own: whatever goes wrong, the lock ends with it.
        let connector = Connector::new(&shared.options, Purpose::Ordinary);
        let mut connection = connector.connect().await.map_err(unreachable)?;
        sqlx::raw_sql("set statement_timeout = 0; set lock_timeout = 0")
            .execute(&mut connection)
            .await
            .map_err(unreachable)?;
        sqlx::query("select pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut connection)
            .await
            .map_err(unreachable)?;
        self.migrator().run_direct(None, &mut connection, false).await.map_err(refused)?;
        // What was done is done, whether or not the server hears the good-bye.
        let _ = connection.close().await;
        Ok(())
    }

    fn migrator(&self) -> Migrator {
        let schema = &self.shared.schema;
        let migrations = MIGRATIONS.iter().map(|(number, name, file)| {
            let sql = schema.statement(file);
            Migration::new(*number, Cow::Borrowed(name), MigrationType::Simple, sql, false)
        });
        let mut migrator = Migrator::with_migrations(migrations.collect());
        migrator.create_schema(format!("\"{}\"", schema.name()));
        migrator.dangerous_set_table_name(format!("\"{}\".migrations", schema.name()));
        migrator.set_locking(false);
        migrator
    }
}

fn refused(error: MigrateError) -> SetupError {
    SetupError::Migration { reason: error.to_string(), source: Box::new(error) }
}
