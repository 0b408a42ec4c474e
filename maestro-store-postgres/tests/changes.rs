//! Changes: what one process does, another hears of.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use chrono::DateTime;
use maestro_core::{
    domain::{Actor, Agent, WorkspaceId},
    ports::{
        Clock, SystemClock,
        store::{AgentStore, Change, ChangeStream, Changed, EventStore, StoreError, WorkerStore},
    },
};
use maestro_store_postgres::{PgOptions, PostgresStore};
use maestro_store_postgres_harness::Database;

async fn connect(options: PgOptions) -> PostgresStore {
    PostgresStore::connect(options).await.unwrap()
}

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

fn told(id: &str) -> Option<Change> {
    Some(Change { workspace: WorkspaceId::default(), changed: Changed::Agent(id.parse().unwrap()) })
}

async fn save(store: &PostgresStore, id: &str) {
    let workspace = WorkspaceId::default();
    store.save_agent(&workspace, &agent(id)).await.unwrap();
}

/// Waits, but not for what never comes.
async fn in_time<T>(what: &str, comes: impl Future<Output = T>) -> T {
    let clock = SystemClock::new();
    tokio::select! {
        biased;
        come = comes => come,
        () = clock.sleep(Duration::from_secs(20)) => panic!("{what}: never"),
    }
}

async fn next(stream: &mut Box<dyn ChangeStream>) -> Option<Change> {
    in_time("a change is told", stream.next()).await
}

#[tokio::test]
async fn a_change_of_one_process_is_told_in_another_and_once() {
    let database = Database::migrated().await;
    let (one, other) = (database.store().await, database.store().await);
    let (mut own, mut others) = (one.changes().await.unwrap(), other.changes().await.unwrap());
    for id in ["first", "second", "third"] {
        save(&one, id).await;
        assert_eq!(next(&mut own).await, told(id), "in the process itself");
        assert_eq!(next(&mut others).await, told(id), "in another one");
        let (workspace, agent) = (WorkspaceId::default(), id.parse().unwrap());
        assert!(other.agent(&workspace, &agent, None).await.is_ok(), "and can be read there");
    }
    let (workspace, host) = (WorkspaceId::default(), Actor::host());
    other.pause_workspace(&workspace, Some((&host, DateTime::UNIX_EPOCH))).await.unwrap();
    for stream in [&mut own, &mut others] {
        let change = next(stream).await.map(|change| change.changed);
        assert_eq!(change, Some(Changed::Workspace), "and nothing twice before it");
    }
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn stores_of_different_schemas_do_not_hear_each_other() {
    let database = Database::empty().await;
    let (one, other) = (
        connect(database.options().with_schema("one")).await,
        connect(database.options().with_schema("other")).await,
    );
    for store in [&one, &other] {
        store.migrate().await.unwrap();
    }
    let mut stream = other.changes().await.unwrap();
    save(&one, "theirs").await;
    one.close().await; // what it had to tell is told
    save(&other, "ours").await;
    assert_eq!(next(&mut stream).await, told("ours"));
    other.close().await;
}

#[tokio::test]
async fn a_listener_that_is_cut_says_so_and_hears_again() {
    let database = Database::migrated().await;
    let (one, other) = (database.store().await, database.store().await);
    let mut stream = other.changes().await.unwrap();
    let mut admin = database.connection().await;
    for id in ["first", "second", "third"] {
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and query like 'LISTEN%'";
        let cut = sqlx::raw_sql(cut).execute(&mut admin).await.unwrap();
        assert_eq!(cut.rows_affected(), 1, "one connection listens");
        assert_eq!(next(&mut stream).await, None, "the connection is lost");
        assert_eq!(next(&mut stream).await, None, "it listens again, and what was told between is lost");
        save(&one, id).await;
        assert_eq!(next(&mut stream).await, told(id));
    }
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn without_notifications_a_stream_hears_its_own_process_and_asks_to_look_at_the_others() {
    let database = Database::migrated().await;
    let options = database.options().with_listen(false);
    let (one, quiet) =
        (connect(options.clone()).await, connect(options.with_look_again(Duration::from_millis(20))).await);
    let mut own = one.changes().await.unwrap();
    save(&one, "ours").await;
    assert_eq!(next(&mut own).await, told("ours"));
    let mut others = quiet.changes().await.unwrap();
    for _ in 0..2 {
        assert_eq!(next(&mut others).await, None, "something may have been missed");
    }
    let mut admin = database.connection().await;
    let listening = "select from pg_stat_activity where datname = current_database() and query ilike '%listen%' \
                     and pid <> pg_backend_pid()";
    assert_eq!(sqlx::raw_sql(listening).execute(&mut admin).await.unwrap().rows_affected(), 0);
    one.close().await;
    quiet.close().await;
}

#[tokio::test]
async fn a_store_that_is_closed_refuses_who_would_listen_and_lets_go_of_who_does() {
    let database = Database::migrated().await;
    let refused = async |store: &PostgresStore| {
        let answer = in_time("an answer", store.changes()).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })));
    };
    let listening = database.store().await;
    let mut stream = listening.changes().await.unwrap();
    listening.close().await;
    assert_eq!(next(&mut stream).await, None, "nothing more is heard");
    refused(&listening).await;
    for never_listened in [database.options(), database.options().with_listen(false)] {
        let store = connect(never_listened).await;
        store.close().await;
        refused(&store).await;
    }
}

#[tokio::test]
async fn a_store_that_is_dropped_or_closed_leaves_no_connection() {
    let database = Database::migrated().await;
    let mut admin = database.connection().await;
    let closed = database.store().await;
    let stream = closed.changes().await.unwrap();
    save(&closed, "one").await;
    closed.close().await;
    drop(stream);
    let dropped = database.store().await;
    drop(dropped.changes().await.unwrap());
    drop(dropped);
    let ours = "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let gone = async {
        while sqlx::raw_sql(ours).execute(&mut admin).await.unwrap().rows_affected() > 0 {
            tokio::task::yield_now().await;
        }
    };
    in_time("every connection is closed", gone).await;
}
