//! Clauses of the fence: who may record, what a repeated record does, what a refused one leaves.

use std::sync::Arc;

use crate::conformance::kit::{
    Bench, Lease, assert_same_run, assert_same_steps, at, billed, orchestra_id, park, step, succeeded,
    workspace,
};
use crate::{
    domain::{Disposition, Failure, Run, RunRecord, RunRef, RunStatus, RunStep, StepStatus},
    ports::store::{RecordAnswer, RunHistory, RunStore, StoreError},
};

/// Only the present owner, under its present `claim_no`, is `Applied`.
pub async fn a_record_is_fenced(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_record_is_fenced");
    let lease = bench.started().await;
    let go_on = |lease: &Lease, seq| lease.record(seq, Disposition::Continue);
    let stranger = Lease { worker: bench.worker(), ..lease.clone() };
    let numbered = |claim_no| Lease { claim_no, ..lease.clone() };
    let elsewhere = |run: RunRef| Lease { run, ..lease.clone() };
    let of_orchestra = RunRef { orchestra_id: orchestra_id("another"), ..lease.run.clone() };
    let of_workspace = RunRef { workspace: workspace("other"), ..lease.run.clone() };
    let strangers = [
        (stranger, "another worker"),
        (numbered(0), "an older claim"),
        (numbered(2), "a claim that never was"),
        (elsewhere(of_orchestra), "another orchestra"),
        (elsewhere(of_workspace), "another workspace"),
        (elsewhere(bench.run().run), "a run that never was"),
    ];
    for (stranger, why) in &strangers {
        for disposition in [Disposition::Continue, park(None, 0), park(Some(at(1)), 0), succeeded()] {
            bench.refuse(&stranger.record(1, disposition), at(1), why).await;
        }
    }
    bench.apply(&go_on(&lease, 1), at(2)).await;

    let queued = bench.run();
    bench.enter(std::slice::from_ref(&queued)).await;
    for claim_no in [0, 1] {
        let nobody = Lease { run: queued.run.clone(), claim_no, worker: lease.worker };
        bench.refuse(&go_on(&nobody, 1), at(2), "a run that nobody claimed").await;
    }
    bench.claim(bench.worker(), at(2), 9).await; // out of the way

    bench.apply(&lease.record(2, park(Some(at(10)), 0)), at(3)).await;
    bench.refuse(&go_on(&lease, 3), at(4), "who let the run go owns it no more").await;
    let second = bench.take(bench.worker(), at(10)).await;
    bench.refuse(&go_on(&lease, 3), at(11), "another worker owns the run").await;
    bench.refuse(&lease.record(3, succeeded()), at(11), "another worker owns the run").await;
    bench.apply(&go_on(&second, 3), at(11)).await;
    let stranger = Lease { worker: bench.worker(), ..lease.clone() };
    bench
        .refuse(&go_on(&stranger, 1), at(11), "a stranger under an earlier claim, whatever its owner wrote")
        .await;

    bench.store.reclaim(&[second.worker], at(12), 9).await.expect("runs are reclaimed");
    bench.refuse(&go_on(&second, 4), at(12), "the worker was taken for dead").await;
    let third = bench.take(second.worker, at(12)).await;
    bench.refuse(&go_on(&second, 4), at(13), "the same worker owns the run by a later claim").await;
    bench.apply(&go_on(&third, 4), at(13)).await;
    bench.apply(&third.record(5, succeeded()), at(14)).await;
    bench.refuse(&go_on(&third, 6), at(15), "the run has ended").await;
    bench.refuse(&third.record(6, succeeded()), at(15), "the run has ended").await;
}

/// What can be seen of a run.
#[derive(Debug)]
struct Seen {
    run: Run,
    steps: Vec<RunStep>,
    history: RunHistory,
    owned: usize,
}

async fn look(bench: &Bench, lease: &Lease, claim: crate::domain::ClaimId) -> Seen {
    let owned = bench.store.claimed(lease.worker, claim).await.expect("claims are read").len();
    let (run, steps) = (bench.seen(&lease.run).await, bench.steps(&lease.run).await);
    Seen { run, steps, history: bench.history(&lease.run).await, owned }
}

fn assert_same(after: &Seen, before: &Seen, what: &str) {
    assert_same_run(&after.run, &before.run, what);
    assert_same_steps(&after.steps, &before.steps, what);
    assert_eq!(after.history, before.history, "{what}: the history");
    assert_eq!(after.owned, before.owned, "{what}: what the worker owns");
}

