//! The clause of `prune_runs`.

use std::sync::Arc;

use crate::conformance::kit::{
    Bench, assert_not_found, assert_same_steps, at, billed, park, succeeded, tick,
};
use crate::{
    domain::{EnqueueKey, NewRun, RunRecord, RunRef, StepStatus},
    ports::store::{Enqueued, RunHistory, RunStore, StepQuery},
};

/// Nothing live is deleted, nothing younger, and of the old ones everything.
pub async fn prune_runs_deletes_only_old_ended_runs(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "prune_runs_deletes_only_old_ended_runs");
    let rows = [billed("a", 1, StepStatus::Succeeded, 1), billed("b", 1, StepStatus::Failed, 1)];
    let mut old = Vec::new();
    let mut young = Vec::new();
    for number in 0..5 {
        let lease = bench.started().await;
        bench
            .store
            .signal(&lease.run.workspace, lease.run.run_id, &bench.wake(at(1)))
            .await
            .expect("a signal");
        let end = RunRecord { steps: rows.to_vec(), ..lease.record(1, succeeded()) };
        let is_young = number % 2 == 0;
        bench.apply(&end, if is_young { at(100) } else { at(100) - tick() }).await;
        if is_young { young.push(lease.run) } else { old.push(lease.run) }
    }
    let elsewhere = bench.run_in("other", Bench::ORCHESTRA);
    bench.enter(std::slice::from_ref(&elsewhere)).await;
    let actor = crate::domain::Actor::new("x");
    let ended =
        bench.store.cancel(&elsewhere.run.workspace, elsewhere.run.run_id, false, &actor, at(50)).await;
    ended.expect("a run is cancelled");
    old.push(elsewhere.run);
    let waiting = bench.started().await;
    bench.apply(&RunRecord { steps: rows.to_vec(), ..waiting.record(1, park(None, 0)) }, at(1)).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    bench.enqueue(std::slice::from_ref(&held), at(0)).await;
    let playing = bench.started().await;
    let queued = NewRun { due_at: at(3), ..bench.run() };
    bench.enter(std::slice::from_ref(&queued)).await;

    let prune = async |limit| {
        let pruned = bench.store.prune_runs(at(100), at(1_000), limit).await.expect("runs are pruned");
        assert!(pruned <= limit, "at most {limit} are pruned in one call, not {pruned}");
        pruned
    };
    let answers = [prune(2).await, prune(2).await, prune(2).await];
    assert_eq!(answers, [2, 1, 0], "the old runs, in calls of 2, then nothing");
    for run in &old {
        assert_gone(&bench, run).await;
    }
    for run in young.iter().chain([&waiting.run]) {
        let seen = bench.seen(run).await;
        assert_eq!(seen.revision, 1, "a run that is young or live stays: {run:?}");
        assert_same_steps(&bench.steps(run).await, &rows, "and so do its steps");
    }
    let live = bench.store.prune_runs(at(1_000_000), at(1_000), 99).await.expect("runs are pruned");
    assert_eq!(live as usize, young.len(), "later the others that have ended, and none that is live");
    for run in [&waiting.run, &held.run, &playing.run, &queued.run] {
        bench.seen(run).await;
    }
    assert_eq!(bench.take(bench.worker(), at(3)).await.run, queued.run, "a live run can still be claimed");
    assert_eq!(bench.history(&waiting.run).await.steps.len(), 2, "and its history read");
    keys_are_pruned(&bench).await;
}

async fn assert_gone(bench: &Bench, run: &RunRef) {
    assert_not_found(bench.store.run(&run.workspace, run.run_id).await, "a run that was pruned");
    let steps = bench.store.steps(&run.workspace, run.run_id, &StepQuery::default(), 9).await;
    assert_not_found(steps, "the steps of a run that was pruned");
    assert_eq!(bench.history(run).await, RunHistory::default(), "the history of a run that was pruned");
    let listed =
        bench.store.runs(&run.workspace, &Default::default(), None, 99).await.expect("runs are listed");
    assert!(listed.iter().all(|one| one.id != run.run_id), "a run that was pruned is not listed");
}

async fn keys_are_pruned(bench: &Bench) {
    let with = |key: &str, expires: i64| {
        let key = EnqueueKey { key: key.to_owned(), request_hash: 1, expires_at: at(expires) };
        NewRun { key: Some(key), due_at: at(9_999), ..bench.run() }
    };
    bench.enter(&[with("short", 2_000), with("long", 2_001)]).await;
    let before = bench.store.prune_runs(at(0), at(2_000) - tick(), 9).await.expect("runs are pruned");
    assert_eq!(before, 0, "no key has expired");
    let pruned = bench.store.prune_runs(at(0), at(2_000), 9).await.expect("runs are pruned");
    assert_eq!(pruned, 1, "one key has expired");
    let again = bench.store.prune_runs(at(0), at(2_000), 9).await.expect("runs are pruned");
    assert_eq!(again, 0, "nothing is left");
    let answers = bench.enqueue(&[with("short", 3_000), with("long", 3_000)], at(1_000)).await;
    let [Enqueued::Accepted { held: false }, Enqueued::Duplicate { same_request: true, .. }] = answers[..]
    else {
        panic!("a key that was pruned may be used again, one that lasts may not: {answers:?}");
    };
}
