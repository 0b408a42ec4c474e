//! Clauses of `claim`: one owner, the right runs, nothing lost.

use std::{collections::BTreeSet, sync::Arc};

use crate::conformance::kit::{Bench, LONG_AFTER, Lease, at, at_once, park, quota, sorted, tick};
use crate::{
    domain::{Class, NewRun, RunRef},
    ports::store::{ClaimedRun, RunStore},
};

fn runs_of(claimed: &[ClaimedRun]) -> Vec<RunRef> {
    sorted(claimed.iter().map(|claimed| claimed.run.clone()))
}

/// A run that is owned is not returned again, however many claim at once.
pub async fn claim_is_exclusive(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "claim_is_exclusive");
    let mut runs = bench.runs(60);
    runs.iter_mut().step_by(2).for_each(|run| run.class = Class::High);
    bench.enter(&runs).await;
    let calls = (0..12).map(|_| {
        let (store, worker, claim) = (Arc::clone(&bench.store), bench.worker(), bench.claim_id());
        let quotas = [Class::High, Class::Normal].map(|class| quota(Bench::WORKSPACE, class, 3));
        async move { store.claim(worker, claim, at(0), &quotas).await.expect("runs are claimed") }
    });
    let mut taken: Vec<RunRef> = at_once(calls).await.into_iter().flatten().map(|one| one.run).collect();
    // Under contention a claim may find less than there is; then the rest is still there.
    loop {
        let rest = bench.claim(bench.worker(), at(0), 7).await;
        if rest.is_empty() {
            break;
        }
        taken.extend(rest.into_iter().map(|claimed| claimed.run));
        assert!(taken.len() <= 60, "runs are claimed twice");
    }
    let distinct: BTreeSet<_> = taken.iter().collect();
    assert_eq!((distinct.len(), taken.len()), (60, 60), "every run is claimed, and by one claim only");
    bench.assert_nothing_to_claim(at(LONG_AFTER), "every run is owned").await;
    let worker = bench.worker();
    let claim = bench.claim_id();
    let quotas = [quota(Bench::WORKSPACE, Class::Normal, 9)];
    bench.enter(&bench.runs(2)).await;
    let mut repeated = Vec::new();
    for _ in 0..3 {
        repeated.extend(bench.store.claim(worker, claim, at(0), &quotas).await.expect("runs are claimed"));
    }
    assert_eq!(repeated.len(), 2, "not even the same call takes a run that is owned again: {repeated:?}");
}

/// `seq` is the number of the last record that was applied.
pub async fn claim_tells_where_the_record_ends(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "claim_tells_where_the_record_ends");
    bench.enter(&[bench.run()]).await;
    for seq in 0..4 {
        let (worker, claim) = (bench.worker(), bench.claim_id());
        let quotas = [quota(Bench::WORKSPACE, Class::Normal, 9)];
        let claimed = bench.store.claim(worker, claim, at(0), &quotas).await.expect("runs are claimed");
        assert_eq!((claimed.len(), claimed[0].seq), (1, seq), "the claim tells it");
        let told = bench.store.claimed(worker, claim).await.expect("claims are read");
        assert_eq!(told, claimed, "and so does the store when it is asked again");
        let lease = Lease { run: claimed[0].run.clone(), claim_no: claimed[0].claim_no, worker };
        bench.apply(&lease.record(seq + 1, park(Some(at(0)), 0)), at(0)).await;
    }
}

/// `claim_no` grows by one with every claim of a run.
pub async fn claim_raises_claim_no(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "claim_raises_claim_no");
    bench.enter(&[bench.run()]).await;
    for number in 1..=6 {
        let (now, worker) = (at(i64::from(number)), bench.worker());
        let claimed = bench.claim(worker, now, 1).await;
        assert_eq!(claimed.len(), 1, "the run is due for claim {number}");
        assert_eq!(claimed[0].claim_no, number, "the number of claim {number}");
        assert_eq!(claimed[0].started_at, at(1), "started_at is the time of the first claim");
        // back into the queue: by a park, by the death of the worker
        if number % 2 == 1 {
            let lease = Lease { run: claimed[0].run.clone(), claim_no: number, worker };
            bench.apply(&lease.record(number, park(Some(now), 0)), now).await;
        } else {
            let reclaimed = bench.store.reclaim(&[worker], now, 9).await.expect("runs are reclaimed");
            assert_eq!(reclaimed, 1, "the run of a dead worker");
        }
    }
}

/// The oldest due runs are taken, in the order of due time, then id, and never more than the quota.
pub async fn claim_takes_the_oldest_due(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "claim_takes_the_oldest_due");
    let mut runs = bench.runs(12);
    // three moments; within each the ids decide; orchestras do not matter
    for (index, run) in runs.iter_mut().enumerate() {
        run.due_at = at(5) - tick() * (index as i32 * 7 % 3);
        if index % 2 == 0 {
            run.run.orchestra_id = crate::conformance::kit::orchestra_id("another");
        }
    }
    let shuffled: Vec<_> = (0..12).map(|index| runs[index * 5 % 12].clone()).collect();
    bench.enter(&shuffled).await;
    runs.sort_by_key(|run| (run.due_at, run.run.run_id));
    let worker = bench.worker();
    let mut expected = runs.iter().map(|run| run.run.clone());
    for limit in [1, 4, 2, 3] {
        let took = runs_of(&bench.claim(worker, at(5), limit).await);
        let oldest = sorted(expected.by_ref().take(limit as usize));
        assert_eq!(took, oldest, "a quota of {limit} takes the {limit} oldest");
    }
    let took = runs_of(&bench.claim(worker, at(5), 99).await);
    assert_eq!(took, sorted(expected), "a quota larger than what is due takes it all");

    // A parked run stands where its wake time puts it.
    let lease = bench.started().await;
    bench.apply(&lease.record(1, park(Some(at(7)), 0)), at(6)).await;
    let (early, late) =
        (NewRun { due_at: at(7) - tick(), ..bench.run() }, NewRun { due_at: at(7) + tick(), ..bench.run() });
    bench.enter(&[late.clone(), early.clone()]).await;
    for expected in [early.run, lease.run, late.run] {
        assert_eq!(runs_of(&bench.claim(worker, at(9), 1).await), [expected], "by due time, parked or new");
    }
}

