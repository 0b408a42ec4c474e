//! Clauses of reading runs: one, a page of them, those that fit a filter.

use std::sync::Arc;

use crate::conformance::kit::{
    Bench, Lease, assert_not_found, assert_same_run, at, billed, ids, orchestra_id, park, read_pages,
    succeeded, tick, workspace,
};
use crate::{
    domain::{Actor, NewRun, Run, RunStatus, StepStatus, Totals, Trigger},
    ports::store::{RunFilter, RunHistory, RunStore, StepQuery},
};

/// A run of another workspace is not found.
pub async fn a_run_is_found_in_its_workspace_only(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_run_is_found_in_its_workspace_only");
    let lease = bench.started().await;
    bench.apply(&lease.writes(1, &[billed("a", 1, StepStatus::Succeeded, 1)]), at(1)).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    bench.enqueue(std::slice::from_ref(&held), at(0)).await;
    let before = bench.seen(&lease.run).await;
    assert_eq!(
        (before.id, &before.workspace),
        (lease.run.run_id, &lease.run.workspace),
        "a run in its workspace"
    );
    assert_not_found(
        bench.store.run(&lease.run.workspace, bench.run().run.run_id).await,
        "a run that never was",
    );

    // ids differ by case alone, by length, and by what a pattern would match
    for of in ["other", "main_1:a.b@c-d", "Main_1:a.b@c-", "MainX1:a.b@c-d", "default"] {
        let other = workspace(of);
        let id = lease.run.run_id;
        assert_not_found(bench.store.run(&other, id).await, "a run of another workspace");
        assert_not_found(bench.store.steps(&other, id, &StepQuery::default(), 9).await, "its steps");
        let signal = bench.wake(at(2));
        assert_not_found(bench.store.signal(&other, id, &signal).await, "a signal from another workspace");
        let actor = Actor::new("x");
        assert_not_found(
            bench.store.cancel(&other, id, true, &actor, at(2)).await,
            "a cancel from another workspace",
        );
        let listed = bench.store.runs(&other, &RunFilter::default(), None, 9).await.expect("runs are listed");
        assert_eq!(listed, [], "the list of another workspace");
        let foreign = crate::domain::RunRef { workspace: other.clone(), ..lease.run.clone() };
        assert_eq!(bench.history(&foreign).await, RunHistory::default(), "the history of another workspace");
        let let_go =
            bench.store.promote(&other, &held.run.orchestra_id, None).await.expect("held runs are let go");
        assert_eq!(let_go, 0, "a promote of another workspace");
    }
    assert_same_run(&bench.seen(&lease.run).await, &before, "what others asked for changes nothing");
}

/// Queued, running or waiting, with the totals of its steps.
pub async fn a_live_run_shows_where_it_stands(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_live_run_shows_where_it_stands");
    let stands = async |lease: &Lease, status, revision, started: Option<i64>, totals: &Totals| {
        let run = bench.seen(&lease.run).await;
        assert_eq!((run.status, run.revision), (status, revision), "status and revision");
        assert_eq!(run.started_at, started.map(at), "when it was first claimed");
        assert_eq!((run.finished_at, &run.totals), (None, totals), "no end, and the totals of its steps");
    };
    let new = NewRun { max_concurrent_runs: Some(0), due_at: at(5), ..bench.run() };
    let nobody = Lease { run: new.run.clone(), claim_no: 0, worker: bench.worker() };
    let none = Totals::default();
    bench.enqueue(std::slice::from_ref(&new), at(0)).await;
    stands(&nobody, RunStatus::Queued, 0, None, &none).await;
    bench.store.promote(&new.run.workspace, &new.run.orchestra_id, None).await.expect("held runs are let go");
    stands(&nobody, RunStatus::Queued, 0, None, &none).await;
    let lease = bench.take(bench.worker(), at(6)).await;
    stands(&lease, RunStatus::Running, 0, Some(6), &none).await;

    // every try that was billed counts, whatever became of it, and one without a price is known to be unknown
    let mut rows = vec![
        billed("a", 1, StepStatus::Failed, 1),
        billed("a", 2, StepStatus::Succeeded, 1),
        billed("b", 1, StepStatus::Unknown, 1),
        crate::conformance::kit::step("c", 1, StepStatus::Succeeded, 1),
    ];
    let sum = |rows: &[crate::domain::RunStep]| {
        let mut totals = Totals::default();
        rows.iter().for_each(|row| row.usage.iter().for_each(|usage| totals.add(usage, row.cost)));
        totals
    };
    bench.apply(&lease.writes(1, &rows), at(7)).await;
    stands(&lease, RunStatus::Running, 1, Some(6), &sum(&rows)).await;
    rows[2] = billed("b", 1, StepStatus::Succeeded, 2);
    (rows[2].cost, rows[2].price) = (None, None);
    bench.apply(&lease.writes(2, &rows[2..3]), at(8)).await;
    let totals = sum(&rows);
    assert!(totals.has_unknown, "the sample has a call without a price");
    stands(&lease, RunStatus::Running, 2, Some(6), &totals).await;
    bench.apply(&lease.record(3, park(Some(at(9)), 0)), at(8)).await;
    stands(&lease, RunStatus::Waiting, 3, Some(6), &totals).await;
    let lease = bench.take(bench.worker(), at(9)).await;
    stands(&lease, RunStatus::Running, 3, Some(6), &totals).await;
    bench.store.reclaim(&[lease.worker], at(10), 9).await.expect("runs are reclaimed");
    stands(&lease, RunStatus::Waiting, 3, Some(6), &totals).await;
    let lease = bench.take(bench.worker(), at(10)).await;
    bench.apply(&lease.record(4, park(None, 0)), at(11)).await;
    stands(&lease, RunStatus::Waiting, 4, Some(6), &totals).await;
}

