//! The clause of idempotency keys.

use std::{slice, sync::Arc};

use crate::conformance::kit::{Bench, assert_not_found, at, at_once, succeeded, tick};
use crate::{
    domain::{EnqueueKey, NewRun, RunId},
    ports::store::{Enqueued, RunStore},
};

const ACCEPTED: Enqueued = Enqueued::Accepted { held: false };

fn duplicate(run_id: RunId) -> Enqueued {
    Enqueued::Duplicate { run_id, same_request: true }
}

/// While a key lasts, another run with it in the same orchestra is not made, and the answer names the first. Another
/// orchestra or workspace may use the same key.
pub async fn a_key_makes_one_run(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_key_makes_one_run");
    let with = |key: &str, hash, new: NewRun| {
        let key = EnqueueKey { key: key.to_owned(), request_hash: hash, expires_at: at(100) };
        NewRun { key: Some(key), ..new }
    };
    let first = with("Order-1", 7, bench.run());
    let id = first.run.run_id;
    assert_eq!(bench.enqueue(slice::from_ref(&first), at(0)).await, [ACCEPTED]);

    let second = with("Order-1", 7, bench.run());
    assert_eq!(bench.enqueue(slice::from_ref(&second), at(1)).await, [duplicate(id)], "the same request");
    let mistaken = with("Order-1", 8, bench.run());
    let differs = Enqueued::Duplicate { run_id: id, same_request: false };
    assert_eq!(bench.enqueue(slice::from_ref(&mistaken), at(1)).await, [differs], "another request");
    for refused in [&second, &mistaken] {
        let found = bench.store.run(&refused.run.workspace, refused.run.run_id).await;
        assert_not_found(found, "a run whose key belongs to another run");
    }
    assert_eq!(bench.enqueue(slice::from_ref(&first), at(2)).await, [ACCEPTED], "the first, sent again");

    let elsewhere = [
        with("Order-1", 7, bench.run_in(Bench::WORKSPACE, "another")),
        with("Order-1", 7, bench.run_in("other", Bench::ORCHESTRA)),
        with("order-1", 7, bench.run()),
        with("Order-1 ", 7, bench.run()),
        bench.run(),
    ];
    assert_eq!(
        bench.enqueue(&elsewhere, at(2)).await,
        [ACCEPTED; 5],
        "another orchestra, workspace, key, or none"
    );

    let batch = [with("batch", 1, bench.run()), with("batch", 1, bench.run()), bench.run()];
    let answers = bench.enqueue(&batch, at(3)).await;
    assert_eq!(answers, [ACCEPTED, duplicate(batch[0].run.run_id), ACCEPTED], "a key twice in one batch");

    bench.claim(bench.worker(), at(10), 99).await; // out of the way
    ended_and_expired(&bench, &with).await;
    at_the_same_time(&bench, &with).await;
}

async fn ended_and_expired(bench: &Bench, with: &impl Fn(&str, u64, NewRun) -> NewRun) {
    let first = with("lasts", 1, bench.run());
    bench.enter(slice::from_ref(&first)).await;
    let lease = bench.take(bench.worker(), at(10)).await;
    bench.apply(&lease.record(1, succeeded()), at(11)).await;
    let second = with("lasts", 1, bench.run());
    let id = first.run.run_id;
    assert_eq!(
        bench.enqueue(slice::from_ref(&second), at(12)).await,
        [duplicate(id)],
        "the first run has ended"
    );
    let just_before = at(100) - tick();
    assert_eq!(
        bench.enqueue(slice::from_ref(&second), just_before).await,
        [duplicate(id)],
        "the key still lasts"
    );
    let expires_at = at(200);
    let third = NewRun {
        key: Some(EnqueueKey { key: "lasts".to_owned(), request_hash: 9, expires_at }),
        ..bench.run()
    };
    assert_eq!(bench.enqueue(slice::from_ref(&third), at(100)).await, [ACCEPTED], "the key has expired");
    let owner = Enqueued::Duplicate { run_id: third.run.run_id, same_request: false };
    assert_eq!(
        bench.enqueue(slice::from_ref(&second), at(101)).await,
        [owner],
        "the key belongs to the later run"
    );
    let again = bench.enqueue(&[first, third], at(102)).await;
    assert_eq!(again, [ACCEPTED; 2], "runs that are there, sent again, whatever became of their key");
}

async fn at_the_same_time(bench: &Bench, with: &impl Fn(&str, u64, NewRun) -> NewRun) {
    let rivals: Vec<_> = (0..12).map(|_| with("rush", 1, bench.run())).collect();
    let answers = at_once(rivals.iter().map(|new| {
        let (store, new) = (Arc::clone(&bench.store), new.clone());
        async move { store.enqueue(&[new], at(4)).await.expect("a run is enqueued")[0].clone() }
    }))
    .await;
    let won: Vec<_> = answers.iter().zip(&rivals).filter(|(answer, _)| **answer == ACCEPTED).collect();
    assert_eq!(won.len(), 1, "of many who use a key at once one makes a run: {answers:?}");
    let winner = won[0].1.run.run_id;
    for (answer, new) in answers.iter().zip(&rivals).filter(|(answer, _)| **answer != ACCEPTED) {
        assert_eq!(*answer, duplicate(winner), "the others hear of the run that was made");
        assert_not_found(bench.store.run(&new.run.workspace, new.run.run_id).await, "a run of the others");
    }
}
