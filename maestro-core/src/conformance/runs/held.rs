//! Clauses of runs that are held: who enters so, who names them, who lets them go.

use std::{slice, sync::Arc};

use crate::conformance::kit::{Bench, at, at_once, orchestra_id, park, sorted, succeeded, workspace};
use crate::{
    domain::{Actor, NewRun, RunStatus},
    ports::store::{Enqueued, RunStore},
};

const DUE: Enqueued = Enqueued::Accepted { held: false };
const HELD: Enqueued = Enqueued::Accepted { held: true };

fn limited(max: u32, new: NewRun) -> NewRun {
    NewRun { max_concurrent_runs: Some(max), ..new }
}

/// A run enters held when so many runs of its orchestra are live already, those before it in the batch included.
pub async fn a_limit_holds_a_run(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_limit_holds_a_run");
    let batch: Vec<_> = bench.runs(4).into_iter().map(|new| limited(2, new)).collect();
    assert_eq!(bench.enqueue(&batch, at(0)).await, [DUE, DUE, HELD, HELD], "a limit of 2 in one batch of 4");
    let status = bench.seen(&batch[3].run).await.status;
    assert_eq!(status, RunStatus::Queued, "a held run is queued");
    let five = limited(5, bench.run());
    let answers = bench.enqueue(&[five, limited(5, bench.run())], at(0)).await;
    assert_eq!(answers, [DUE, HELD], "held runs count as live: 4 of 5, then 5 of 5");
    let others = [
        bench.run(),
        limited(1, bench.run_in(Bench::WORKSPACE, "another")),
        limited(1, bench.run_in("other", Bench::ORCHESTRA)),
        limited(0, bench.run_in("other", "none-at-all")),
    ];
    let answers = bench.enqueue(&others, at(0)).await;
    assert_eq!(
        answers,
        [DUE, DUE, DUE, HELD],
        "no limit; another orchestra; another workspace; a limit of 0"
    );

    let claimed = bench.claim(bench.worker(), at(1), 99).await;
    let took = sorted(claimed.iter().map(|claimed| claimed.run.clone()));
    let held = [&batch[2].run, &batch[3].run];
    assert_eq!(took.len(), 5, "what is not held can be claimed");
    assert!(held.iter().all(|run| !took.contains(run)), "a held run was claimed: {took:?}");

    let alone = |new: NewRun| limited(1, NewRun { run: orchestra(&new, "counts"), ..new });
    bench.enter(&[alone(bench.run())]).await;
    let worker = bench.worker();
    let lease = bench.take(worker, at(0)).await;
    let next = alone(bench.run());
    assert_eq!(bench.enqueue(slice::from_ref(&next), at(1)).await, [HELD], "an owned run is live");
    let actor = Actor::new("somebody");
    let ended = bench.store.cancel(&next.run.workspace, next.run.run_id, false, &actor, at(1)).await;
    ended.expect("a held run is cancelled");
    bench.apply(&lease.record(1, park(None, 0)), at(2)).await;
    let next = alone(bench.run());
    assert_eq!(bench.enqueue(slice::from_ref(&next), at(3)).await, [HELD], "a parked run is live");
    for run in [&lease.run, &next.run] {
        let ended = bench.store.cancel(&run.workspace, run.run_id, false, &actor, at(4)).await;
        ended.expect("a run that nobody plays is cancelled");
    }
    assert_eq!(bench.enqueue(&[alone(bench.run())], at(5)).await, [DUE], "ended runs are not live");
    let again = bench.enqueue(&[next, alone(bench.run())], at(5)).await;
    assert_eq!(again, [DUE, HELD], "a run that is only enqueued again does not count");
}

fn orchestra(new: &NewRun, name: &str) -> crate::domain::RunRef {
    crate::domain::RunRef { orchestra_id: orchestra_id(name), ..new.run.clone() }
}