/// Nothing of another workspace or class is taken, nothing that is not due.
pub async fn claim_keeps_to_its_quotas(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "claim_keeps_to_its_quotas");
    let workspaces = ["a", "A", "a-b"];
    let mut runs = Vec::new();
    for of in workspaces {
        for class in Class::ALL {
            for _ in 0..3 {
                runs.push(NewRun { class: *class, ..bench.run_in(of, Bench::ORCHESTRA) });
            }
            let later =
                NewRun { class: *class, due_at: at(0) + tick(), ..bench.run_in(of, Bench::ORCHESTRA) };
            runs.push(later);
        }
    }
    bench.enter(&runs).await;
    let worker = bench.worker();
    let claim = async |now, quotas: &[_]| {
        let claimed =
            bench.store.claim(worker, bench.claim_id(), now, quotas).await.expect("runs are claimed");
        sorted(claimed.into_iter().map(|one| (one.run.workspace.to_string(), one.class)))
    };
    assert_eq!(claim(at(0), &[]).await, [], "no quota, no run");
    assert_eq!(claim(at(0), &[quota("b", Class::High, 9)]).await, [], "a workspace without runs");
    let quotas = [quota("a", Class::High, 2), quota("A", Class::Low, 1), quota("a-b", Class::Normal, 9)];
    let normal = ("a-b".to_owned(), Class::Normal);
    let expected = [
        ("A".to_owned(), Class::Low),
        ("a".to_owned(), Class::High),
        ("a".to_owned(), Class::High),
        normal.clone(),
        normal.clone(),
        normal.clone(),
    ];
    assert_eq!(claim(at(0), &quotas).await, expected, "each quota for itself, and the run due later not yet");
    assert_eq!(claim(at(0), &quotas[2..]).await, [], "nothing is due a microsecond early");
    assert_eq!(claim(at(0) + tick(), &quotas[2..]).await, [normal], "and it is due on time");
    assert_eq!(
        claim(at(0) - tick(), &[quota("a", Class::Low, 9)]).await,
        [],
        "nor is anything before its time"
    );
}

/// `claimed` with the same id returns what a claim took.
pub async fn a_lost_claim_answer_loses_no_run(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_lost_claim_answer_loses_no_run");
    let mut runs = bench.runs(5);
    runs[1].class = Class::Low;
    runs[2].run = bench.run_in("other", "another").run;
    bench.enter(&runs).await;
    let (worker, claim) = (bench.worker(), bench.claim_id());
    let quotas = [
        quota(Bench::WORKSPACE, Class::Normal, 2),
        quota(Bench::WORKSPACE, Class::Low, 2),
        quota("other", Class::Normal, 2),
    ];
    let by_id = |mut claimed: Vec<ClaimedRun>| {
        claimed.sort_by_key(|one| one.run.run_id);
        claimed
    };
    let took = by_id(bench.store.claim(worker, claim, at(1), &quotas).await.expect("runs are claimed"));
    assert_eq!(took.len(), 4, "four runs are within the quotas");
    let claimed =
        async |worker, claim| by_id(bench.store.claimed(worker, claim).await.expect("claims are read"));
    assert_eq!(claimed(worker, claim).await, took, "the same runs with the same fields");
    assert_eq!(claimed(worker, claim).await, took, "as often as it is asked");
    assert_eq!(claimed(bench.worker(), claim).await, [], "another worker took nothing by this id");
    assert_eq!(claimed(worker, bench.claim_id()).await, [], "another call took nothing");

    let second = bench.claim_id();
    let more = bench.store.claim(worker, second, at(2), &quotas).await.expect("runs are claimed");
    assert_eq!(more.len(), 1, "the fifth run");
    assert_eq!(claimed(worker, second).await, more, "each call for itself");
    assert_eq!(claimed(worker, claim).await, took, "a second claim takes nothing from the first");

    let gone = &took[0];
    let lease = Lease { run: gone.run.clone(), claim_no: 1, worker };
    bench.apply(&lease.record(1, park(Some(at(9)), 0)), at(3)).await;
    assert_eq!(claimed(worker, claim).await, took[1..], "what was let go is owned no more");
    let third = bench.claim_id();
    let quotas = [quota(gone.run.workspace.as_str(), gone.class, 9)];
    let again = bench.store.claim(worker, third, at(9), &quotas).await.expect("runs are claimed");
    assert_eq!((again.len(), again[0].claim_no), (1, 2), "the run is claimed anew");
    assert_eq!(claimed(worker, claim).await, took[1..], "a run belongs to its last claim");
    assert_eq!(claimed(worker, third).await, again, "a run belongs to its last claim");

    for new in &runs {
        let signal = bench.wake(at(10));
        bench.store.signal(&new.run.workspace, new.run.run_id, &signal).await.expect("a signal is kept");
    }
    assert!(
        claimed(worker, claim).await.iter().all(|one| one.signals == 1),
        "signals are told as they are now"
    );
}
