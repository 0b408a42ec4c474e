//! Clauses of what is counted: the deaths of workers, and that they falter.

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;

use crate::conformance::kit::{Bench, Lease, at, park, quota, step, succeeded, tick};
use crate::{
    domain::{Class, Disposition, RunRecord, RunRef, RunStatus, StepStatus},
    ports::store::{RecordAnswer, RunStore},
};

/// Only runs of the dead are returned; `recoveries` counts it, beginning anew after a record that goes on.
pub async fn reclaim_returns_runs_of_the_dead(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "reclaim_returns_runs_of_the_dead");
    let (dead, buried, alive) = (bench.worker(), bench.worker(), bench.worker());
    let start = async |worker, of: &str, count: usize| {
        let runs: Vec<_> = (0..count).map(|_| bench.run_in(of, Bench::ORCHESTRA)).collect();
        bench.enter(&runs).await;
        let claimed = bench.claim_in(of, worker, at(0), 99).await;
        assert_eq!(claimed.len(), count);
        claimed.into_iter().map(|one| Lease { run: one.run, claim_no: 1, worker }).collect::<Vec<_>>()
    };
    let theirs = [start(dead, "a", 3).await, start(dead, "b", 2).await, start(buried, "a", 2).await].concat();
    let others = start(alive, "a", 2).await;
    let let_go = start(dead, "c", 2).await;
    bench.apply(&let_go[0].record(1, park(None, 0)), at(1)).await;
    bench.apply(&let_go[1].record(1, succeeded()), at(1)).await;

    let reclaim = async |workers: &[_], limit| {
        bench.store.reclaim(workers, at(5), limit).await.expect("runs are reclaimed")
    };
    assert_eq!(reclaim(&[], 9).await, 0, "nobody is dead");
    assert_eq!(reclaim(&[bench.worker()], 9).await, 0, "who owns nothing leaves nothing");
    let answers = [
        reclaim(&[dead, buried], 4).await,
        reclaim(&[dead, buried], 4).await,
        reclaim(&[dead, buried], 4).await,
    ];
    assert_eq!(answers, [4, 3, 0], "at most the limit, until nothing is left");
    for lease in &others {
        assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Running, "the run of a living worker");
        bench.apply(&lease.record(1, Disposition::Continue), at(5)).await;
    }
    assert_eq!(
        bench.seen(&let_go[0].run).await.status,
        RunStatus::Waiting,
        "a parked run has no worker to lose"
    );
    let mut returned: BTreeSet<RunRef> = BTreeSet::new();
    for of in ["a", "b", "c"] {
        assert_eq!(
            bench.claim_in(of, alive, at(4), 99).await,
            [],
            "a run that comes back is due at the given time"
        );
        for claimed in bench.claim_in(of, alive, at(5), 99).await {
            assert_eq!(
                (claimed.claim_no, claimed.recoveries),
                (2, 1),
                "claim_no and recoveries of {:?}",
                claimed.run
            );
            returned.insert(claimed.run);
        }
    }
    assert_eq!(
        returned,
        theirs.iter().map(|lease| lease.run.clone()).collect(),
        "the runs of the dead and no others"
    );
    recoveries_are_counted(&bench).await;
}

async fn recoveries_are_counted(bench: &Bench) {
    bench.enter(&[bench.run()]).await;
    let quotas = [quota(Bench::WORKSPACE, Class::Normal, 9)];
    let mut seq = 0;
    // what the claim tells, and what the worker does before it dies
    let lives = [
        (0, ""),
        (1, ""),
        (2, "goes on"),
        (1, "says nothing"),
        (2, "begins"),
        (3, "parks"),
        (3, ""),
        (4, "goes on"),
        (1, ""),
    ];
    for (number, (recoveries, deed)) in lives.into_iter().enumerate() {
        let worker = bench.worker();
        let claimed =
            bench.store.claim(worker, bench.claim_id(), at(9), &quotas).await.expect("runs are claimed");
        assert_eq!(claimed.len(), 1, "the run is due again");
        assert_eq!(
            claimed[0].recoveries, recoveries,
            "in life {number}: only a step that goes on begins anew"
        );
        let lease = Lease { run: claimed[0].run.clone(), claim_no: claimed[0].claim_no, worker };
        let disposition = if deed == "parks" { park(Some(at(9)), 0) } else { Disposition::Continue };
        if !deed.is_empty() {
            seq += 1;
            let steps = match deed {
                "goes on" => vec![step(&format!("a{seq}"), 1, StepStatus::Succeeded, seq)],
                "begins" => vec![step("b", 1, StepStatus::Running, seq)],
                _ => Vec::new(),
            };
            bench.apply(&RunRecord { steps, ..lease.record(seq, disposition) }, at(9)).await;
        }
        let lost = bench.store.reclaim(&[worker], at(9), 9).await.expect("runs are reclaimed");
        assert_eq!(lost, u32::from(deed != "parks"), "who parked has no run to lose");
    }
}

/// The run is due at its time, whatever signals came, and `recoveries` counts it like the death of a worker.
pub async fn a_worker_that_falters_is_counted(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_worker_that_falters_is_counted");
    let mut lease = bench.started().await;
    let (ws, id) = (lease.run.workspace.clone(), lease.run.run_id);
    for number in 1..=5_u32 {
        let now = at(i64::from(number) * 100);
        bench.store.signal(&ws, id, &bench.wake(now)).await.expect("a signal is kept");
        let disposition = Disposition::Falter { wake_at: now + TimeDelta::seconds(50) };
        let status = if number == 4 { StepStatus::Succeeded } else { StepStatus::Running };
        let steps = vec![step(&format!("a{number}"), 1, status, number)];
        let record = RunRecord { steps, ..lease.record(number, disposition) };
        for _ in 0..2 {
            let answer = bench.record(&record, now).await;
            assert!(matches!(answer, RecordAnswer::Applied { done: true, .. }), "a signal does not hold it");
        }
        assert_eq!(bench.seen(&lease.run).await.status, RunStatus::Waiting, "the worker lets the run go");
        bench.assert_nothing_to_claim(now + TimeDelta::seconds(50) - tick(), "it is due at its time").await;
        let worker = bench.worker();
        let claimed = bench.claim(worker, now + TimeDelta::seconds(50), 9).await;
        let told: Vec<_> = claimed.iter().map(|one| (one.claim_no, one.recoveries)).collect();
        let recoveries = if number < 4 { number } else { number - 3 };
        assert_eq!(told, [(number + 1, recoveries)], "after {number} times");
        lease = Lease { claim_no: number + 1, worker, ..lease };
    }
    assert_eq!(bench.store.reclaim(&[lease.worker], at(900), 9).await.expect("runs are reclaimed"), 1);
    let claimed = bench.claim(bench.worker(), at(900), 9).await;
    assert_eq!(claimed[0].recoveries, 3, "the deaths of workers count with it");
}
