//! Claims begin where the last full one ended, and yet find what is put before that.

use std::slice::from_ref;

use maestro_core::{
    domain::{Actor, Disposition, NewRun, RunRef},
    ports::store::{ClaimedRun, RunStore},
};
use maestro_store_postgres_harness::Database;

use crate::stage::{WORKER, at, claim, new_run, record};

fn runs(claimed: &[ClaimedRun]) -> Vec<RunRef> {
    claimed.iter().map(|claimed| claimed.run.clone()).collect()
}

#[tokio::test]
async fn a_run_that_is_put_before_the_others_is_claimed_next() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let late: Vec<_> = (1..=20).map(new_run).collect();
    store.enqueue(&late, at(0)).await.unwrap();
    assert_eq!(claim(&store, 1, 2).await.len(), 2, "a full claim");

    let early = NewRun { due_at: at(-500), ..new_run(50) };
    store.enqueue(from_ref(&early), at(0)).await.unwrap();
    assert_eq!(runs(&claim(&store, 2, 1).await), from_ref(&early.run), "enqueued");

    let parked =
        record(&early.run, 1, vec![], Disposition::Park { wake_at: Some(at(-400)), signals_seen: 0 });
    store.record(&[parked], at(0)).await.unwrap();
    assert_eq!(runs(&claim(&store, 3, 1).await), from_ref(&early.run), "parked");

    store.reclaim(&[WORKER], at(-300), 99).await.unwrap();
    let back = claim(&store, 4, 3).await;
    assert!(back.iter().all(|claimed| claimed.claim_no > 1), "taken from the dead: {back:?}");

    let held = NewRun { due_at: at(-200), max_concurrent_runs: Some(0), ..new_run(60) };
    store.enqueue(from_ref(&held), at(0)).await.unwrap();
    store.promote(&held.run.workspace, &held.run.orchestra_id, None).await.unwrap();
    assert_eq!(runs(&claim(&store, 5, 1).await), from_ref(&held.run), "let go");
    let actor = Actor::new("ann");
    store.cancel(&held.run.workspace, held.run.run_id, true, &actor, at(0)).await.unwrap();
    let mut rest = 0;
    loop {
        let claimed = claim(&store, 100 + rest, 3).await.len();
        if claimed == 0 {
            break;
        }
        rest += claimed as u128;
    }
    assert_eq!(rest, 18, "and none of the others is forgotten");
    store.close().await;
}
