//! Migrations: a good guest in a database that has other inhabitants.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::borrow::Cow;

use maestro_core::{
    domain::WorkspaceId,
    ports::store::{ScoreStore, WorkerStore},
};
use maestro_store_postgres::{PgOptions, PostgresStore, SetupError};
use maestro_store_postgres_harness::Database;
use sqlx::{
    AssertSqlSafe, PgConnection, Row, SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};
use tokio::task::JoinSet;

async fn connect(options: PgOptions) -> PostgresStore {
    PostgresStore::connect(options).await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql = sql.into();
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await.expect(&sql);
}

/// Returns the one column of every row, as text.
async fn list(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let rows = sqlx::query(sql).fetch_all(connection).await.expect(sql);
    rows.iter().map(|row| row.get(0)).collect()
}

/// Returns every column, index and constraint of the schema.
async fn catalogue(connection: &mut PgConnection) -> Vec<String> {
    list(
        connection,
        "select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
         from information_schema.columns where table_schema = 'maestro'
         union all select indexdef from pg_indexes where schemaname = 'maestro'
         union all select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
         where connamespace = 'maestro'::regnamespace
         order by 1",
    )
    .await
}

fn guests() -> Migrator {
    let file = |sql: &'static str, number, name| {
        Migration::new(number, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        file("create table guests (name text primary key)", 1, "create guests"),
        file("create table rooms (number int primary key)", 2, "create rooms"),
    ])
}

#[tokio::test]
async fn the_migrations_of_a_host_stay_untouched() {
    let database = Database::empty().await;
    let mut host = database.connection().await;
    let store = database.store().await;
    guests().run_direct(Some(1), &mut host, false).await.unwrap();
    store.migrate().await.unwrap();
    guests().run_direct(None, &mut host, false).await.unwrap();
    store.migrate().await.unwrap();

    let hosts = "select description from _sqlx_migrations order by version";
    assert_eq!(list(&mut host, hosts).await, ["create guests", "create rooms"]);
    let public = "select tablename::text from pg_tables where schemaname = 'public' order by 1";
    assert_eq!(list(&mut host, public).await, ["_sqlx_migrations", "guests", "rooms"]);
    store.close().await;
}

#[tokio::test]
async fn a_host_that_migrates_is_not_waited_for() {
    let database = Database::empty().await;
    let mut host = database.connection().await;
    host.lock().await.unwrap();
    let store = database.store().await;
    store.migrate().await.unwrap();
    host.unlock().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn ten_processes_that_start_at_once_migrate_once() {
    let database = Database::empty().await;
    let mut starting = JoinSet::new();
    for _ in 0..10 {
        let options = database.options();
        starting.spawn(async move {
            let store = connect(options).await;
            let migrated = store.migrate().await;
            store.close().await;
            migrated
        });
    }
    for migrated in starting.join_all().await {
        migrated.unwrap();
    }
    let mut connection = database.connection().await;
    let applied = list(&mut connection, "select description from maestro.migrations order by version").await;
    let known = database.options().migration_scripts().unwrap();
    assert_eq!(applied, known.iter().map(|script| script.name).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_database_of_a_later_release_is_refused_in_clear_words() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    let later = "insert into maestro.migrations select 999, 'later', now(), true, checksum, 0 from maestro.migrations limit 1";
    run(&mut connection, later).await;
    let store = database.store().await;
    for refused in [store.migrate().await, store.pending().await.map(drop)] {
        let error = refused.unwrap_err();
        assert!(matches!(error, SetupError::Newer { found: 999, .. }), "{error:?}");
        assert!(
            error.to_string().contains("at migration 999") && error.to_string().contains("update it"),
            "{error}"
        );
    }
    store.close().await;
}

#[tokio::test]
async fn every_schema_since_the_first_is_brought_up_to_date() {
    let fresh = Database::migrated().await;
    let expected = catalogue(&mut fresh.connection().await).await;
    let scripts = fresh.options().migration_scripts().unwrap();
    for done in 0..=scripts.len() {
        let database = Database::empty().await;
        let mut connection = database.connection().await;
        for script in &scripts[..done] {
            run(&mut connection, &script.sql).await;
        }
        let store = database.store().await;
        let names: Vec<_> = scripts[done..].iter().map(|script| script.name).collect();
        assert_eq!(store.pending().await.unwrap(), names, "after {done} scripts that a person has run");
        store.migrate().await.unwrap();
        assert_eq!(store.pending().await.unwrap(), [""; 0]);
        assert_eq!(catalogue(&mut connection).await, expected, "after {done} scripts that a person has run");
        store.close().await;
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let database = Database::empty().await;
    let mut connection = database.connection().await;
    run(&mut connection, "create schema maestro; create table maestro.firings (in_the_way int)").await;
    let store = database.store().await;
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(error, SetupError::Migration { .. }), "{error:?}");
    assert!(error.to_string().contains("firings"), "{error}");
    let tables =
        "select tablename::text from pg_tables where schemaname = 'maestro' and tablename like 'orch%'";
    assert_eq!(list(&mut connection, tables).await, [""; 0], "the part of the migration before the failure");
    run(&mut connection, "drop table maestro.firings").await;
    store.migrate().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_role_that_may_not_change_the_schema_can_start_when_it_is_up_to_date() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    let role = format!("player_{}", std::process::id());
    run(
        &mut connection,
        format!(
            "create role {role} login; grant usage on schema maestro to {role};
             grant select, insert, update, delete on all tables in schema maestro to {role}"
        ),
    )
    .await;
    let mut options = database.options();
    options.connect = options.connect.username(&role);
    let store = connect(options).await;
    store.migrate().await.unwrap();
    assert!(store.scores(&WorkspaceId::default(), None, 1).await.unwrap().is_empty());

    run(&mut connection, "delete from maestro.migrations where version = 1").await;
    let error = store.migrate().await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    store.close().await;
    run(&mut connection, format!("drop owned by {role}; drop role {role}")).await;
}

#[tokio::test]
async fn two_schemas_of_one_database_know_nothing_of_each_other() {
    let database = Database::empty().await;
    let workspace = WorkspaceId::default();
    let actor = maestro_core::domain::Actor::host();
    let [one, other] = ["studio_one", "studio_two"].map(|name| database.options().with_schema(name));
    let (one, other) = (connect(one).await, connect(other).await);
    for store in [&one, &other] {
        store.migrate().await.unwrap();
    }
    one.pause_workspace(&workspace, Some((&actor, chrono::DateTime::UNIX_EPOCH))).await.unwrap();
    assert!(one.workspace(&workspace).await.unwrap().paused.is_some());
    assert!(other.workspace(&workspace).await.unwrap().paused.is_none());
    for store in [one, other] {
        store.close().await;
    }
}
