//! A store behind a pooler that gives every transaction another connection.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use maestro_core::{
    conformance::clauses,
    domain::{Agent, WorkspaceId},
    ports::store::{AgentStore, Changed, EventStore},
};
use maestro_store_postgres::{PostgresStore, SetupError};
use maestro_store_postgres_harness::{Database, Pooler};
use sqlx::{ConnectOptions, Row};
use tokio::task::JoinSet;

const NEVER: Duration = Duration::from_secs(3_600);

fn agent(id: &str) -> Agent {
    Agent {
        id: id.parse().unwrap(),
        version: 1,
        name: id.to_owned(),
        description: String::new(),
        model: String::new(),
        system_prompt: "Be brief.".to_owned(),
        allowed_tools: Vec::new(),
        max_tokens: None,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

/// Makes a database with the schema, and opens a store in it through the pooler; its streams ask so often to look again.
async fn behind(pooler: &Pooler, look_again: Duration) -> (PostgresStore, Database) {
    let database = Database::empty_on(pooler.cluster()).await;
    let direct = database.store().await;
    direct.migrate().await.unwrap();
    direct.close().await;
    let options = pooler.options(&database.options()).with_look_again(look_again);
    (PostgresStore::connect(options).await.unwrap(), database)
}

#[tokio::test]
async fn every_promise_is_kept_behind_a_pooler() {
    let pooler = Pooler::start().await;
    let mut kept = 0;
    // One clause plays thousands of calls, which are those of the others.
    for clause in clauses().into_iter().filter(|clause| clause.name != "the_live_row_follows_the_pure_model")
    {
        println!("{clause:?}"); // the last one of a test that fails
        let (store, _database) = behind(&pooler, NEVER).await;
        clause.play(Arc::new(store.clone())).await;
        store.close().await;
        kept += 1;
    }
    assert!(kept > 79, "{kept} clauses");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_share_few_connections_and_leave_nothing_on_them() {
    let pooler = Pooler::start().await;
    let (store, database) = behind(&pooler, NEVER).await;
    let mut saving = JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        saving.spawn(async move {
            let (workspace, agent) = (WorkspaceId::default(), agent(&format!("agent-{number}")));
            store.save_agent(&workspace, &agent).await.unwrap();
            assert_eq!(store.agent(&workspace, &agent.id, None).await.unwrap(), agent);
        });
    }
    saving.join_all().await;
    store.close().await;

    let options = pooler.options(&database.options()).connect.extra_float_digits(None);
    let mut other = options.connect().await.unwrap();
    for (setting, expected) in [("enable_seqscan", "on"), ("jit", "on"), ("statement_timeout", "0")] {
        let sql = sqlx::AssertSqlSafe(format!("show {setting}"));
        let row = sqlx::raw_sql(sql).fetch_one(&mut other).await.unwrap();
        assert_eq!(row.get::<&str, _>(0), expected, "what the next one finds of {setting}");
    }
    let kept = sqlx::raw_sql("select name from pg_prepared_statements").fetch_all(&mut other).await.unwrap();
    assert!(kept.is_empty(), "statements are left behind");
}

#[tokio::test]
async fn what_is_done_behind_a_pooler_is_heard_by_who_listens() {
    let pooler = Pooler::start().await;
    let (store, database) = behind(&pooler, Duration::from_millis(50)).await;
    let direct = database.store().await;
    let (mut own, mut others) = (store.changes().await.unwrap(), direct.changes().await.unwrap());
    let (workspace, agent) = (WorkspaceId::default(), agent("scout"));
    store.save_agent(&workspace, &agent).await.unwrap();
    for stream in [&mut own, &mut others] {
        assert_eq!(stream.next().await.unwrap().changed, Changed::Agent(agent.id.clone()));
    }
    assert_eq!(own.next().await, None, "what others do is to be looked for");
    store.close().await;
    direct.close().await;
}

#[tokio::test]
async fn migrations_need_the_server_itself() {
    let pooler = Pooler::start().await;
    let database = Database::empty_on(pooler.cluster()).await;
    let store = PostgresStore::connect(pooler.options(&database.options())).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(error, SetupError::Migration { .. }), "{error:?}");
    assert!(error.to_string().contains("0001_create") && error.to_string().contains("pooler"), "{error}");
    let direct = database.store().await;
    direct.migrate().await.unwrap();
    store.migrate().await.unwrap();
    direct.close().await;
    store.close().await;
}
