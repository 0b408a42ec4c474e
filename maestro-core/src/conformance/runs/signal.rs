//! Clauses of `signal`: a door without a lease.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::conformance::kit::{
    Bench, LONG_AFTER, TEXTS, assert_conflict, assert_not_found, at, park, payloads, quota, succeeded, tick,
    workspace,
};
use crate::{
    domain::{Actor, Class, Disposition, NewRun, Resolution, RunStatus, Signal, SignalKind, StepKey},
    ports::store::{ConflictReason, RecordAnswer, RunStore},
};

/// Returns a signal of each kind and resolution, sent at these times.
pub(super) fn one_of_each(bench: &Bench, times: [DateTime<Utc>; 8]) -> Vec<Signal> {
    let key: StepKey = "each.3.draft".parse().expect("a good step key");
    let payload = |index: usize| payloads().into_iter().nth(index).expect("many payloads");
    let resolve = |resolution| SignalKind::Resolve { key: key.clone(), attempt: 2, resolution, note: None };
    let kinds = [
        SignalKind::Approve {
            key: key.clone(),
            attempt: 1,
            note: Some(TEXTS[3].to_owned()),
            data: Some(payload(12)),
        },
        SignalKind::Reject {
            key: key.clone(),
            attempt: u32::MAX >> 1,
            note: Some(TEXTS[6].to_owned()),
            data: None,
        },
        resolve(Resolution::Done { output: payload(16) }),
        resolve(Resolution::Failed { message: TEXTS[5].to_owned() }),
        resolve(Resolution::Again),
        SignalKind::Retry {
            from: vec![key.clone(), "a".parse().expect("a good step key")],
            budget_cents: Some(7),
        },
        SignalKind::Retry { from: Vec::new(), budget_cents: None },
        SignalKind::Wake,
    ];
    let actor = Actor::new(TEXTS[5]);
    let signals = kinds.into_iter().zip(times);
    signals.map(|(kind, time)| Signal { kind, actor: actor.clone(), ..bench.wake(time) }).collect()
}

/// A parked run is due at `signal.at`; an owner hears of it with the next answer.
pub async fn a_signal_wakes_a_parked_run(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_signal_wakes_a_parked_run");
    let send = async |run: &crate::domain::RunRef, signal: &Signal| {
        bench.store.signal(&run.workspace, run.run_id, signal).await.expect("a signal is kept");
    };
    let lease = bench.started().await;
    send(&lease.run, &bench.wake(at(1))).await;
    let answer = bench.record(&lease.record(1, Disposition::Continue), at(1)).await;
    let heard = |signals| RecordAnswer::Applied { done: true, signals, cancel: false };
    assert_eq!(answer, heard(1), "an owner hears of a signal with the next answer");
    assert_eq!(bench.record(&lease.record(2, park(Some(at(1_000)), 1)), at(2)).await, heard(1));

    send(&lease.run, &bench.wake(at(50))).await;
    bench.assert_nothing_to_claim(at(50) - tick(), "the run was signalled later").await;
    send(&lease.run, &bench.wake(at(60))).await;
    assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Waiting, "until somebody claims it");
    let quotas = [quota(Bench::WORKSPACE, Class::Normal, 9)];
    let worker = bench.worker();
    let claimed =
        bench.store.claim(worker, bench.claim_id(), at(50), &quotas).await.expect("runs are claimed");
    assert_eq!(claimed.len(), 1, "due at the time of the first signal, which a later one does not move");
    assert_eq!(claimed[0].signals, 3, "who claims hears how often it was signalled");
    let lease = crate::conformance::kit::Lease { claim_no: 2, worker, ..lease };

    assert_eq!(bench.record(&lease.record(3, park(Some(at(70)), 3)), at(61)).await, heard(3));
    send(&lease.run, &bench.wake(at(80))).await;
    let lease = bench.take(worker, at(70)).await; // the run wakes at its own time, which is earlier
    bench.apply(&lease.record(4, park(None, 4)), at(71)).await;
    send(&lease.run, &bench.wake(at(90))).await;
    bench.assert_nothing_to_claim(at(90) - tick(), "the run was signalled later").await;
    bench.take(worker, at(90)).await;

    let late = NewRun { due_at: at(500), ..bench.run() };
    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    bench.enqueue(&[late.clone(), held.clone()], at(100)).await;
    for run in [&late.run, &held.run] {
        send(run, &bench.wake(at(100))).await;
    }
    bench
        .assert_nothing_to_claim(at(499), "a run that never started waits for its own time, not for signals")
        .await;
    let claimed = bench.claim(worker, at(LONG_AFTER), 9).await;
    assert_eq!(claimed.len(), 1, "a held run stays held: {claimed:?}");
    assert_eq!((&claimed[0].run, claimed[0].signals), (&late.run, 1), "but what it was told is kept");
    let let_go = bench.store.promote(&held.run.workspace, &held.run.orchestra_id, None).await;
    assert_eq!(let_go.expect("held runs are let go"), 1);
    let claimed = bench.claim(worker, at(LONG_AFTER), 9).await;
    assert_eq!((&claimed[0].run, claimed[0].signals), (&held.run, 1), "held, it heard of its signal too");
}

