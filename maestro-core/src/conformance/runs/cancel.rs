//! Clauses of `cancel`.

use std::sync::Arc;

use crate::conformance::kit::{
    Bench, LONG_AFTER, Lease, assert_not_found, assert_same_steps, at, billed, park, step, succeeded,
};
use crate::{
    domain::{Actor, Disposition, NewRun, RunRecord, RunRef, RunStatus, RunStep, StepStatus, Totals},
    ports::store::{CancelAnswer, RecordAnswer, RunStore},
};

const ACTOR: &str = "Zoë <zoe@example.org>";

async fn cancel(bench: &Bench, run: &RunRef, force: bool, second: i64) -> CancelAnswer {
    let answer = bench.store.cancel(&run.workspace, run.run_id, force, &Actor::new(ACTOR), at(second)).await;
    answer.expect("a run is cancelled")
}

/// Demands that a run ended here, at `second`, with its steps.
async fn assert_cancelled(bench: &Bench, run: &RunRef, second: i64, steps: &[RunStep]) {
    let seen = bench.seen(run).await;
    assert_eq!(
        (seen.status, seen.finished_at),
        (RunStatus::Cancelled, Some(at(second))),
        "status and end of {run:?}"
    );
    let error = seen.error.clone().expect("a cancelled run has an error");
    assert_eq!(error.code, "cancelled", "the code of the error");
    assert!(error.message.contains(ACTOR), "the error names the actor: {:?}", error.message);
    assert_eq!((&seen.output, &seen.result), (&None, &None), "a run that was cancelled has no output");
    let found = bench.steps(run).await;
    let mut totals = Totals::default();
    for (row, before) in found.iter().zip(steps) {
        match before.status {
            StepStatus::Running | StepStatus::Waiting => {
                assert_eq!((&row.key, row.attempt), (&before.key, before.attempt), "the rows of the run");
                assert_eq!(row.status, StepStatus::Cancelled, "{} waited or ran", row.key);
                assert_eq!(row.output, before.output, "a step that is cancelled keeps the rest of its row");
            }
            _ => assert_same_steps(
                std::slice::from_ref(row),
                std::slice::from_ref(before),
                "a row that neither waits nor runs",
            ),
        }
        if let Some(usage) = &row.usage {
            totals.add(usage, row.cost);
        }
    }
    assert_eq!(found.len(), steps.len(), "no row comes or goes");
    assert_eq!(seen.totals, totals, "the totals are those of the steps");
    assert_eq!(
        cancel(bench, run, false, second + 1).await,
        CancelAnswer::Ended(RunStatus::Cancelled),
        "again"
    );
    assert_eq!(
        cancel(bench, run, true, second + 1).await,
        CancelAnswer::Ended(RunStatus::Cancelled),
        "by force"
    );
    assert_eq!(bench.seen(run).await, seen, "a cancel after the end changes nothing");
}

/// A row of every status, in the order of keys.
fn rows(seq: u32) -> Vec<RunStep> {
    let mut rows: Vec<_> =
        StepStatus::ALL.iter().map(|status| billed(status.name(), 1, *status, seq)).collect();
    rows.push(step("zz", 1, StepStatus::Waiting, seq));
    rows.sort_by(|one, two| one.key.cmp(&two.key));
    rows
}

/// A run without an owner ends here.
pub async fn what_does_not_run_is_cancelled_at_once(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "what_does_not_run_is_cancelled_at_once");
    for force in [false, true] {
        let later = NewRun { due_at: at(100), ..bench.run() };
        let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
        bench.enqueue(&[later.clone(), held.clone()], at(0)).await;
        let parked = bench.started().await;
        bench.apply(&RunRecord { steps: rows(1), ..parked.record(1, park(Some(at(100)), 0)) }, at(1)).await;
        let asleep = bench.started().await;
        bench.apply(&asleep.record(1, park(None, 0)), at(1)).await;
        let orphan = bench.started().await;
        bench.apply(&orphan.writes(1, &rows(1)), at(1)).await;
        bench.store.reclaim(&[orphan.worker], at(1), 9).await.expect("runs are reclaimed");

        for run in [&later.run, &held.run, &parked.run, &asleep.run, &orphan.run] {
            assert_eq!(cancel(&bench, run, force, 2).await, CancelAnswer::Cancelled, "{run:?}");
        }
        assert_cancelled(&bench, &later.run, 2, &[]).await;
        assert_eq!(bench.seen(&later.run).await.started_at, None, "a run that never started");
        assert_cancelled(&bench, &held.run, 2, &[]).await;
        assert_cancelled(&bench, &parked.run, 2, &rows(1)).await;
        assert_eq!(bench.seen(&parked.run).await.started_at, Some(at(0)), "a run that had started");
        assert_cancelled(&bench, &asleep.run, 2, &[]).await;
        assert_cancelled(&bench, &orphan.run, 2, &rows(1)).await;
        bench.refuse(&orphan.record(2, succeeded()), at(3), "the run has ended").await;
        bench.assert_nothing_to_claim(at(LONG_AFTER), "every run was cancelled").await;
        let held = bench.store.held(9).await.expect("orchestras are named");
        assert_eq!(held, [], "a run that was cancelled is not held");
    }
    let live = bench.run();
    bench.enter(std::slice::from_ref(&live)).await;
    let other = crate::conformance::kit::workspace("other");
    let actor = Actor::new(ACTOR);
    let foreign = bench.store.cancel(&other, live.run.run_id, true, &actor, at(1)).await;
    assert_not_found(foreign, "a run of another workspace");
    let never = bench.store.cancel(&live.run.workspace, bench.run().run.run_id, true, &actor, at(1)).await;
    assert_not_found(never, "a run that never was");
    assert_eq!(bench.seen(&live.run).await.status, RunStatus::Queued, "who asks in vain changes nothing");
}

