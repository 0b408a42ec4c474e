//! Clauses of `due` and `backlog`: who has work, how much, and when there will be more.

use std::sync::Arc;

use crate::conformance::kit::{Bench, LONG_AFTER, at, park, tick, workspace};
use crate::{
    domain::{Class, NewRun},
    ports::store::{Backlog, DueClass, RunStore},
};

/// Each pair of workspace and class with due runs once, sorted; at most `limit`, those after `after` first and then from
/// the beginning.
pub async fn due_names_every_workspace_with_work(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "due_names_every_workspace_with_work");
    let due = async |now, after: Option<&DueClass>, limit| {
        bench.store.due(now, after, limit).await.expect("due classes are named").0
    };
    assert_eq!(due(at(0), None, 9).await, [], "nothing is due");
    let pair = |of: &str, class| DueClass { workspace: workspace(of), class };
    let mut all = Vec::new();
    // an order by bytes: not that of a language, and none in which marks do not count
    for of in ["B", "a", "a-b", "a.b", "aB", "ab", "b"] {
        for class in Class::ALL {
            let new = NewRun { class: *class, ..bench.run_in(of, Bench::ORCHESTRA) };
            let second = NewRun { run: bench.run_in(of, "another").run, ..new.clone() };
            bench.enter(&[new, second]).await;
            all.push(pair(of, *class));
        }
    }
    bench.enter(&[NewRun { due_at: at(0) + tick(), ..bench.run_in("later", Bench::ORCHESTRA) }]).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run_in("held", Bench::ORCHESTRA) };
    bench.enqueue(&[held], at(0)).await;
    for (of, wake_at) in
        [("owned", None), ("parked", Some(None)), ("parked-long", Some(Some(at(LONG_AFTER))))]
    {
        bench.enter(&[bench.run_in(of, Bench::ORCHESTRA)]).await;
        let worker = bench.worker();
        let claimed = bench.claim_in(of, worker, at(0), 9).await.remove(0);
        if let Some(wake_at) = wake_at {
            let lease = crate::conformance::kit::Lease { run: claimed.run, claim_no: 1, worker };
            bench.apply(&lease.record(1, park(wake_at, 0)), at(0)).await;
        }
    }

    assert_eq!(due(at(0), None, 99).await, all, "each pair once, in order, and none without work");
    assert_eq!(due(at(0), None, 4).await, all[..4], "at most so many");
    let mut rotated = all.clone();
    rotated.rotate_left(5);
    assert_eq!(due(at(0), Some(&all[4]), 99).await, rotated, "a full round begins after the given pair");
    assert_eq!(due(at(0), Some(&all[4]), 3).await, all[5..8], "from after the given pair");
    let (last, count) = (all.len() - 1, all.len());
    assert_eq!(due(at(0), Some(&all[last]), 3).await, all[..3], "after the last pair comes the first");
    let around: Vec<_> = [last - 1, last, 0, 1].map(|index| all[index].clone()).into();
    assert_eq!(due(at(0), Some(&all[last - 2]), 4).await, around, "over the end to the beginning");
    let absent = pair("a-", Class::Low);
    assert_eq!(due(at(0), Some(&absent), 1).await, all[6..7], "the given pair need not have work");
    let later = due(at(0) + tick(), None, 99).await;
    assert_eq!(later.len(), count + 1, "a run is due from its time on: {later:?}");

    bench.claim_in("a", bench.worker(), at(0), 1).await;
    assert_eq!(due(at(0), None, 99).await, all, "one of two runs is left in each class of a workspace");
    bench.claim_in("a", bench.worker(), at(0), 1).await;
    all.retain(|pair| pair.workspace != workspace("a"));
    assert_eq!(due(at(0), None, 99).await, all, "what was claimed is not due");
}

/// The earliest due time after `now` of a run that can be claimed then.
pub async fn due_tells_the_next_moment(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "due_tells_the_next_moment");
    let next = async |now| bench.store.due(now, None, 1).await.expect("due classes are named").1;
    assert_eq!(next(at(0)).await, None, "there is no run");
    let due_at = |seconds, of| NewRun { due_at: at(seconds), ..bench.run_in(of, Bench::ORCHESTRA) };
    bench.enter(&[due_at(30, "a"), due_at(20, "b"), due_at(10, "c"), due_at(-5, "d")]).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..due_at(1, "e") };
    bench.enqueue(&[held], at(0)).await;
    assert_eq!(next(at(0)).await, Some(at(10)), "of any workspace; not what is held or due already");
    assert_eq!(next(at(10) - tick()).await, Some(at(10)));
    assert_eq!(next(at(10)).await, Some(at(20)), "strictly after now");
    assert_eq!(next(at(30)).await, None, "everything is due");
    assert_eq!(next(at(0)).await, Some(at(10)), "an earlier moment can be asked about after a later one");

    let worker = bench.worker();
    assert_eq!(bench.claim_in("c", worker, at(10), 9).await.len(), 1);
    assert_eq!(next(at(0)).await, Some(at(20)), "not what is owned");
    let lease = bench.started().await;
    bench.apply(&lease.record(1, park(Some(at(15)), 0)), at(1)).await;
    assert_eq!(next(at(0)).await, Some(at(15)), "a parked run counts by its wake time");
    let lease = bench.take(worker, at(15)).await;
    bench.apply(&lease.record(2, park(None, 0)), at(16)).await;
    assert_eq!(next(at(16)).await, Some(at(20)), "a run that waits for a signal has no time");
    let signal = bench.wake(at(18));
    bench.store.signal(&lease.run.workspace, lease.run.run_id, &signal).await.expect("a signal is kept");
    assert_eq!(next(at(16)).await, Some(at(18)), "until it is signalled");
}

/// Runs that could be claimed, over all workspaces, and for how long the oldest could.
pub async fn backlog_tells_how_much_is_due_and_since_when(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "backlog_tells_how_much_is_due_and_since_when");
    let backlog = async |now| bench.store.backlog(now).await.expect("the backlog is told");
    let told = |due, oldest| Backlog { due, oldest_due_at: Some(at(oldest)) };
    assert_eq!(backlog(at(0)).await, Backlog::default(), "there is no run");
    let due_at = |seconds, of| NewRun { due_at: at(seconds), ..bench.run_in(of, Bench::ORCHESTRA) };
    bench.enter(&[due_at(-5, "a"), due_at(-9, "b"), due_at(-1, "b"), due_at(10, "c")]).await;
    bench.enter(&[NewRun { class: Class::Low, ..due_at(-7, "a") }]).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..due_at(-20, "e") };
    bench.enqueue(&[held], at(0)).await;
    assert_eq!(
        backlog(at(0)).await,
        told(4, -9),
        "of every workspace and class; not what is held or not due"
    );
    assert_eq!(backlog(at(-7)).await, told(2, -9), "what was not due then does not count");
    assert_eq!(backlog(at(10)).await, told(5, -9), "a run is due from its time on");
    assert_eq!(bench.claim_in("b", bench.worker(), at(0), 1).await.len(), 1);
    assert_eq!(backlog(at(0)).await, told(3, -7), "not what is owned");

    let many: Vec<_> = (0..600).map(|_| due_at(-2, "many")).collect();
    bench.enter(&many).await;
    assert_eq!(backlog(at(0)).await.due, 603, "exactly, up to 1,000 of a class");
    bench.enter(&(0..600).map(|_| due_at(-2, "many")).collect::<Vec<_>>()).await;
    let due = backlog(at(0)).await.due;
    assert!((1_003..=1_203).contains(&due), "of more at least 1,000: {due}");
}
