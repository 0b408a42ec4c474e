//! The clauses of how costs come and go.

use std::sync::Arc;

use super::{bill, home, known, spent, write};
use crate::{
    conformance::kit::{Bench, at, billed, step, succeeded, tick},
    domain::{Actor, CostSplit, Money, RunRecord, StepStatus},
    ports::Store,
};

/// Each billed try is a cost from the moment of its record on; a row that is written again counts once.
pub async fn every_billed_try_is_a_cost_once(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "every_billed_try_is_a_cost_once");
    let lease = bench.started().await;
    let running = bill("a", StepStatus::Running, 10, Some(3));
    let unbilled = step("b", 1, StepStatus::Succeeded, 0);
    write(&bench, &lease, 1, &[running.clone(), unbilled.clone()], at(1)).await;
    assert_eq!(spent(&*store, at(1)).await, known(3), "what was billed counts, though the step still runs");
    let more = bill("a", StepStatus::Succeeded, 30, Some(10));
    let retried = crate::domain::RunStep { attempt: 2, ..bill("a", StepStatus::Failed, 1, Some(100)) };
    let record = lease.writes(2, &[more.clone(), retried]);
    for second in [5, 6] {
        bench.apply(&record, at(second)).await; // the second time it is repeated
    }
    assert_eq!(
        spent(&*store, at(1)).await,
        known(110),
        "a row that is written again counts once, as it is now"
    );
    assert_eq!(spent(&*store, at(5)).await, known(110), "from the moment of the record that wrote it last");
    assert_eq!(spent(&*store, at(5) + tick()).await, known(0), "a repeated record bills nothing");

    let late = bill("a", StepStatus::Succeeded, 1, Some(7_000));
    write(&bench, &lease, 3, &[late], at(7)).await;
    assert_eq!(
        spent(&*store, at(1)).await,
        known(110),
        "a row that is final is not written, and so costs nothing"
    );
    let stranger = RunRecord {
        worker: bench.worker(),
        ..lease.writes(4, &[bill("c", StepStatus::Succeeded, 1, Some(9))])
    };
    bench.refuse(&stranger, at(8), "another worker").await;
    assert_eq!(spent(&*store, at(1)).await, known(110), "what is refused costs nothing");

    let unknown = bill("d", StepStatus::Unknown, 5, None);
    let end = RunRecord { steps: vec![unknown], ..lease.record(4, succeeded()) };
    bench.apply(&end, at(9)).await;
    let total = spent(&*store, at(1)).await;
    assert_eq!((total.known, total.has_unknown), (Money::from_nanos(110), true), "a finish bills as well");
    assert_eq!(spent(&*store, at(9) + tick()).await, known(0), "and nothing after it");
}

/// Costs stay when their runs are pruned.
pub async fn costs_outlive_their_runs(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "costs_outlive_their_runs");
    let lease = bench.started().await;
    let rows = [bill("a", StepStatus::Succeeded, 1, Some(5)), billed("b", 1, StepStatus::Failed, 1)];
    bench.apply(&RunRecord { steps: rows.to_vec(), ..lease.record(1, succeeded()) }, at(1)).await;
    let cancelled = bench.started().await;
    write(&bench, &cancelled, 1, &[bill("c", StepStatus::Running, 1, Some(50))], at(2)).await;
    let (ws, id) = (&cancelled.run.workspace, cancelled.run.run_id);
    store.cancel(ws, id, true, &Actor::new("x"), at(3)).await.expect("a run is ended");
    let (before, sums) = (spent(&*store, at(0)).await, sums(&*store).await);
    assert_eq!(before.known, Money::from_nanos(55).plus(rows[1].cost.unwrap_or_default()), "both runs cost");
    assert_eq!(store.prune_runs(at(100), at(100), 9).await.expect("runs are pruned"), 2, "both are pruned");
    assert_eq!(spent(&*store, at(0)).await, before, "what was spent is spent");
    assert_eq!(self::sums(&*store).await, sums, "and still known by node");
}

async fn sums(store: &dyn Store) -> Vec<crate::domain::Costs> {
    store.costs(&home(), &CostSplit::Nodes, at(0), at(100)).await.expect("costs are summed up")
}

/// What is older than a moment is deleted, all of it, and nothing else.
pub async fn prune_costs_deletes_only_old_ones(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "prune_costs_deletes_only_old_ones");
    for of in [Bench::WORKSPACE, "other"] {
        bench.enter(&[bench.run_in(of, Bench::ORCHESTRA)]).await;
        let worker = bench.worker();
        let claimed = bench.claim_in(of, worker, at(0), 1).await.remove(0);
        let lease = crate::conformance::kit::Lease { run: claimed.run, claim_no: claimed.claim_no, worker };
        let moments = [at(1), at(10) - tick(), at(10), at(11)];
        for (seq, (key, now)) in (1..).zip(["a", "b", "c", "d"].into_iter().zip(moments)) {
            write(&bench, &lease, seq, &[bill(key, StepStatus::Succeeded, 1, Some(1 << seq))], now).await;
        }
    }
    let prune = async |before, limit| store.prune_costs(before, limit).await.expect("costs are pruned");
    assert_eq!(prune(at(1), 9).await, 0, "nothing is as old as that");
    let answers = [prune(at(10), 3).await, prune(at(10), 3).await, prune(at(10), 3).await];
    assert_eq!(answers, [3, 1, 0], "the old ones of every workspace, in calls of 3, then nothing");
    assert_eq!(spent(&*store, at(0)).await, known(8 + 16), "what is as young as that stays");
    let others = store.spent(&crate::conformance::kit::workspace("other"), at(0)).await;
    assert_eq!(others.expect("what was spent is told"), known(8 + 16), "in every workspace");
}
