//! The tier of workers and of paused workspaces.

use std::sync::Arc;

use super::{
    kit::{Bench, Lease, assert_conflict, at, orchestra_id, sorted, tick, workspace},
    orchestras::scheduled,
};
use crate::{
    domain::{Actor, Class, Disposition, NewRun, WorkerId},
    ports::{
        Store,
        store::{OwnedRun, WorkspaceState},
    },
};

async fn register(store: &Arc<dyn Store>, worker: WorkerId, second: i64) {
    store.register_worker(worker, at(second)).await.expect("a worker is registered");
}

async fn renew(store: &Arc<dyn Store>, worker: WorkerId, second: i64) -> Option<Vec<OwnedRun>> {
    store.renew_worker(worker, at(second)).await.expect("a renewal is answered")
}

async fn dead(store: &Arc<dyn Store>, before: chrono::DateTime<chrono::Utc>) -> Vec<WorkerId> {
    sorted(store.dead_workers(before).await.expect("dead workers are named"))
}

/// Registering or renewing an id that was taken for dead does not revive it.
pub async fn a_dead_worker_never_comes_back(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_dead_worker_never_comes_back");
    let (lost, alive) = (bench.worker(), bench.worker());
    register(&store, lost, 0).await;
    register(&store, alive, 10).await;
    assert_eq!(dead(&store, at(5)).await, [lost], "a worker that was silent");
    for second in [4, 11, 12] {
        assert_eq!(renew(&store, lost, second).await, None, "a renewal of the dead tells it to stop");
        assert_conflict(store.register_worker(lost, at(second)).await, &[], "a registration of the dead");
        assert_eq!(dead(&store, at(5)).await, [lost], "who is dead stays dead, whatever it says");
    }
    assert_eq!(renew(&store, alive, 12).await, Some(Vec::new()), "the living are not concerned");
    store.forget_workers(&[lost]).await.expect("workers are forgotten");
    assert_eq!(renew(&store, lost, 13).await, None, "a renewal of who was forgotten tells it to stop");
    assert_eq!(renew(&store, bench.worker(), 13).await, None, "and so does one of who never was");
}

/// Every run of the worker with its signals and cancel requests.
pub async fn renewal_returns_what_is_owned(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "renewal_returns_what_is_owned");
    let (worker, other) = (bench.worker(), bench.worker());
    register(&store, worker, 0).await;
    register(&store, worker, 1).await; // the call may be repeated
    register(&store, other, 0).await;
    assert_eq!(renew(&store, worker, 1).await, Some(Vec::new()), "nothing is owned");
    let mut owned = Vec::new();
    for (of, count) in [(Bench::WORKSPACE, 3), ("other", 2)] {
        let runs: Vec<_> = (0..count)
            .map(|index| NewRun { class: Class::ALL[index], ..bench.run_in(of, Bench::ORCHESTRA) })
            .collect();
        bench.enter(&runs).await;
        owned.extend(bench.claim_in(of, worker, at(1), 1).await.into_iter().map(|claimed| claimed.run));
    }
    owned.sort();
    assert_eq!(owned.len(), 5, "every run was claimed");
    bench.enter(&[bench.run()]).await;
    bench.take(other, at(1)).await;
    bench.enter(&[bench.run()]).await; // nobody's
    let lease = Lease { run: owned[0].clone(), claim_no: 1, worker };
    bench.apply(&lease.record(1, Disposition::Continue), at(1)).await;
    let expected = |signals: u32, cancel: bool| {
        let told = owned.iter().enumerate().map(move |(index, run)| OwnedRun {
            run: run.clone(),
            claim_no: 1,
            seq: u32::from(index == 0),
            signals: if index == 0 { signals } else { 0 },
            cancel: index == 0 && cancel,
        });
        told.collect::<Vec<_>>()
    };
    let told = async |second| {
        let mut owned = renew(&store, worker, second).await.expect("the worker lives");
        owned.sort_by(|one, two| one.run.cmp(&two.run));
        owned
    };
    assert_eq!(told(2).await, expected(0, false), "every run of the worker, of any workspace, and no others");
    let (ws, id) = (&owned[0].workspace, owned[0].run_id);
    store.signal(ws, id, &bench.wake(at(2))).await.expect("a signal is kept");
    assert_eq!(told(2).await, expected(1, false), "with its signals");
    store.cancel(ws, id, false, &Actor::new("x"), at(3)).await.expect("a run is asked to end");
    assert_eq!(told(3).await, expected(2, true), "with the wish to cancel");
    store.cancel(ws, id, true, &Actor::new("x"), at(4)).await.expect("a run is ended");
    assert_eq!(told(4).await, expected(0, false)[1..], "and not what was taken away");
    store.reclaim(&[worker], at(5), 99).await.expect("runs are reclaimed");
    assert_eq!(told(5).await, [], "and nothing when all was taken away");
}

