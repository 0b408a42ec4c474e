//! The clause of overlaps, over every combination.

use std::sync::Arc;

use super::{fire_of, plays, run_of, scheduled};
use crate::{
    conformance::kit::{Bench, assert_not_found, at},
    domain::{Admission, FiringOutcome, LiveCount, NewRun, Orchestra, Overlap, admit_slot},
    ports::{
        Store,
        store::{FireAnswer, FireEntry, SlotPlan},
    },
};

/// A slot enters as [`admit_slot`](crate::domain::admit_slot) says, counting what earlier entries of the same call
/// enqueued.
pub async fn overlap_decides_what_a_slot_becomes(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "overlap_decides_what_a_slot_becomes");
    let mut number = 0;
    for overlap in Overlap::ALL {
        for max in [None, Some(1), Some(2), Some(3)] {
            for (active, held) in [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (1, 2), (3, 3)] {
                let orchestra = Orchestra {
                    overlap: *overlap,
                    max_concurrent_runs: max,
                    ..scheduled(Bench::WORKSPACE, &format!("case-{number}"), at(0))
                };
                number += 1;
                store.create_orchestra(&orchestra).await.expect("an orchestra is created");
                check(&store, &bench, &orchestra, LiveCount { active, held }).await;
            }
        }
    }
}

/// Fires three slots of an orchestra that has such live runs.
async fn check(store: &Arc<dyn Store>, bench: &Bench, orchestra: &Orchestra, mut live: LiveCount) {
    let case = format!("{} max {:?} {live:?}", orchestra.overlap, orchestra.max_concurrent_runs);
    let run = || bench.run_in(Bench::WORKSPACE, orchestra.id.as_str());
    for _ in 0..live.active {
        bench.enter(&[run()]).await;
    }
    for _ in 0..live.held {
        bench.enqueue(&[NewRun { max_concurrent_runs: Some(0), ..run() }], at(0)).await;
    }
    let entries: Vec<_> = [0, 60, 120].map(|slot| misled(plays(bench, orchestra, at(slot)))).into();
    let answers = store.fire(&[fire_of(orchestra, None, entries.clone())], at(121)).await;
    let answers = answers.expect("fires are answered");
    let [FireAnswer::Fired(rows)] = &answers[..] else { panic!("{case}: {answers:?}") };
    assert_eq!(rows.len(), 3, "{case}: a row for each entry");
    for (row, entry) in rows.iter().zip(&entries) {
        let new = run_of(entry);
        let found = store.run(&new.run.workspace, new.run.run_id).await;
        let (outcome, run_id) = match admit_slot(orchestra.overlap, live, orchestra.max_concurrent_runs) {
            Admission::Due => {
                live.active += 1;
                (FiringOutcome::Fired, Some(new.run.run_id))
            }
            Admission::Held => {
                live.held += 1;
                (FiringOutcome::Buffered, Some(new.run.run_id))
            }
            Admission::Refused => (FiringOutcome::SkippedOverlap, None),
        };
        assert_eq!((row.outcome, row.run_id), (outcome, run_id), "{case}: the slot {}", entry.slot);
        match run_id {
            Some(_) => drop(found.expect("the run of a slot that plays")),
            None => assert_not_found(found, "the run of a slot that was skipped"),
        }
    }
    let state = store.orchestra(&orchestra.workspace, &orchestra.id).await.expect("an orchestra is found");
    assert_eq!(state.live, live, "{case}: what is live then");
}

/// Gives the run of an entry limits that do not count: a slot's run follows the orchestra.
fn misled(entry: FireEntry) -> FireEntry {
    let mut new = run_of(&entry).clone();
    new.max_concurrent_runs = Some(1);
    FireEntry { plan: SlotPlan::Play(Box::new(new)), ..entry }
}