/// `promote` lets go what the limit allows, the oldest id first: never more, however many promote at once.
pub async fn promote_lets_go_what_the_limit_allows(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "promote_lets_go_what_the_limit_allows");
    let (ws, orchestra) = (workspace(Bench::WORKSPACE), orchestra_id(Bench::ORCHESTRA));
    let promote = async |max| bench.store.promote(&ws, &orchestra, max).await.expect("held runs are let go");
    let mut runs: Vec<_> = bench.runs(8).into_iter().map(|new| limited(1, new)).collect();
    runs[2].due_at = at(500);
    let [first, held @ ..] = &runs[..] else { unreachable!("eight runs") };
    bench.enter(slice::from_ref(first)).await;
    // sent in another order than that of their ids
    let shuffled: Vec<_> = held.iter().rev().cloned().collect();
    assert_eq!(bench.enqueue(&shuffled, at(0)).await, vec![HELD; 7]);
    let bystanders = [("another", Bench::WORKSPACE), (Bench::ORCHESTRA, "other")]
        .map(|(orchestra, of)| limited(0, bench.run_in(of, orchestra)));
    assert_eq!(bench.enqueue(&bystanders, at(0)).await, [HELD; 2]);

    assert_eq!(promote(Some(1)).await, 0, "one is live and one may be");
    assert_eq!(promote(Some(0)).await, 0, "none may be");
    assert_eq!(promote(Some(2)).await, 1, "one is live and two may be");
    assert_eq!(promote(Some(2)).await, 0, "the same call again: two are live");
    let worker = bench.worker();
    let took = sorted(bench.claim(worker, at(1), 9).await.into_iter().map(|claimed| claimed.run));
    assert_eq!(took, [first.run.clone(), held[0].run.clone()], "the oldest id is let go first");
    let lease = crate::conformance::kit::Lease { run: took[0].clone(), claim_no: 1, worker };
    bench.apply(&lease.record(1, park(None, 0)), at(2)).await;
    assert_eq!(promote(Some(2)).await, 0, "a parked run is still one of two");
    bench.store.cancel(&ws, lease.run.run_id, false, &Actor::new("x"), at(3)).await.expect("it is cancelled");
    assert_eq!(promote(Some(2)).await, 1, "an ended run makes room");
    bench.assert_nothing_to_claim(at(499), "a run that was let go is due at its own time").await;
    assert_eq!(bench.take(worker, at(500)).await.run, held[1].run, "and then it is due");

    // two are live, five held; eight callers let go at once up to four
    let answers = at_once((0..8).map(|_| {
        let (store, ws, orchestra) = (Arc::clone(&bench.store), ws.clone(), orchestra.clone());
        async move { store.promote(&ws, &orchestra, Some(4)).await.expect("held runs are let go") }
    }))
    .await;
    let took = sorted(bench.claim(worker, at(501), 9).await.into_iter().map(|claimed| claimed.run));
    let told: u32 = answers.iter().sum();
    assert!(took.len() <= 2, "many promote at once and the limit of 4 is passed: {took:?}");
    assert_eq!(told as usize, took.len(), "the answers count what was let go: {answers:?}");
    promote(Some(4)).await;
    let more = bench.claim(worker, at(501), 9).await;
    assert_eq!(took.len() + more.len(), 2, "in the end the limit is used up");
    assert_eq!(promote(None).await, 3, "without a limit all go");
    assert_eq!(promote(None).await, 0, "nothing is held any more");
    for other in bystanders {
        let max = bench.store.promote(&other.run.workspace, &other.run.orchestra_id, Some(1)).await;
        assert_eq!(max.expect("held runs are let go"), 1, "{:?} was let go with another's", other.run);
    }
    exclusive_runs_play_alone(&bench).await;
}

async fn exclusive_runs_play_alone(bench: &Bench) {
    let of = "exclusive";
    let mut runs: Vec<_> = (0..3).map(|_| limited(0, bench.run_in(of, Bench::ORCHESTRA))).collect();
    runs.sort_by_key(|new| new.run.run_id);
    runs[1].exclusive = true;
    assert_eq!(bench.enqueue(&runs, at(0)).await, [HELD; 3]);
    let (ws, orchestra) = (workspace(of), orchestra_id(Bench::ORCHESTRA));
    let promote = async |max| bench.store.promote(&ws, &orchestra, max).await.expect("held runs are let go");
    assert_eq!(promote(None).await, 1, "the second one plays alone, and nobody passes it");
    let worker = bench.worker();
    let end = async || {
        let claimed = bench.claim_in(of, worker, at(1), 9).await;
        for claimed in &claimed {
            let lease = crate::conformance::kit::Lease {
                run: claimed.run.clone(),
                claim_no: claimed.claim_no,
                worker,
            };
            bench.apply(&lease.record(1, succeeded()), at(2)).await;
        }
        claimed.into_iter().map(|claimed| claimed.run).collect::<Vec<_>>()
    };
    assert_eq!(end().await, [runs[0].run.clone()], "the oldest went first");
    assert_eq!(promote(Some(9)).await, 2, "none is live: the second one may go, the third by the limit of 9");
    assert_eq!(sorted(end().await), [runs[1].run.clone(), runs[2].run.clone()]);
}

/// `held` names the orchestras that hold runs: those and no others.
pub async fn held_names_orchestras_that_hold_runs(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "held_names_orchestras_that_hold_runs");
    let held = async |limit| sorted(bench.store.held(limit).await.expect("orchestras are named"));
    assert_eq!(held(9).await, [], "nothing is held");
    let places = [("b", "x"), ("a", "y"), ("a", "x")];
    for (of, orchestra) in places {
        let runs = [limited(1, bench.run_in(of, orchestra)), limited(1, bench.run_in(of, orchestra))];
        bench.enqueue(&runs, at(0)).await;
        bench.enqueue(&[limited(1, bench.run_in(of, orchestra))], at(0)).await;
        bench.enter(&[bench.run_in(of, "free")]).await;
    }
    let all = sorted(places.map(|(of, orchestra)| (workspace(of), orchestra_id(orchestra))));
    assert_eq!(held(9).await, all, "each orchestra that holds runs, once");
    let two = held(2).await;
    assert!(two.len() == 2 && two.iter().all(|one| all.contains(one)), "at most so many: {two:?}");
    bench.store.promote(&all[0].0, &all[0].1, None).await.expect("held runs are let go");
    assert_eq!(held(9).await, all[1..], "runs that were let go are held no more");
    for (ws, orchestra) in &all[1..] {
        for run in bench.store.runs(ws, &Default::default(), None, 99).await.expect("runs are listed") {
            if run.orchestra_id == *orchestra {
                let ended = bench.store.cancel(ws, run.id, false, &Actor::new("x"), at(1)).await;
                ended.expect("a run that nobody plays is cancelled");
            }
        }
    }
    assert_eq!(held(9).await, [], "runs that have ended are held no more");
}
