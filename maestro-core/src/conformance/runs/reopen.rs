//! Clauses of `reopen`: ended runs that become live again.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::conformance::kit::{
    Bench, LONG_AFTER, Lease, TEXTS, assert_conflict, assert_not_found, assert_same_steps, at, billed,
    failed, step, succeeded, tick, workspace,
};
use crate::{
    domain::{
        Actor, AgentId, AgentPin, Disposition, Failure, NewRun, Run, RunRecord, RunRef, RunStatus, RunStep,
        Signal, SignalKind, StepStatus, Totals,
    },
    ports::store::{CancelAnswer, ConflictReason, Enqueued, Reopening, RunFilter, RunStore, StoreError},
};

/// Returns what has a run played on whose last record is `seq`.
fn reopening(bench: &Bench, when: DateTime<Utc>, seq: u32) -> Reopening {
    let kind = SignalKind::Retry { from: Vec::new(), budget_cents: Some(500) };
    let signal = Signal { kind, ..bench.wake(when) };
    Reopening { signal, seq, steps: Vec::new(), agents: None }
}

async fn reopen(bench: &Bench, run: &RunRef, reopening: &Reopening) -> Result<(), StoreError> {
    bench.store.reopen(&run.workspace, run.run_id, reopening).await
}

async fn must_reopen(bench: &Bench, run: &RunRef, reopening: &Reopening) {
    reopen(bench, run, reopening).await.expect("a run that failed is reopened");
}

/// It is due at `signal.at`, under the next claim and the next record, counts as live, and nobody wants its end.
pub async fn a_reopened_run_is_played_on(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_reopened_run_is_played_on");
    let lease = bench.started().await;
    let (run, actor) = (&lease.run, Actor::new("somebody"));
    bench.store.signal(&run.workspace, run.run_id, &bench.wake(at(1))).await.expect("a signal is kept");
    let asked = bench.store.cancel(&run.workspace, run.run_id, false, &actor, at(1)).await;
    assert_eq!(asked.expect("its owner is asked"), CancelAnswer::Requested);
    bench.apply(&lease.record(1, Disposition::Falter { wake_at: at(1) }), at(1)).await;
    let lease = bench.take(bench.worker(), at(1)).await;
    bench.apply(&lease.record(2, failed()), at(2)).await;
    let ended = bench.seen(run).await;

    must_reopen(&bench, run, &reopening(&bench, at(50), 2)).await;
    let seen = bench.seen(run).await;
    assert_eq!(
        (seen.status, seen.started_at),
        (RunStatus::Waiting, ended.started_at),
        "it began when it did"
    );
    let limited = NewRun { max_concurrent_runs: Some(1), ..bench.run() };
    let entered = bench.enqueue(std::slice::from_ref(&limited), at(3)).await;
    assert_eq!(entered, [Enqueued::Accepted { held: true }], "it counts as live");
    bench.assert_nothing_to_claim(at(50) - tick(), "the run is due when it was reopened").await;
    let worker = bench.worker();
    let claimed = bench.claim(worker, at(50), 9).await;
    assert_eq!(claimed.len(), 1, "a reopened run is due: {claimed:?}");
    let found = &claimed[0];
    let numbers = (found.claim_no, found.seq, found.recoveries, found.signals, found.cancel);
    assert_eq!(numbers, (3, 3, 0, 3, false), "claim, record, recoveries, signals, wish that it ends");
    assert_eq!(
        bench.history(run).await.cancelled_by,
        None,
        "nobody has asked for the end of what is to come"
    );
    let (old, next) = (lease, Lease { run: run.clone(), claim_no: 3, worker });
    bench.refuse(&old.record(4, succeeded()), at(51), "the claim that ended it is over").await;
    bench.apply(&next.record(4, succeeded()), at(52)).await;
    let seen = bench.seen(run).await;
    assert_eq!((seen.status, seen.revision, seen.finished_at), (RunStatus::Succeeded, 4, Some(at(52))));

    let never = bench.run_in("other", Bench::ORCHESTRA);
    bench.enter(std::slice::from_ref(&never)).await;
    let cancelled = bench.store.cancel(&never.run.workspace, never.run.run_id, false, &actor, at(1)).await;
    assert_eq!(cancelled.expect("it is cancelled"), CancelAnswer::Cancelled);
    must_reopen(&bench, &never.run, &reopening(&bench, at(60), 0)).await;
    assert_eq!(bench.seen(&never.run).await.status, RunStatus::Queued, "it never began");
    let claimed = bench.claim_in("other", worker, at(60), 9).await;
    let numbers = claimed.first().map(|found| (found.claim_no > 1, found.seq, found.started_at));
    assert_eq!(
        numbers,
        Some((true, 1, at(60))),
        "the first claim of a run without a history is another one's"
    );
}

