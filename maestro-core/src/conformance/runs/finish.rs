//! The clause of the end of a run.

use std::sync::Arc;

use crate::conformance::kit::{
    Bench, LONG_AFTER, TEXTS, assert_conflict, assert_same_run, assert_same_steps, at, billed, park,
    payloads, step,
};
use crate::{
    domain::{
        Actor, Disposition, Failure, Finish, Money, NewRun, Run, RunRecord, RunStatus, StepStatus, Totals,
    },
    ports::store::{CancelAnswer, ConflictReason, Enqueued, RecordAnswer, RunStore},
};

/// Status, output, result, error, totals and times are readable, the live row is gone, and no later record changes them.
pub async fn a_finish_ends_the_run_once(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_finish_ends_the_run_once");
    let finals = RunStatus::ALL.iter().copied().filter(|status| status.is_final()).cycle();
    for (index, (payload, status)) in payloads().into_iter().zip(finals).enumerate() {
        let text = TEXTS[index % TEXTS.len()];
        let finish = Finish {
            status,
            output: (index % 3 != 0).then(|| text.to_owned()),
            result: (index % 5 != 4).then_some(payload),
            error: (!status.is_good()).then(|| Failure::new("some_code", text)),
            totals: Totals {
                input_tokens: 9_007_199_254_740_993 + index as u64,
                output_tokens: 2,
                cache_read_tokens: 3,
                cache_write_tokens: 4,
                known: Money::from_nanos(i64::MAX - index as i64),
                has_unknown: index % 2 == 0,
            },
        };
        ends_once(&bench, finish).await;
    }
}

async fn ends_once(bench: &Bench, finish: Finish) {
    let lease = bench.started().await;
    let before = bench.seen(&lease.run).await;
    bench.apply(&lease.writes(1, &[step("a", 1, StepStatus::Running, 1)]), at(1)).await;
    let record = RunRecord {
        steps: vec![billed("a", 1, StepStatus::Succeeded, 2)],
        ..lease.record(2, Disposition::Finish(finish.clone()))
    };
    bench.apply(&record, at(5)).await;
    let ended = Run {
        status: finish.status,
        output: finish.output,
        result: finish.result,
        error: finish.error,
        totals: finish.totals,
        finished_at: Some(at(5)),
        revision: 2,
        ..before
    };
    assert_same_run(&bench.seen(&lease.run).await, &ended, "a run that has ended");
    assert_same_steps(&bench.steps(&lease.run).await, &record.steps, "the steps of the last record");

    let another = Finish { status: RunStatus::Failed, output: Some("late".into()), result: None, ..empty() };
    let again = RunRecord {
        steps: vec![billed("late", 1, StepStatus::Succeeded, 2)],
        ..lease.record(2, Disposition::Finish(another.clone()))
    };
    let answer = bench.record(&again, at(6)).await;
    assert!(matches!(answer, RecordAnswer::Applied { .. }), "the last record, sent again: {answer:?}");
    for disposition in [Disposition::Continue, park(Some(at(7)), 0), Disposition::Finish(another)] {
        let late = RunRecord { steps: again.steps.clone(), ..lease.record(3, disposition) };
        bench.refuse(&late, at(6), "the run has ended").await;
    }
    let (ws, id) = (&lease.run.workspace, lease.run.run_id);
    for force in [false, true] {
        let answer = bench.store.cancel(ws, id, force, &Actor::new("late"), at(7)).await;
        assert_eq!(
            answer.expect("the end is told"),
            CancelAnswer::Ended(ended.status),
            "a cancel after the end"
        );
    }
    let signal = bench.wake(at(7));
    assert_conflict(
        bench.store.signal(ws, id, &signal).await,
        &[ConflictReason::Ended],
        "a signal after the end",
    );
    let reclaimed = bench.store.reclaim(&[lease.worker], at(8), 9).await.expect("runs are reclaimed");
    assert_eq!(reclaimed, 0, "nobody owns a run that has ended");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "a run has ended").await;
    let next = NewRun { max_concurrent_runs: Some(1), ..bench.run() };
    let entered = bench.enqueue(std::slice::from_ref(&next), at(8)).await;
    assert_eq!(entered, [Enqueued::Accepted { held: false }], "a run that has ended is not live");
    bench.store.cancel(ws, next.run.run_id, false, &Actor::new("x"), at(8)).await.expect("it is cancelled");

    assert_same_run(&bench.seen(&lease.run).await, &ended, "a run that has ended, after all that");
    assert_same_steps(&bench.steps(&lease.run).await, &record.steps, "its steps, after all that");
}

fn empty() -> Finish {
    Finish {
        status: RunStatus::Succeeded,
        output: None,
        result: None,
        error: None,
        totals: Totals::default(),
    }
}