/// A worker that was renewed is not taken for dead.
pub async fn a_renewed_worker_is_not_dead(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_renewed_worker_is_not_dead");
    let worker = bench.worker();
    register(&store, worker, 0).await;
    assert_eq!(dead(&store, at(0)).await, [], "alive at its registration");
    for second in [5, 10, 15] {
        assert_eq!(renew(&store, worker, second).await, Some(Vec::new()), "the worker lives");
        assert_eq!(dead(&store, at(second)).await, [], "renewed at {second} is not before {second}");
    }
    register(&store, worker, 20).await;
    assert_eq!(dead(&store, at(20)).await, [], "a registration that is repeated renews");
    assert_eq!(dead(&store, at(20) + tick()).await, [worker], "and then it was silent");
}

/// Silent workers are dead, and told again until they are forgotten.
pub async fn silent_workers_are_dead(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "silent_workers_are_dead");
    assert_eq!(dead(&store, at(0)).await, [], "there are no workers");
    let workers: Vec<_> = sorted((0..4).map(|_| bench.worker()));
    for (second, worker) in workers.iter().enumerate() {
        register(&store, *worker, second as i64).await;
    }
    bench.enter(&[bench.run()]).await;
    bench.take(workers[0], at(0)).await;
    assert_eq!(
        dead(&store, at(2)).await,
        workers[..2],
        "who was last heard before then, with runs and without"
    );
    assert_eq!(dead(&store, at(2)).await, workers[..2], "told again");
    assert_eq!(dead(&store, at(0)).await, workers[..2], "for good, whatever moment is asked about");
    store.forget_workers(&workers[1..2]).await.expect("workers are forgotten");
    assert_eq!(dead(&store, at(2)).await, workers[..1], "until they are forgotten");
    assert_eq!(dead(&store, at(4)).await, [workers[0], workers[2], workers[3]], "as time goes on");
}

/// An owner that nobody knows is dead: its claim came after it was forgotten.
pub async fn an_owner_that_nobody_knows_is_dead(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "an_owner_that_nobody_knows_is_dead");
    let (late, alive) = (bench.worker(), bench.worker());
    register(&store, late, 0).await;
    register(&store, alive, 100).await;
    assert_eq!(dead(&store, at(50)).await, [late], "it fell silent");
    store.forget_workers(&[late]).await.expect("workers are forgotten");
    assert_eq!(dead(&store, at(50)).await, [], "it is forgotten");
    bench.enter(&[bench.run()]).await;
    bench.take(late, at(60)).await; // a claim that was under way since
    bench.enter(&[bench.run()]).await;
    bench.take(alive, at(60)).await;
    for _ in 0..2 {
        assert_eq!(dead(&store, at(0)).await, [late], "it owns a run and nobody knows it");
    }
    assert_eq!(renew(&store, late, 61).await, None, "it must stop");
    let reclaimed = store.reclaim(&[late], at(61), 9).await;
    assert_eq!(reclaimed.expect("runs are reclaimed"), 1, "its run comes back");
    store.forget_workers(&[late]).await.expect("workers are forgotten");
    assert_eq!(dead(&store, at(50)).await, [], "and then it is forgotten again");
}

/// A worker with runs is not forgotten: it is told by `dead_workers`.
pub async fn a_worker_with_runs_is_not_forgotten(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_worker_with_runs_is_not_forgotten");
    let (busy, idle) = (bench.worker(), bench.worker());
    for worker in [busy, idle] {
        register(&store, worker, 100).await;
    }
    bench.enter(&[bench.run()]).await;
    let lease = bench.take(busy, at(100)).await;
    for _ in 0..2 {
        store.forget_workers(&[busy, idle]).await.expect("workers are forgotten");
        assert_eq!(
            dead(&store, at(0)).await,
            [busy],
            "who owns a run is taken for dead, who owns none is forgotten"
        );
    }
    assert_eq!(renew(&store, busy, 101).await, None, "who was taken for dead must stop");
    assert_eq!(
        store.reclaim(&[busy], at(101), 9).await.expect("runs are reclaimed"),
        1,
        "its run comes back"
    );
    store.forget_workers(&[busy]).await.expect("workers are forgotten");
    assert_eq!(dead(&store, at(0)).await, [], "and then it is forgotten");
    let next = bench.take(bench.worker(), at(101)).await;
    assert_eq!((next.run, next.claim_no), (lease.run, 2), "the run is played by another");
}