/// Status, output, result, error and the end are gone until the run ends again.
pub async fn reopening_undoes_the_finish(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "reopening_undoes_the_finish");
    let lease = bench.started().await;
    let before = bench.seen(&lease.run).await;
    let row = billed("a", 1, StepStatus::Failed, 1);
    let record = RunRecord { steps: vec![row.clone()], ..lease.record(1, failed()) };
    bench.apply(&record, at(1)).await;
    must_reopen(&bench, &lease.run, &reopening(&bench, at(2), 1)).await;

    let mut totals = Totals::default();
    totals.add(&row.usage.expect("it was billed"), row.cost);
    let live = Run { status: RunStatus::Waiting, revision: 2, totals: totals.clone(), ..before };
    assert_eq!(bench.seen(&lease.run).await, live, "a reopened run, with the totals of its steps");
    let ids = async |statuses: &[RunStatus]| -> Vec<_> {
        let filter = RunFilter { statuses: statuses.to_vec(), ..RunFilter::default() };
        let runs = bench.store.runs(&lease.run.workspace, &filter, None, 9).await.expect("runs are listed");
        runs.into_iter().map(|run| run.id).collect()
    };
    assert_eq!(ids(&[RunStatus::Failed]).await, [], "no longer among those that failed");
    assert_eq!(ids(&[RunStatus::Waiting]).await, [lease.run.run_id], "among those that wait");
    let pruned = bench.store.prune_runs(at(LONG_AFTER), at(LONG_AFTER), 9).await;
    assert_eq!(pruned.expect("old runs are pruned"), 0, "a live run is not pruned");

    let next = bench.take(bench.worker(), at(2)).await;
    bench.apply(&next.record(3, failed()), at(4)).await;
    let ended = bench.seen(&lease.run).await;
    assert_eq!((ended.status, ended.finished_at), (RunStatus::Failed, Some(at(4))), "it ends again");
    assert_eq!(ids(&[RunStatus::Failed]).await, [lease.run.run_id], "and is found again");
    let pruned = bench.store.prune_runs(at(4), at(4), 9).await;
    assert_eq!(pruned.expect("old runs are pruned"), 0, "its first end does not count");
    let pruned = bench.store.prune_runs(at(5), at(5), 9).await;
    assert_eq!(pruned.expect("old runs are pruned"), 1, "its last one does");
}

/// The steps stand as a record would have written them, the signal is kept, the agents are others.
pub async fn reopening_writes_its_rows(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "reopening_writes_its_rows");
    let pin = |agent: &str, version| {
        vec![AgentPin { agent_id: AgentId::new(agent).expect("a good agent id"), version }]
    };
    let new = NewRun { agents: pin("writer", 1), ..bench.run() };
    bench.enter(std::slice::from_ref(&new)).await;
    let lease = bench.take(bench.worker(), at(0)).await;
    bench
        .store
        .signal(&new.run.workspace, new.run.run_id, &bench.wake(at(1)))
        .await
        .expect("a signal is kept");
    let rows = [billed("a", 1, StepStatus::Failed, 1), step("b", 1, StepStatus::Running, 1)];
    bench.apply(&RunRecord { steps: rows.to_vec(), ..lease.record(1, failed()) }, at(1)).await;

    let reset = RunStep {
        generation: 1,
        error: Some(Failure::new("anew", TEXTS[5])),
        ..step("a", 2, StepStatus::Waiting, 2)
    };
    let over = RunStep { finished_at: Some(at(2)), ..step("b", 1, StepStatus::Cancelled, 2) };
    let steps = vec![step("a", 1, StepStatus::Succeeded, 2), reset.clone(), over.clone()];
    let all = Reopening { steps, agents: Some(pin("writer", 7)), ..reopening(&bench, at(2), 1) };
    must_reopen(&bench, &new.run, &all).await;
    let expected = [rows[0].clone(), reset, over];
    assert_same_steps(&bench.steps(&new.run).await, &expected, "what is final stays");
    let history = bench.history(&new.run).await;
    assert_same_steps(&history.steps, &expected, "in the history too");
    assert_eq!((history.seq, history.signals.last()), (2, Some(&all.signal)), "the signal is the last one");
    assert_eq!(bench.seen(&new.run).await.agents, pin("writer", 7));
    let claimed = bench.claim(bench.worker(), at(2), 9).await;
    assert_eq!(claimed.first().map(|found| &found.agents), Some(&pin("writer", 7)), "who claims gets them");

    let lease = Lease { claim_no: 2, worker: bench.worker(), ..lease };
    bench.refuse(&lease.record(3, failed()), at(3), "another worker").await;
    let actor = Actor::new("somebody");
    let ended = bench.store.cancel(&new.run.workspace, new.run.run_id, true, &actor, at(3)).await;
    assert_eq!(ended.expect("it is cancelled"), CancelAnswer::Cancelled);
    must_reopen(&bench, &new.run, &reopening(&bench, at(4), 2)).await;
    assert_eq!(bench.seen(&new.run).await.agents, pin("writer", 7), "none given: as they were");
}

