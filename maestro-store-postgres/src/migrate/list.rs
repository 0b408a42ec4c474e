//! The list of migrations.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::statement::Schema;

/// A step by which the schema grows.
pub(super) struct Step {
    pub(super) number: i64,
    pub(super) name: &'static str,
    pub(super) file: &'static str,
}

macro_rules! steps {
    ($($number:literal $name:literal),+ $(,)?) => {
        &[$(Step {
            number: $number,
            name: $name,
            file: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),+]
    };
}

/// Every migration in its order, by the name of its file. Never edited once released.
pub(super) const MIGRATIONS: &[Step] = steps![
    1 "0001_create_scores_and_agents",
    2 "0002_create_orchestras",
    3 "0003_create_runs",
    4 "0004_create_workers",
    5 "0005_add_costs",
    6 "0006_create_secrets",
    7 "0007_index_runs_by_claim",
    8 "0008_keep_signals_of_runs",
];

/// Returns the table that says which migrations were applied, in quotes.
pub(super) fn table(schema: &Schema) -> String {
    format!("\"{}\".migrations", schema.name())
}

/// Returns what applies the migrations. The caller holds the lock.
pub(super) fn migrator(schema: &Schema, creates_schema: bool) -> Migrator {
    let mut migrator =
        Migrator::with_migrations(MIGRATIONS.iter().map(|step| step.migration(schema)).collect());
    if creates_schema {
        migrator.create_schema(format!("\"{}\"", schema.name()));
    }
    migrator.dangerous_set_table_name(table(schema));
    migrator.set_locking(false);
    migrator
}

impl Step {
    /// Returns the migration as the driver has it. Its checksum is that of the file, so that a schema may be renamed.
    pub(super) fn migration(&self, schema: &Schema) -> Migration {
        let file = self.file.into_sql_str();
        let mut migration =
            Migration::new(self.number, Cow::Borrowed(self.name), MigrationType::Simple, file, false);
        migration.sql = schema.statement(self.file);
        migration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_as_their_files_are_named() {
        for (step, number) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(step.number, number);
            assert!(step.name.starts_with(&format!("{number:04}_")), "{}", step.name);
        }
    }
}