/// `LeaseLost` leaves steps, run and queue as they were.
pub async fn a_refused_record_writes_nothing(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_refused_record_writes_nothing");
    bench.enter(&[bench.run()]).await;
    let (worker, claim) = (bench.worker(), bench.claim_id());
    let quota = crate::conformance::kit::quota(Bench::WORKSPACE, crate::domain::Class::Normal, 9);
    let claimed = bench.store.claim(worker, claim, at(0), &[quota]).await.expect("runs are claimed");
    let lease = Lease { run: claimed[0].run.clone(), claim_no: 1, worker };
    bench.apply(&lease.writes(1, &[step("a", 1, StepStatus::Running, 1)]), at(1)).await;
    let steps = [billed("a", 1, StepStatus::Succeeded, 2), billed("b", 1, StepStatus::Failed, 2)];
    let refused =
        |lease: &Lease, disposition| RunRecord { steps: steps.to_vec(), ..lease.record(2, disposition) };
    let dispositions =
        || [Disposition::Continue, park(Some(at(2)), 0), park(None, 0), succeeded()].into_iter();

    let before = look(&bench, &lease, claim).await;
    for disposition in dispositions() {
        let strangers =
            [Lease { worker: bench.worker(), ..lease.clone() }, Lease { claim_no: 2, ..lease.clone() }];
        for stranger in strangers {
            bench.refuse(&refused(&stranger, disposition.clone()), at(2), "not the owner").await;
            assert_same(&look(&bench, &lease, claim).await, &before, "a record of a stranger");
        }
    }
    bench.assert_nothing_to_claim(at(99), "the run is owned").await;
    bench.store.reclaim(&[worker], at(3), 9).await.expect("runs are reclaimed");
    let before = look(&bench, &lease, claim).await;
    for disposition in dispositions() {
        bench.refuse(&refused(&lease, disposition), at(4), "the run is nobody's").await;
        assert_same(&look(&bench, &lease, claim).await, &before, "a record of who was the owner");
    }
    let second = bench.take(bench.worker(), at(4)).await;
    bench.apply(&refused(&second, succeeded()), at(5)).await;
    let before = look(&bench, &second, claim).await;
    for disposition in dispositions() {
        let late = RunRecord {
            seq: 3,
            steps: vec![billed("c", 1, StepStatus::Succeeded, 3)],
            ..refused(&second, disposition)
        };
        bench.refuse(&late, at(6), "the run has ended").await;
        assert_same(&look(&bench, &second, claim).await, &before, "a record after the end");
    }
}

/// An applied record answers `Applied` again and changes nothing, also after its run was parked, finished or claimed by
/// another.
pub async fn a_record_may_be_repeated(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_record_may_be_repeated");
    let lease = bench.started().await;
    let claim = bench.claim_id();
    let first =
        lease.writes(1, &[step("a", 1, StepStatus::Running, 1), billed("b", 1, StepStatus::Succeeded, 1)]);
    let second = lease.writes(2, &[billed("a", 1, StepStatus::Succeeded, 2)]);
    let parked = lease.record(3, park(Some(at(10)), 0));
    let repeat = async |records: &[&RunRecord], what: &str| {
        let before = look(&bench, &lease, claim).await;
        for record in records {
            let answer = bench.record(record, at(50)).await;
            assert!(
                matches!(answer, RecordAnswer::Applied { done: true, .. }),
                "{what}: {answer:?} for {record:?}"
            );
        }
        assert_same(&look(&bench, &lease, claim).await, &before, what);
    };
    bench.apply(&first, at(1)).await;
    repeat(&[&first], "the last record again").await;
    bench.apply(&second, at(2)).await;
    repeat(&[&first, &second], "every record again").await;
    bench.apply(&parked, at(3)).await;
    repeat(&[&first, &second, &parked], "again after the park").await;
    bench.assert_nothing_to_claim(at(9), "a park that is repeated does not move its wake time").await;

    let worker = bench.worker();
    let later = bench.take(worker, at(10)).await;
    repeat(&[&first, &second, &parked], "again after another claim").await;
    let stands = later.record(4, Disposition::Continue);
    bench.apply(&stands, at(11)).await;
    bench
        .refuse(&lease.record(4, Disposition::Continue), at(11), "a number that another claim has used")
        .await;
    bench.store.reclaim(&[worker], at(12), 9).await.expect("runs are reclaimed");
    repeat(&[&parked, &stands], "again after the death of the worker").await;
    let last = bench.take(worker, at(12)).await;
    let finish =
        RunRecord { steps: vec![billed("c", 1, StepStatus::Succeeded, 5)], ..last.record(5, succeeded()) };
    bench.apply(&finish, at(13)).await;
    repeat(&[&finish, &first, &parked, &stands], "again after the end").await;
    assert_eq!(bench.seen(&lease.run).await.finished_at, Some(at(13)), "the run ended once");
}

