//! Rows that make no sense, as a foreign hand may write them: they are left aside, and stop nothing else.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{ClaimId, Class, NewRun, OrchestraId, Payload, RunId, RunRef, Trigger, WorkerId, WorkspaceId},
    ports::store::{ClaimedRun, DueClass, OrchestraStore, Quota, RunStore, StoreError, WorkerStore},
};
use maestro_store_postgres::PostgresStore;
use maestro_store_postgres_harness::Database;
use sqlx::AssertSqlSafe;

use crate::log::Log;

const ME: WorkerId = WorkerId::from_u128(1);

/// The run whose rows are spoiled; a good one stands behind it.
const ODD: &str = "(select min(run_id::text)::uuid from maestro.live_runs)";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_953_200, 0).unwrap()
}

/// Returns the id of a run; they sort as their numbers do.
fn id(number: u128) -> RunId {
    RunId::from_u128(RunId::at(now(), 0).as_u128() | number)
}

fn new_run(number: u128) -> NewRun {
    NewRun {
        run: RunRef {
            workspace: WorkspaceId::default(),
            orchestra_id: OrchestraId::new("news").unwrap(),
            run_id: id(number),
        },
        score_id: "score".parse().unwrap(),
        score_version: 1,
        agents: Vec::new(),
        trigger: Trigger::Api,
        class: Class::Normal,
        due_at: now() - TimeDelta::seconds(1),
        input: Payload::empty_object(),
        key: None,
        max_concurrent_runs: None,
        exclusive: false,
        promotes: false,
    }
}

/// Looks for work as a worker does: who has some, then claims of those.
async fn look(store: &PostgresStore, claim: u128) -> Vec<ClaimedRun> {
    let (due, _) = store.due(now(), None, 10).await.unwrap();
    let quota = |DueClass { workspace, class }| Quota { workspace, class, limit: 10.try_into().unwrap() };
    let quotas: Vec<_> = due.into_iter().map(quota).collect();
    store.claim(ME, ClaimId::from_u128(claim), now(), &quotas).await.unwrap()
}

#[tokio::test]
async fn a_queue_row_that_makes_no_sense_is_left_aside() {
    for spoil in [
        "workspace_id = 'No such name!'",
        "class = 9",
        "orchestra_id = 'No such name!'",
        "claim_no = 2147483647",
        "claim_no = -5",
        "seq = 2147483647",
        "signals = -1",
        "due_at = '-infinity'",
        "started_at = 'infinity'",
        "due_at = '290000-01-01'",
    ] {
        let database = Database::migrated().await;
        let store = database.store().await;
        store.register_worker(ME, now()).await.unwrap();
        store.enqueue(&[new_run(1), new_run(2)], now()).await.unwrap();
        let sql = format!("update maestro.live_runs set {spoil} where run_id = {ODD}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database.connection().await).await.unwrap();

        let claimed = look(&store, 1).await;
        let good: Vec<_> = claimed.iter().map(|run| run.run.run_id).collect();
        assert_eq!(good, [id(2)], "{spoil}");
        assert!(look(&store, 2).await.is_empty(), "{spoil}: it does not come back");
        let (due, next) = store.due(now(), None, 10).await.unwrap();
        assert_eq!((due.len(), next), (0, None), "{spoil}: nobody is kept busy by it");
        store.close().await;
    }
}

#[tokio::test]
async fn a_row_of_a_dead_worker_that_makes_no_sense_keeps_no_other_from_being_taken_back() {
    let database = Database::migrated().await;
    let store = database.store().await;
    store.enqueue(&[new_run(1), new_run(2)], now()).await.unwrap();
    assert_eq!(look(&store, 1).await.len(), 2);
    let sql = format!("update maestro.live_runs set recoveries = 2147483647 where run_id = {ODD}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database.connection().await).await.unwrap();
    assert_eq!(store.reclaim(&[ME], now(), 10).await.unwrap(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_held_row_that_makes_no_sense_keeps_no_other_from_being_let_go() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let held = |number| NewRun { max_concurrent_runs: Some(0), ..new_run(number) };
    store.enqueue(&[held(1), held(2)], now()).await.unwrap();
    let sql = format!("update maestro.live_runs set orchestra_id = 'No such name!' where run_id = {ODD}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database.connection().await).await.unwrap();
    let news = OrchestraId::new("news").unwrap();
    assert_eq!(store.held(10).await.unwrap(), [(WorkspaceId::default(), news)]);
    store.close().await;
}

#[tokio::test]
async fn a_time_that_is_none_is_no_panic() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let sql = "insert into maestro.schedules (workspace_id, orchestra_id, enabled, schedule_rev, next_fire_at, overlap)
               values ('default', 'news', true, 1, 'infinity', 'skip');
               insert into maestro.workspaces (workspace_id, paused_at, paused_by) values ('default', 'infinity', 'ann')";
    sqlx::raw_sql(sql).execute(&mut database.connection().await).await.unwrap();
    assert_eq!(store.due_schedules(now(), 10).await.unwrap(), (Vec::new(), None));
    let workspace = store.workspace(&WorkspaceId::default()).await;
    assert!(matches!(workspace, Err(StoreError::Corrupt { .. })), "{workspace:?}");
    store.close().await;
}

#[tokio::test]
async fn schedules_that_make_no_sense_keep_no_other_from_firing_and_are_told_of_once() {
    let (log, _listening) = Log::listen();
    let database = Database::migrated().await;
    let store = database.store().await;
    // Ten whose zone nobody knows, in front of one that is well.
    let sql = "insert into maestro.orchestras (workspace_id, id, name, tag, description, cron, timezone, score_id,
                   secret_bindings, misfire, catchup_window_s, revision, created_at, updated_at)
               select 'default', 'o' || n, '', '', '', '* * * * *', case n when 11 then 'UTC' else 'Mars/Base' end,
                   'score', '{}', 'skip', 60, 1, now(), now() from generate_series(1, 11) as n;
               insert into maestro.schedules (workspace_id, orchestra_id, enabled, schedule_rev, next_fire_at, overlap)
               select 'default', 'o' || n, true, 1, '2026-03-08'::timestamptz + n * interval '1 s', 'skip'
               from generate_series(1, 11) as n";
    sqlx::raw_sql(sql).execute(&mut database.connection().await).await.unwrap();
    for _ in 0..3 {
        let (due, next) = store.due_schedules(now(), 2).await.unwrap();
        let ids: Vec<_> = due.iter().map(|due| due.orchestra.id.as_str()).collect();
        assert_eq!((ids, next), (vec!["o11"], None));
    }
    assert_eq!(log.count_at("ERROR", "make no sense"), 1, "{:?}", log.lines());
    store.close().await;
}