/// Each run once, the newest id first, stable under inserts.
pub async fn runs_are_listed_newest_first_in_pages(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "runs_are_listed_newest_first_in_pages");
    let mut runs = bench.runs(23);
    for (index, new) in runs.iter_mut().enumerate() {
        new.due_at = at(23 - index as i64); // another order than that of the ids
    }
    let shuffled: Vec<_> = (0..23).map(|index| runs[index * 7 % 23].clone()).collect();
    bench.enter(&shuffled).await;
    bench.enter(&[bench.run_in("other", Bench::ORCHESTRA)]).await;
    for claimed in bench.claim(bench.worker(), at(9), 3).await {
        let actor = Actor::new("x");
        let ended = bench.store.cancel(&claimed.run.workspace, claimed.run.run_id, true, &actor, at(9)).await;
        ended.expect("a run is cancelled");
    }
    let expected: Vec<_> = runs.iter().rev().map(|new| new.run.run_id).collect();
    let ws = workspace(Bench::WORKSPACE);
    let list = |before, limit| {
        let (store, ws) = (Arc::clone(&bench.store), ws.clone());
        async move { store.runs(&ws, &RunFilter::default(), before, limit).await }
    };
    for limit in [1, 5, 23, 99] {
        let found = read_pages(limit, |last: Option<Run>| list(last.map(|run| run.id), limit)).await;
        assert_eq!(ids(&found), expected, "live and ended runs in pages of {limit}");
    }
    let first = list(None, 5).await.expect("runs are listed");
    let newer = NewRun { due_at: at(99), ..bench.run() };
    let newer = NewRun { run: crate::domain::RunRef { run_id: later_id(&bench), ..newer.run }, ..newer };
    bench.enter(std::slice::from_ref(&newer)).await;
    let second = list(Some(first[4].id), 5).await.expect("runs are listed");
    assert_eq!(ids(&second), expected[5..10], "a run that comes between two pages moves none of the second");
    assert_eq!(list(None, 1).await.expect("runs are listed")[0].id, newer.run.run_id, "and is listed first");
    let absent = crate::domain::RunId::from_u128(expected[3].as_u128() + 1);
    assert_eq!(
        ids(&list(Some(absent), 2).await.expect("runs are listed")),
        expected[3..5],
        "before an id that is no run"
    );
    let listed = list(None, 99).await.expect("runs are listed");
    for run in &listed {
        assert_same_run(
            run,
            &bench.store.run(&ws, run.id).await.expect("a run is found"),
            "a run in the list",
        );
    }
}

fn later_id(bench: &Bench) -> crate::domain::RunId {
    crate::domain::RunId::at(at(60), bench.run().run.run_id.as_u128())
}