/// The same signal again changes nothing, even after the run has ended again.
pub async fn a_run_is_reopened_once(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_run_is_reopened_once");
    let lease = bench.started().await;
    bench.apply(&lease.record(1, failed()), at(1)).await;
    let first = reopening(&bench, at(2), 1);
    must_reopen(&bench, &lease.run, &first).await;
    let live = bench.seen(&lease.run).await;
    must_reopen(&bench, &lease.run, &first).await;
    assert_eq!(bench.seen(&lease.run).await, live);
    let signals = bench.history(&lease.run).await.signals;
    assert_eq!(signals, [first.signal.clone()]);
    let next = bench.take(bench.worker(), at(2)).await;
    must_reopen(&bench, &lease.run, &first).await;
    bench.apply(&next.record(3, failed()), at(3)).await;
    let ended = bench.seen(&lease.run).await;
    must_reopen(&bench, &lease.run, &first).await;
    assert_eq!(bench.seen(&lease.run).await, ended, "it has ended since, and stays so");
    must_reopen(&bench, &lease.run, &reopening(&bench, at(4), 3)).await;
    assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Waiting, "another person may ask again");
}

/// Only a run that failed or was cancelled, and only as the caller has read it.
pub async fn only_what_ended_badly_is_reopened(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "only_what_ended_badly_is_reopened");
    let lease = bench.started().await;
    let refused = async |seq, reason, what: &str| {
        let before = bench.seen(&lease.run).await;
        let answer = reopen(&bench, &lease.run, &reopening(&bench, at(9), seq)).await;
        assert_conflict(answer, &[reason], what);
        assert_eq!(bench.seen(&lease.run).await, before, "{what} changes nothing");
    };
    refused(0, ConflictReason::Live, "reopening a live run").await;
    bench.apply(&lease.record(1, failed()), at(1)).await;
    refused(0, ConflictReason::Changed, "reopening a run that has moved on").await;
    refused(2, ConflictReason::Changed, "reopening a run that was never so").await;
    must_reopen(&bench, &lease.run, &reopening(&bench, at(2), 1)).await;
    refused(1, ConflictReason::Live, "reopening what somebody else has").await;
    let next = bench.take(bench.worker(), at(2)).await;
    bench.apply(&next.record(3, succeeded()), at(3)).await;
    refused(3, ConflictReason::Ended, "reopening what ended well").await;
    bench.assert_nothing_to_claim(at(LONG_AFTER), "nothing was reopened").await;

    let other = bench.run();
    let never = reopen(&bench, &other.run, &reopening(&bench, at(9), 0)).await;
    assert_not_found(never, "a run that never was");
    bench.enter(std::slice::from_ref(&other)).await;
    let foreign = RunRef { workspace: workspace("other"), ..other.run.clone() };
    let foreign = reopen(&bench, &foreign, &reopening(&bench, at(9), 0)).await;
    assert_not_found(foreign, "a run of another workspace");
}