/// A pause lasts until resumed, says who did it, and no slot plays meanwhile.
pub async fn a_pause_lasts_until_resumed(store: Arc<dyn Store>) {
    let (home, other) = (workspace(Bench::WORKSPACE), workspace("other"));
    for of in [Bench::WORKSPACE, "other"] {
        store.create_orchestra(&scheduled(of, "overture", at(0))).await.expect("an orchestra is created");
    }
    let switches = async |of| store.workspace(of).await.expect("switches are read");
    let paused_schedules = async || {
        let (due, _) = store.due_schedules(at(0), 9).await.expect("schedules are named");
        sorted(due.into_iter().map(|due| (due.orchestra.workspace.to_string(), due.paused)))
    };
    assert_eq!(switches(&home).await, WorkspaceState::default(), "a workspace that was never touched");
    for (name, second) in [("Zoë <zoe@example.org>", 5), ("another", 6)] {
        let actor = Actor::new(name);
        for _ in 0..2 {
            store.pause_workspace(&home, Some((&actor, at(second)))).await.expect("a workspace is paused");
        }
        let expected = WorkspaceState { paused: Some((actor, at(second))) };
        assert_eq!(switches(&home).await, expected, "who paused it, and when");
        assert_eq!(switches(&other).await, WorkspaceState::default(), "another workspace");
        let expected = [(Bench::WORKSPACE.to_owned(), true), ("other".to_owned(), false)];
        assert_eq!(
            paused_schedules().await,
            expected,
            "a due schedule tells whether its workspace is paused"
        );
    }
    for _ in 0..2 {
        store.pause_workspace(&home, None).await.expect("a workspace is resumed");
        assert_eq!(switches(&home).await, WorkspaceState::default(), "resumed");
    }
    assert!(
        paused_schedules().await.iter().all(|(_, paused)| !paused),
        "nor are its schedules paused any more"
    );
}

/// Nothing of a paused workspace is claimed, nor told as due, until it is resumed.
pub async fn a_paused_workspace_is_not_claimed(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_paused_workspace_is_not_claimed");
    let home = workspace(Bench::WORKSPACE);
    let later = NewRun { due_at: at(50), ..bench.run() };
    let elsewhere = NewRun { due_at: at(60), ..bench.run_in("other", Bench::ORCHESTRA) };
    bench.enter(&[bench.run(), later, bench.run_in("other", Bench::ORCHESTRA), elsewhere]).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    bench.enqueue(std::slice::from_ref(&held), at(0)).await;
    let actor = Actor::new("somebody");
    store.pause_workspace(&home, Some((&actor, at(1)))).await.expect("a workspace is paused");
    let new = bench.run();
    bench.enter(std::slice::from_ref(&new)).await; // what comes meanwhile waits too
    let let_go = store.promote(&home, &orchestra_id(Bench::ORCHESTRA), None).await;
    assert_eq!(let_go.expect("held runs are let go"), 1, "a pause does not touch who is held");
    let due = async |now| store.due(now, None, 9).await.expect("due classes are named");
    bench.assert_nothing_to_claim(at(99), "the workspace is paused").await;
    let (classes, next) = due(at(10)).await;
    let of: Vec<_> = classes.iter().map(|class| class.workspace.to_string()).collect();
    assert_eq!(of, ["other"], "a paused workspace is not told as due");
    assert_eq!(next, Some(at(60)), "nor is the time of its next run");
    let worker = bench.worker();
    assert_eq!(bench.claim_in("other", worker, at(10), 9).await.len(), 1, "another workspace plays on");
    store.pause_workspace(&home, None).await.expect("a workspace is resumed");
    let (classes, next) = due(at(10)).await;
    assert_eq!((classes.len(), next), (1, Some(at(50))), "resumed, it is due");
    let claimed = bench.claim(worker, at(10), 9).await;
    assert_eq!(claimed.len(), 3, "resumed, its runs are claimed: {claimed:?}");

    // who plays while the workspace is paused goes on to the end
    store.pause_workspace(&home, Some((&actor, at(11)))).await.expect("a workspace is paused");
    let lease = Lease { run: claimed[0].run.clone(), claim_no: 1, worker };
    bench.apply(&lease.record(1, super::kit::park(Some(at(12)), 0)), at(11)).await;
    bench.assert_nothing_to_claim(at(12), "a run that was parked in a paused workspace").await;
    let lease = Lease { run: claimed[1].run.clone(), ..lease };
    bench.apply(&lease.record(1, super::kit::succeeded()), at(12)).await;
}

/// Whatever the clock of a store tells can be stored and reads back equal.
pub async fn the_clock_of_a_store_tells_whole_microseconds(store: Arc<dyn Store>) {
    let Some(clock) = store.clock() else { return };
    for _ in 0..9 {
        let now = clock.now();
        assert_eq!(now.timestamp_subsec_nanos() % 1_000, 0, "whole microseconds, not {now}");
    }
}