/// A run with an owner stays live, and the owner hears of it with the next answer.
pub async fn an_owner_is_asked_to_cancel(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "an_owner_is_asked_to_cancel");
    let lease = bench.started().await;
    bench.apply(&lease.writes(1, &rows(1)), at(1)).await;
    assert_eq!(bench.history(&lease.run).await.cancelled_by, None, "nobody has asked yet");
    assert_eq!(cancel(&bench, &lease.run, false, 2).await, CancelAnswer::Requested);
    let seen = bench.seen(&lease.run).await;
    assert_eq!(
        (seen.status, seen.error, seen.finished_at),
        (RunStatus::Running, None, None),
        "the run stays live"
    );
    assert_same_steps(&bench.steps(&lease.run).await, &rows(1), "and so do its steps");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "the run is owned").await;
    let answer = bench.record(&lease.record(2, Disposition::Continue), at(3)).await;
    assert_eq!(
        answer,
        RecordAnswer::Applied { done: true, signals: 1, cancel: true },
        "the owner hears of it"
    );
    assert_eq!(bench.history(&lease.run).await.cancelled_by, Some(Actor::new(ACTOR)), "and of who asked");
    let (ws, id, second) = (&lease.run.workspace, lease.run.run_id, Actor::new("somebody else"));
    let again = bench.store.cancel(ws, id, false, &second, at(4)).await.expect("a run is asked to end");
    assert_eq!(again, CancelAnswer::Requested, "it may be asked again");

    // The wish outlives the worker.
    bench.store.reclaim(&[lease.worker], at(5), 9).await.expect("runs are reclaimed");
    let (worker, claim) = (bench.worker(), bench.claim_id());
    let quotas = [crate::conformance::kit::quota(Bench::WORKSPACE, crate::domain::Class::Normal, 9)];
    let claimed = bench.store.claim(worker, claim, at(5), &quotas).await.expect("runs are claimed");
    assert!(claimed.len() == 1 && claimed[0].cancel, "the next owner hears of it by the claim: {claimed:?}");
    let told = bench.history(&lease.run).await;
    assert_eq!(told.cancelled_by, Some(Actor::new(ACTOR)), "and of who asked first");
    let told = bench.store.claimed(worker, claim).await.expect("claims are read");
    assert_eq!(told, claimed, "and when it asks again");
    let lease = Lease { run: lease.run, claim_no: 2, worker };
    bench.apply(&lease.record(3, succeeded()), at(6)).await;
    assert_eq!(
        bench.seen(&lease.run).await.status,
        RunStatus::Succeeded,
        "a run that is done ends as it would have"
    );
}

/// The run ends at once, and the owner's late record is refused.
pub async fn force_fences_the_owner(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "force_fences_the_owner");
    for asked_before in [false, true] {
        let lease = bench.started().await;
        bench.apply(&lease.writes(1, &rows(1)), at(1)).await;
        if asked_before {
            assert_eq!(cancel(&bench, &lease.run, false, 2).await, CancelAnswer::Requested);
        }
        assert_eq!(cancel(&bench, &lease.run, true, 3).await, CancelAnswer::Cancelled);
        assert_cancelled(&bench, &lease.run, 3, &rows(1)).await;
        let (ended, steps) = (bench.seen(&lease.run).await, bench.steps(&lease.run).await);
        for disposition in [Disposition::Continue, park(Some(at(4)), 0), park(None, 0), succeeded()] {
            let written = vec![billed("late", 1, StepStatus::Succeeded, 2)];
            let late = RunRecord { steps: written, ..lease.record(2, disposition) };
            bench.refuse(&late, at(4), "a person ended the run over the worker's head").await;
        }
        assert_eq!(bench.seen(&lease.run).await, ended, "a late record changes nothing");
        assert_same_steps(&bench.steps(&lease.run).await, &steps, "a late record writes no steps");
        bench.assert_nothing_to_claim(at(LONG_AFTER), "the run has ended").await;
        let reclaimed = bench.store.reclaim(&[lease.worker], at(5), 9).await.expect("runs are reclaimed");
        assert_eq!(reclaimed, 0, "nobody owns a run that has ended");
    }
}
