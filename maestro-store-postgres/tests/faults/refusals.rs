//! A server that answers, and refuses: locks, timeouts, a full disk.

use std::time::Duration;

use maestro_core::{domain::WorkspaceId, ports::store::AgentStore};
use maestro_store_postgres::{PgOptions, PostgresStore};
use maestro_store_postgres_harness::Database;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::writing::{demand_versions, version, words};

async fn run(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql = sql.into();
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await.expect(&sql);
}

/// Returns the backends that serve the store.
async fn backends(admin: &mut PgConnection) -> Vec<i32> {
    let ours = "select pid from pg_stat_activity where datname = current_database()
                and application_name = 'maestro' order by pid";
    sqlx::query(ours).fetch_all(admin).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Locks a table, demands that the store says why it cannot write, and that it can again when the lock is gone.
async fn blocked(options: impl FnOnce(PgOptions) -> PgOptions, reason: &str) {
    let database = Database::migrated().await;
    let mut admin = database.connection().await;
    let store = PostgresStore::connect(options(database.options()).with_listen(false)).await.unwrap();
    let workspace = WorkspaceId::default();
    store.save_agent(&workspace, &version("scout", 1)).await.unwrap();
    let before = backends(&mut admin).await;
    run(&mut admin, "begin; lock table maestro.agents in access exclusive mode").await;
    for _ in 0..2 {
        let error = store.save_agent(&workspace, &version("scout", 2)).await.unwrap_err();
        assert!(error.is_retryable() && words(&error).contains(reason), "{}", words(&error));
    }
    run(&mut admin, "commit").await;
    store.save_agent(&workspace, &version("scout", 2)).await.unwrap();
    demand_versions(&store, "scout", 2).await;
    assert!(backends(&mut admin).await.starts_with(&before), "a refusal costs no connection");
    store.close().await;
}

#[tokio::test]
async fn a_lock_that_is_held_for_long_is_not_waited_for() {
    blocked(|options| options.with_lock_timeout(Duration::from_millis(30)), "lock timeout").await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up() {
    blocked(|options| options.with_statement_timeout(Duration::from_millis(30)), "statement timeout").await;
}

#[tokio::test]
async fn a_full_disk_is_an_outage_like_any_other() {
    let database = Database::migrated().await;
    let mut admin = database.connection().await;
    let store = database.store().await;
    let workspace = WorkspaceId::default();
    store.save_agent(&workspace, &version("scout", 1)).await.unwrap();
    // The same words and code as the server's own, which needs a disk of its own to say them.
    run(
        &mut admin,
        "create function full_disk() returns trigger language plpgsql as $$ begin
             raise exception 'could not extend file: No space left on device' using errcode = '53100';
         end $$;
         create trigger full_disk before insert on maestro.agent_versions execute function full_disk()",
    )
    .await;
    for _ in 0..3 {
        let error = store.save_agent(&workspace, &version("scout", 2)).await.unwrap_err();
        assert!(error.is_retryable() && words(&error).contains("No space left"), "{}", words(&error));
    }
    let latest = store.agent(&workspace, &"scout".parse().unwrap(), None).await.unwrap();
    assert_eq!(latest.version, 1, "what was refused is not there in part");
    run(&mut admin, "drop trigger full_disk on maestro.agent_versions").await;
    store.save_agent(&workspace, &version("scout", 2)).await.unwrap();
    demand_versions(&store, "scout", 2).await;
    store.close().await;
}