/// Runs are filtered by every field of the filter.
pub async fn runs_are_filtered(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "runs_are_filtered");
    let worker = bench.worker();
    let other = bench.run().run.run_id;
    let triggers = [
        Trigger::Manual,
        Trigger::Api,
        Trigger::Cron { slot: at(0) },
        Trigger::Rerun { of: other },
        Trigger::Finish { of: other },
    ];
    for (round, fate) in
        ["queued", "running", "waiting", "succeeded", "cancelled", "held"].into_iter().enumerate()
    {
        for (index, trigger) in triggers.iter().enumerate() {
            let orchestra = [Bench::ORCHESTRA, "another"][index % 2];
            let held = (fate == "held").then_some(0);
            let due_at = at(if fate == "queued" { 9_999 } else { 0 });
            let new = bench.run_in(Bench::WORKSPACE, orchestra);
            let new = NewRun { trigger: trigger.clone(), max_concurrent_runs: held, due_at, ..new };
            bench.enqueue(std::slice::from_ref(&new), at(round as i64) + tick() * index as i32).await;
            if fate == "queued" || fate == "held" {
                continue;
            }
            let lease = bench.take(worker, at(10)).await;
            match fate {
                "waiting" => bench.apply(&lease.record(1, park(None, 0)), at(11)).await,
                "succeeded" => bench.apply(&lease.record(1, succeeded()), at(11)).await,
                "cancelled" => {
                    let actor = Actor::new("x");
                    let ended =
                        bench.store.cancel(&new.run.workspace, new.run.run_id, true, &actor, at(11)).await;
                    ended.expect("a run is cancelled");
                }
                _ => {}
            }
        }
    }
    let ws = workspace(Bench::WORKSPACE);
    let all = bench.store.runs(&ws, &RunFilter::default(), None, 99).await.expect("runs are listed");
    assert_eq!(all.len(), 30, "an empty filter lists every run");
    use RunStatus::{Cancelled, Failed, Queued, Running, Succeeded, Waiting};
    let statuses = [
        vec![],
        vec![Queued],
        vec![Running],
        vec![Waiting, Succeeded],
        vec![Cancelled, Failed],
        vec![Failed],
    ];
    let times = [None, Some(at(2)), Some(at(2) + tick()), Some(at(4) + tick() * 4)];
    let windows: Vec<_> =
        times.iter().flat_map(|since| times.iter().map(move |until| (*since, *until))).collect();
    let mut number = 0;
    for orchestra in [None, Some(Bench::ORCHESTRA), Some("another"), Some("never")] {
        for statuses in &statuses {
            for trigger in [None, Some("cron"), Some("rerun"), Some("never")] {
                // a third of all combinations: each value meets each other one
                number += 1;
                for (since, until) in windows.iter().skip(number % 3).step_by(3) {
                    let filter = RunFilter {
                        orchestra_id: orchestra.map(orchestra_id),
                        statuses: statuses.clone(),
                        trigger: trigger.map(str::to_owned),
                        since: *since,
                        until: *until,
                    };
                    assert_fits(&bench, &all, &filter).await;
                }
            }
        }
    }
}

async fn assert_fits(bench: &Bench, all: &[Run], filter: &RunFilter) {
    let fits = |run: &&Run| {
        filter.orchestra_id.as_ref().is_none_or(|id| run.orchestra_id == *id)
            && (filter.statuses.is_empty() || filter.statuses.contains(&run.status))
            && filter.trigger.as_deref().is_none_or(|name| run.trigger.name() == name)
            && filter.since.is_none_or(|since| since <= run.queued_at)
            && filter.until.is_none_or(|until| run.queued_at < until)
    };
    let expected: Vec<_> = all.iter().filter(fits).map(|run| run.id).collect();
    let ws = workspace(Bench::WORKSPACE);
    let found = bench.store.runs(&ws, filter, None, 99).await.expect("runs are listed");
    assert_eq!(ids(&found), expected, "{filter:?}");
    let two = bench.store.runs(&ws, filter, None, 2).await.expect("runs are listed");
    assert_eq!(ids(&two), expected[..expected.len().min(2)], "a page of 2 of {filter:?}");
    if let Some(last) = two.last() {
        let rest = bench.store.runs(&ws, filter, Some(last.id), 99).await.expect("runs are listed");
        assert_eq!(ids(&rest), expected[two.len()..], "the next page of {filter:?}");
    }
}