/// Each record of a batch stands alone: one that is refused harms no other.
pub async fn each_record_of_a_batch_stands_alone(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "each_record_of_a_batch_stands_alone");
    let worker = bench.worker();
    let mut leases = Vec::new();
    for of in ["a", "b"] {
        let runs: Vec<_> = (0..4).map(|_| bench.run_in(of, Bench::ORCHESTRA)).collect();
        bench.enter(&runs).await;
        let claimed = bench.claim_in(of, worker, at(0), 9).await;
        leases.extend(claimed.into_iter().map(|one| Lease { run: one.run, claim_no: 1, worker }));
    }
    let write = |lease: &Lease, disposition| RunRecord {
        steps: vec![billed("a", 1, StepStatus::Succeeded, 1)],
        ..lease.record(1, disposition)
    };
    let stale = |lease: &Lease| Lease { claim_no: 7, ..lease.clone() };
    let batch = [
        write(&stale(&leases[5]), succeeded()),
        write(&leases[0], Disposition::Continue),
        write(&Lease { run: bench.run().run, ..leases[0].clone() }, Disposition::Continue),
        write(&leases[6], park(Some(at(9)), 3)),
        write(&leases[1], succeeded()),
        write(&Lease { worker: bench.worker(), ..leases[2].clone() }, park(None, 0)),
        write(&leases[4], park(Some(at(9)), 0)),
    ];
    let expected = [None, Some(true), None, Some(false), Some(true), None, Some(true)];
    for time in ["first", "repeated"] {
        let answers = bench.store.record(&batch, at(1)).await.expect("records are answered");
        let done = answers.iter().map(|answer| match answer {
            RecordAnswer::Applied { done, .. } => Some(*done),
            RecordAnswer::LeaseLost => None,
        });
        assert_eq!(done.collect::<Vec<_>>(), expected, "{time}: the answers, in the order of the records");
    }
    use RunStatus::{Running, Succeeded, Waiting};
    let fates = [
        (0, Running, 1),
        (1, Succeeded, 1),
        (2, Running, 0),
        (3, Running, 0),
        (4, Waiting, 1),
        (5, Running, 0),
        (6, Running, 1),
    ];
    for (index, status, steps) in fates {
        let run = bench.seen(&leases[index].run).await;
        assert_eq!((run.status, run.revision), (status, steps), "status and revision of run {index}");
        assert_eq!(bench.steps(&leases[index].run).await.len(), steps as usize, "steps of run {index}");
    }
    assert_eq!(bench.store.record(&[], at(1)).await.expect("an empty batch is answered"), []);
    refused_for_its_data(&bench, &leases[3], &leases[7]).await;
}

/// A value that the store refuses takes its whole call along; sent alone, each other record is applied.
async fn refused_for_its_data(bench: &Bench, good: &Lease, odd: &Lease) {
    let mut step = billed("a", 1, StepStatus::Failed, 1);
    step.error = Some(Failure { code: "nul".to_owned(), message: "\0".to_owned() });
    let batch = [good.writes(1, &[billed("a", 1, StepStatus::Succeeded, 1)]), odd.writes(1, &[step.clone()])];
    match bench.store.record(&batch, at(2)).await {
        Ok(answers) => {
            assert!(answers.iter().all(|answer| matches!(answer, RecordAnswer::Applied { done: true, .. })));
            assert_same_steps(&bench.steps(&odd.run).await, &[step], "a value that is accepted reads back");
        }
        Err(error) => {
            assert!(matches!(error, StoreError::NotStorable { .. }), "a refused value: {error:?}");
            for lease in [good, odd] {
                let history = bench.history(&lease.run).await;
                assert_eq!(history, RunHistory::default(), "of a call that was refused nothing is applied");
            }
            bench.apply(&batch[0], at(3)).await;
        }
    }
}
