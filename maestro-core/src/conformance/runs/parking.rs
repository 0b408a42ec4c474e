//! Clauses of parking: a run that lets its worker go, and what wakes it.

use std::sync::Arc;

use crate::conformance::kit::{Bench, LONG_AFTER, assert_same_steps, at, billed, park, step, tick};
use crate::{
    domain::{Actor, RunRecord, RunStatus, StepStatus},
    ports::store::{CancelAnswer, RecordAnswer, RunStore},
};

/// A park that missed a signal is refused: its steps stand, the worker keeps the run.
pub async fn a_park_that_missed_a_signal_is_refused(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_park_that_missed_a_signal_is_refused");
    let lease = bench.started().await;
    let (ws, id) = (&lease.run.workspace, lease.run.run_id);
    bench.store.signal(ws, id, &bench.wake(at(1))).await.expect("a signal is kept");
    let steps = [billed("a", 1, StepStatus::Succeeded, 1), step("b", 1, StepStatus::Waiting, 1)];
    let parked = RunRecord { steps: steps.to_vec(), ..lease.record(1, park(Some(at(2)), 0)) };
    let refused = |signals, cancel| RecordAnswer::Applied { done: false, signals, cancel };
    let done = |signals, cancel| RecordAnswer::Applied { done: true, signals, cancel };
    assert_eq!(
        bench.record(&parked, at(2)).await,
        refused(1, false),
        "a signal came that the worker has not seen"
    );
    assert_same_steps(&bench.steps(&lease.run).await, &steps, "the steps of a refused park stand");
    assert_eq!(
        bench.record(&parked, at(2)).await,
        refused(1, false),
        "the same record again is refused again"
    );
    let seen = bench.seen(&lease.run).await;
    assert_eq!((seen.status, seen.revision), (RunStatus::Running, 1), "the worker keeps the run");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "the worker keeps the run").await;

    for time in 0..2 {
        bench.store.signal(ws, id, &bench.wake(at(3 + time))).await.expect("a signal is kept");
    }
    let answer = bench.record(&lease.record(2, park(None, 2)), at(5)).await;
    assert_eq!(answer, refused(3, false), "one signal more than the worker has seen");
    let answer = bench.store.cancel(ws, id, false, &Actor::new("x"), at(6)).await;
    assert_eq!(answer.expect("a live run is asked to end"), CancelAnswer::Requested);
    let answer = bench.record(&lease.record(3, park(None, 3)), at(6)).await;
    assert_eq!(answer, refused(4, true), "a wish to cancel counts as a signal");
    let answer = bench.record(&lease.record(4, park(None, 4)), at(7)).await;
    assert_eq!(answer, done(4, true), "the worker has seen everything");
    assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Waiting, "and lets the run go");
}

/// A parked run wakes at its time and not before; without a time only a signal wakes it.
pub async fn a_parked_run_wakes_at_its_time(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_parked_run_wakes_at_its_time");
    let lease = bench.started().await;
    let wake_at = at(100) + tick();
    bench.apply(&lease.record(1, park(Some(wake_at), 0)), at(1)).await;
    assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Waiting, "a parked run waits");
    bench.assert_nothing_to_claim(wake_at - tick(), "a parked run was claimed a microsecond early").await;
    let lease = bench.take(bench.worker(), wake_at).await;

    bench.apply(&lease.record(2, park(Some(at(-500)), 0)), at(101)).await;
    let lease = bench.take(bench.worker(), at(101)).await; // a time that is past wakes at once
    bench.apply(&lease.record(3, park(None, 0)), at(102)).await;
    assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Waiting, "a parked run waits");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "a run without a wake time was claimed").await;
    let (due, next) = bench.store.due(at(LONG_AFTER), None, 9).await.expect("due classes are named");
    assert_eq!((due, next), (Vec::new(), None), "a run without a wake time is never due");
    let signal = bench.wake(at(200));
    bench.store.signal(&lease.run.workspace, lease.run.run_id, &signal).await.expect("a signal is kept");
    bench.assert_nothing_to_claim(at(200) - tick(), "it was signalled later").await;
    let lease = bench.take(bench.worker(), at(200)).await;
    assert_eq!(lease.claim_no, 4, "the run was claimed four times");
    assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Running, "and is played again");
}
