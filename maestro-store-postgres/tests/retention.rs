//! Retention by several processes at once.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use chrono::{DateTime, TimeDelta};
use maestro_core::{
    domain::{Actor, Class, NewRun, OrchestraId, Payload, RunId, RunRef, Trigger, WorkspaceId},
    ports::store::{RunFilter, RunStore},
};
use maestro_store_postgres_harness::Database;

#[tokio::test]
async fn what_another_process_deletes_now_is_not_waited_for() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let (workspace, at) = (WorkspaceId::default(), DateTime::UNIX_EPOCH);
    let runs: Vec<NewRun> = (0..3)
        .map(|number| NewRun {
            run: RunRef {
                workspace: workspace.clone(),
                orchestra_id: OrchestraId::new("overture").unwrap(),
                run_id: RunId::from_u128(number),
            },
            score_id: "score".parse().unwrap(),
            score_version: 1,
            agents: Vec::new(),
            trigger: Trigger::Manual,
            class: Class::Normal,
            due_at: at,
            input: Payload::empty_object(),
            key: None,
            max_concurrent_runs: None,
            exclusive: false,
            promotes: false,
        })
        .collect();
    store.enqueue(&runs, at).await.unwrap();
    for new in &runs {
        store.cancel(&workspace, new.run.run_id, false, &Actor::host(), at).await.unwrap();
    }
    let mut other = database.connection().await;
    sqlx::raw_sql("begin").execute(&mut other).await.unwrap();
    let delete =
        sqlx::query("delete from maestro.runs where id = (select min(id::text)::uuid from maestro.runs)");
    assert_eq!(delete.execute(&mut other).await.unwrap().rows_affected(), 1);

    let later = at + TimeDelta::days(90);
    assert_eq!(store.prune_runs(later, later, 10).await.unwrap(), 2, "the others are deleted");
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    assert_eq!(
        store.prune_runs(later, later, 10).await.unwrap(),
        1,
        "and the last, when it was left after all"
    );
    assert!(store.runs(&workspace, &RunFilter::default(), None, 10).await.unwrap().is_empty());
    store.close().await;
}
