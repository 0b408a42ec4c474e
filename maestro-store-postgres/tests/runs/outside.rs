//! Enqueuing within a transaction of the host.

use maestro_core::{
    domain::EnqueueKey,
    ports::store::{Changed, Enqueued, EventStore, RunStore},
};
use maestro_store_postgres_harness::Database;
use sqlx::Connection;

use crate::stage::{at, claim, new_run, run_sql};

const ACCEPTED: Enqueued = Enqueued::Accepted { held: false };

#[tokio::test]
async fn runs_come_to_be_with_what_the_host_writes_or_never() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut host = database.connection().await;
    run_sql(&mut host, "create table public.orders (id int primary key)").await;
    let mut changes = store.changes().await.unwrap();
    let runs = [new_run(1), new_run(2)];

    let mut transaction = host.begin().await.unwrap();
    run_sql(&mut transaction, "insert into public.orders values (1)").await;
    let hint = store.enqueue_in(&mut transaction, &runs, at(0)).await.unwrap();
    assert_eq!(hint.answers(), [ACCEPTED, ACCEPTED]);
    assert_eq!(claim(&store, 1, 9).await, [], "before the commit nobody sees them");
    transaction.rollback().await.unwrap();
    assert_eq!(claim(&store, 2, 9).await, [], "after a rollback there are none");

    let mut transaction = host.begin().await.unwrap();
    run_sql(&mut transaction, "insert into public.orders values (1)").await;
    let hint = store.enqueue_in(&mut transaction, &runs, at(0)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(hint.hint(), [ACCEPTED, ACCEPTED]);
    let told = changes.next().await.unwrap().changed;
    assert!(
        matches!(told, Changed::Run { .. }),
        "the first that is told, and nothing before the hint: {told:?}"
    );
    assert_eq!(claim(&store, 3, 9).await.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn keys_and_limits_hold_in_a_transaction_of_the_host() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut host = database.connection().await;
    let mut runs = [new_run(1), new_run(2), new_run(3)];
    for run in &mut runs {
        run.max_concurrent_runs = Some(1);
    }
    let key = EnqueueKey { key: "order-1".to_owned(), request_hash: 1, expires_at: at(9) };
    runs[0].key = Some(key.clone());
    runs[1].key = Some(key);
    let mut transaction = host.begin().await.unwrap();
    let hint = store.enqueue_in(&mut transaction, &runs, at(0)).await.unwrap();
    let first = Enqueued::Duplicate { run_id: runs[0].run.run_id, same_request: true };
    let expected = [ACCEPTED, first, Enqueued::Accepted { held: true }];
    assert_eq!(hint.answers(), expected);
    transaction.commit().await.unwrap();
    hint.hint();
    assert_eq!(claim(&store, 1, 9).await.len(), 1);
    let runs: Vec<_> = store.runs(&runs[0].run.workspace, &Default::default(), None, 9).await.unwrap();
    assert_eq!(runs.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_hundred_thousand_runs_are_one_call() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let runs: Vec<_> = (0..100_000).map(new_run).collect();
    let answers = store.enqueue(&runs, at(0)).await.unwrap();
    assert!(answers.len() == 100_000 && answers.iter().all(|answer| *answer == ACCEPTED));
    let again = store.enqueue(&runs, at(0)).await.unwrap();
    assert!(again == answers, "all of them again change nothing");
    let mut limited: Vec<_> = (200_000..210_000).map(new_run).collect();
    limited.iter_mut().for_each(|run| {
        run.run.orchestra_id = "limited".parse().unwrap();
        run.max_concurrent_runs = Some(10);
    });
    let answers = store.enqueue(&limited, at(0)).await.unwrap();
    let held = answers.iter().filter(|answer| **answer == Enqueued::Accepted { held: true }).count();
    assert_eq!(held, 9_990);
    assert_eq!(claim(&store, 1, 512).await.len(), 512);
    store.close().await;
}
