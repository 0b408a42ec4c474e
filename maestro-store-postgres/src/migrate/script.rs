//! Scripts: the migrations as SQL, for teams that run it themselves.

use std::fmt::Write;

use super::list::{MIGRATIONS, table};
use crate::{PgOptions, SetupError};

/// A migration as SQL that any client can run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationScript {
    /// Its name, which sorts: `0001_create_…`.
    pub name: &'static str,
    /// The text: one transaction, which also writes down that it was applied, so that
    /// [`pending`](crate::PostgresStore::pending) knows.
    pub sql: String,
}

impl PgOptions {
    /// Returns every migration as SQL, in order, for teams that do not let an application change a schema.
    ///
    /// ```
    /// use maestro_store_postgres::PgOptions;
    ///
    /// let options = PgOptions::from_url("postgres://localhost/automation")?.with_schema("studio");
    /// let scripts = options.migration_scripts()?;
    /// assert!(scripts[0].sql.contains("create table \"studio\".scores"));
    /// # Ok::<(), maestro_store_postgres::SetupError>(())
    /// ```
    ///
    /// # Errors
    /// [`SetupError::Options`].
    pub fn migration_scripts(&self) -> Result<Vec<MigrationScript>, SetupError> {
        let schema = self.check()?;
        let (name, table) = (schema.name(), table(&schema));
        let scripts = MIGRATIONS.iter().map(|step| {
            let mut sql = "begin;\n".to_owned();
            if step.number == 1 {
                let columns = "version bigint primary key, description text not null, installed_on timestamptz not null \
                               default now(), success boolean not null, checksum bytea not null, \
                               execution_time bigint not null";
                let _ = write!(sql, "create schema if not exists \"{name}\";\ncreate table {table} ({columns});\n");
            }
            let migration = step.migration(&schema);
            let checksum: String = migration.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(
                sql,
                "{}\ninsert into {table} (version, description, success, checksum, execution_time)\n\
                 values ({}, '{}', true, '\\x{checksum}', -1);\ncommit;\n",
                migration.sql.as_str(),
                step.number,
                step.name,
            );
            MigrationScript { name: step.name, sql }
        });
        Ok(scripts.collect())
    }
}