/// A repeated call changes nothing.
pub async fn a_signal_is_kept_once(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_signal_is_kept_once");
    let lease = bench.started().await;
    let signals = one_of_each(&bench, [1, 2, 3, 4, 5, 6, 7, 8].map(at));
    for signal in signals.iter().chain(&signals).chain(&signals[..2]) {
        let sent = bench.store.signal(&lease.run.workspace, lease.run.run_id, signal).await;
        sent.expect("a signal is kept, and may be sent again");
    }
    assert_eq!(bench.history(&lease.run).await.signals, signals, "each signal once");
    let answer = bench.record(&lease.record(1, park(None, 8)), at(9)).await;
    let parked = RecordAnswer::Applied { done: true, signals: 8, cancel: false };
    assert_eq!(answer, parked, "each signal is counted once");
    let again = bench.store.signal(&lease.run.workspace, lease.run.run_id, &signals[0]).await;
    again.expect("a signal may be sent again");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "a signal that was seen before wakes nobody").await;

    let other = bench.run_in("other", Bench::ORCHESTRA);
    bench.enter(std::slice::from_ref(&other)).await;
    bench.store.signal(&other.run.workspace, other.run.run_id, &signals[0]).await.expect("a signal is kept");
    let kept = bench.history(&other.run).await.signals;
    assert_eq!(kept, signals[..1], "an id that another workspace has used is no repetition");
}

/// A run that has ended refuses signals.
pub async fn a_signal_to_an_ended_run_is_refused(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_signal_to_an_ended_run_is_refused");
    let send = async |of: &str, id, signal: &Signal| bench.store.signal(&workspace(of), id, signal).await;
    let lease = bench.started().await;
    bench.apply(&lease.record(1, succeeded()), at(1)).await;
    let ended = bench.seen(&lease.run).await;
    let cancelled = bench.run();
    bench.enter(std::slice::from_ref(&cancelled)).await;
    let (ws, actor) = (&cancelled.run.workspace, Actor::new("x"));
    bench.store.cancel(ws, cancelled.run.run_id, false, &actor, at(1)).await.expect("it is cancelled");
    for id in [lease.run.run_id, cancelled.run.run_id] {
        for signal in one_of_each(&bench, [at(2); 8]) {
            let refused = send(Bench::WORKSPACE, id, &signal).await;
            assert_conflict(refused, &[ConflictReason::Ended], "a signal to a run that has ended");
        }
    }
    assert_eq!(bench.seen(&lease.run).await, ended, "a refused signal changes nothing");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "a signal does not bring a run back").await;
    let live = bench.run();
    bench.enter(std::slice::from_ref(&live)).await;
    let (signal, never) = (bench.wake(at(2)), bench.run().run.run_id);
    assert_not_found(send(Bench::WORKSPACE, never, &signal).await, "a run that never was");
    assert_not_found(send("other", live.run.run_id, &signal).await, "a run of another workspace");
    assert_not_found(send("other", lease.run.run_id, &signal).await, "an ended run of another workspace");
    assert_eq!(bench.history(&live.run).await.signals, [], "a signal from another workspace is not kept");
}
