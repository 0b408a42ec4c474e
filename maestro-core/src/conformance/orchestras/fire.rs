//! Clauses of `fire`: once, compared, whole.

use std::{slice, sync::Arc};

use super::{fire_of, noted, notes, plays, quiet, run_of, scheduled};
use crate::{
    conformance::kit::{Bench, assert_not_found, at, at_once, drop_after_polls, workspace},
    domain::{Firing, FiringOutcome, Orchestra, RunRef, RunStatus},
    ports::{
        Store,
        store::{Fire, FireAnswer, FireEntry, OrchestraEdit},
    },
};

async fn fire(store: &Arc<dyn Store>, fires: &[Fire], second: i64) -> Vec<FireAnswer> {
    let answers = store.fire(fires, at(second)).await.expect("fires are answered");
    assert_eq!(answers.len(), fires.len(), "fire answers each one");
    answers
}

async fn ledger(store: &Arc<dyn Store>, of: &Orchestra) -> Vec<Firing> {
    store.firings(&of.workspace, &of.id, None, 99).await.expect("a ledger is listed")
}

async fn is_there(store: &Arc<dyn Store>, run: &RunRef) -> bool {
    store.run(&run.workspace, run.run_id).await.is_ok()
}

async fn create(store: &Arc<dyn Store>, orchestra: &Orchestra) {
    store.create_orchestra(orchestra).await.expect("an orchestra is created");
}

/// A second call with the same watermark is stale, however many schedulers call at once.
pub async fn a_slot_fires_once(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_slot_fires_once");
    let orchestra = scheduled(Bench::WORKSPACE, Bench::ORCHESTRA, at(0));
    create(&store, &orchestra).await;
    let fires: Vec<_> =
        (0..12).map(|_| fire_of(&orchestra, Some(at(60)), vec![plays(&bench, &orchestra, at(0))])).collect();
    let calls = fires.iter().cloned().map(|fire| {
        let store = Arc::clone(&store);
        async move { store.fire(&[fire], at(1)).await.expect("fires are answered").remove(0) }
    });
    let answers = at_once(calls).await;
    let fired: Vec<_> =
        answers.iter().zip(&fires).filter(|(answer, _)| **answer != FireAnswer::Stale).collect();
    assert_eq!(fired.len(), 1, "of many schedulers one fires: {answers:?}");
    let winner = &run_of(&fired[0].1.entries[0]).run;
    assert_eq!(fired[0].0.runs().collect::<Vec<_>>(), [winner.run_id], "and hears which run it enqueued");
    let runs =
        store.runs(&orchestra.workspace, &Default::default(), None, 99).await.expect("runs are listed");
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [winner.run_id], "a slot makes one run");
    for again in &fires {
        assert_eq!(
            fire(&store, slice::from_ref(again), 2).await,
            [FireAnswer::Stale],
            "the same watermark again"
        );
    }
    assert_eq!(ledger(&store, &orchestra).await.len(), 1, "a slot has one row");
    let next = Orchestra { next_fire_at: Some(at(60)), ..orchestra.clone() };
    let found = store.orchestra(&orchestra.workspace, &orchestra.id).await.expect("an orchestra is found");
    assert_eq!(found.orchestra, next, "the watermark moved, and nothing else");

    // twice in one call
    let twice = [0, 1].map(|_| fire_of(&next, Some(at(120)), vec![plays(&bench, &next, at(60))]));
    let answers = fire(&store, &twice, 61).await;
    assert!(matches!(answers[..], [FireAnswer::Fired(_), FireAnswer::Stale]), "twice in a call: {answers:?}");
    assert!(!is_there(&store, &run_of(&twice[1].entries[0]).run).await, "a stale fire makes no run");
}

/// Another `schedule_rev` or watermark, or a disabled, deleted or foreign orchestra, is stale, and nothing is written.
pub async fn a_disabled_or_edited_orchestra_does_not_fire(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_disabled_or_edited_orchestra_does_not_fire");
    let good = scheduled(Bench::WORKSPACE, "good", at(0));
    let disabled = Orchestra { enabled: false, ..scheduled(Bench::WORKSPACE, "disabled", at(0)) };
    let edited = Orchestra { schedule_rev: 2, ..scheduled(Bench::WORKSPACE, "edited", at(0)) };
    let no_slot = Orchestra { next_fire_at: None, ..scheduled(Bench::WORKSPACE, "no-slot", at(0)) };
    let gone = quiet(Bench::WORKSPACE, "gone");
    for orchestra in [&good, &disabled, &edited, &no_slot, &gone] {
        create(&store, orchestra).await;
    }
    store.delete_orchestra(&gone.workspace, &gone.id).await.expect("an orchestra is deleted");
    let read_as = |id: &str, of: &str, schedule_rev, watermark| {
        let orchestra = Orchestra { schedule_rev, ..scheduled(of, id, at(watermark)) };
        let entries = vec![plays(&bench, &orchestra, at(watermark)), notes(at(90), 2, FiringOutcome::Missed)];
        fire_of(&orchestra, Some(at(999)), entries)
    };
    let home = Bench::WORKSPACE;
    let stale = [
        (read_as("disabled", home, 1, 0), "a disabled orchestra"),
        (read_as("edited", home, 1, 0), "an older schedule"),
        (read_as("edited", home, 3, 0), "a schedule that never was"),
        (read_as("good", home, 1, 1), "a later watermark"),
        (read_as("good", home, 1, -1), "an older watermark"),
        (read_as("no-slot", home, 1, 0), "an orchestra without a slot"),
        (read_as("gone", home, 1, 0), "a deleted orchestra"),
        (read_as("never", home, 1, 0), "an orchestra that never was"),
        (read_as("good", "other", 1, 0), "an orchestra of another workspace"),
    ];
    for (one, why) in &stale {
        assert_eq!(fire(&store, slice::from_ref(one), 5).await, [FireAnswer::Stale], "{why}");
        assert!(!is_there(&store, &run_of(&one.entries[0]).run).await, "{why}: no run");
    }
    for orchestra in [&good, &disabled, &edited, &no_slot] {
        assert_eq!(ledger(&store, orchestra).await, [], "no row of {:?}", orchestra.id);
        let found =
            store.orchestra(&orchestra.workspace, &orchestra.id).await.expect("an orchestra is found");
        assert_eq!(found.orchestra, *orchestra, "nothing moved");
    }
    // what was disabled fires no more from the moment that the edit is done
    let off = Orchestra { enabled: false, revision: 2, ..good.clone() };
    let edit = |before: &Orchestra, orchestra: Orchestra| OrchestraEdit {
        orchestra,
        expected_revision: before.revision,
        expected_next_fire_at: before.next_fire_at,
        ledger: Vec::new(),
    };
    let slot = read_as("good", home, 1, 0);
    store.edit_orchestra(&edit(&good, off.clone())).await.expect("an orchestra is disabled");
    assert_eq!(fire(&store, slice::from_ref(&slot), 6).await, [FireAnswer::Stale], "after it was disabled");
    let on = Orchestra { enabled: true, revision: 3, ..off.clone() };
    store.edit_orchestra(&edit(&off, on)).await.expect("an orchestra is enabled");
    let answers = fire(&store, slice::from_ref(&slot), 7).await;
    assert!(matches!(answers[..], [FireAnswer::Fired(_)]), "as it was read, it fires: {answers:?}");
}

/// The ledger and the run are written together: both or none.
pub async fn fire_writes_the_ledger_and_the_run_together(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "fire_writes_the_ledger_and_the_run_together");
    let orchestra = scheduled(Bench::WORKSPACE, Bench::ORCHESTRA, at(-600));
    let other = scheduled("other", Bench::ORCHESTRA, at(0));
    for orchestra in [&orchestra, &other] {
        create(&store, orchestra).await;
    }
    let entries = vec![
        notes(at(-600), 5, FiringOutcome::Missed),
        FireEntry {
            plan: crate::ports::store::SlotPlan::Note { outcome: FiringOutcome::Coalesced, reason: None },
            ..notes(at(-240), 1, FiringOutcome::Missed)
        },
        FireEntry { late_ms: 1_234, ..plays(&bench, &orchestra, at(0)) },
        plays(&bench, &orchestra, at(60)),
    ];
    let stale = Fire { schedule_rev: 9, ..fire_of(&orchestra, None, vec![plays(&bench, &orchestra, at(0))]) };
    let fires = [
        stale,
        fire_of(&orchestra, Some(at(120)), entries.clone()),
        fire_of(&other, None, vec![plays(&bench, &other, at(0))]),
    ];
    let answers = fire(&store, &fires, 61).await;
    let [FireAnswer::Stale, FireAnswer::Fired(rows), FireAnswer::Fired(others)] = &answers[..] else {
        panic!("a stale fire harms no other, and answers come in order: {answers:?}");
    };
    assert_eq!(rows[..2], [noted(&entries[0]), noted(&entries[1])], "what was only to be noted");
    for (row, entry) in rows[2..].iter().zip(&entries[2..]) {
        let new = run_of(entry);
        let expected = (entry.slot, entry.slot, 1, FiringOutcome::Fired, entry.late_ms, Some(new.run.run_id));
        let found = (row.slot, row.until_slot, row.count, row.outcome, row.late_ms, row.run_id);
        assert_eq!(found, expected, "the row of a slot that plays");
        let run = bench.seen(&new.run).await;
        assert_eq!((run.status, run.queued_at), (RunStatus::Queued, at(61)), "its run");
        assert_eq!((run.trigger, run.orchestra_id), (new.trigger.clone(), orchestra.id.clone()), "its run");
    }
    let listed: Vec<_> = rows.iter().rev().cloned().collect();
    assert_eq!(ledger(&store, &orchestra).await, listed, "the ledger has the rows of the answer");
    assert_eq!(ledger(&store, &other).await, *others, "each orchestra its own");
    assert!(!is_there(&store, &run_of(&fires[0].entries[0]).run).await, "a stale fire makes no run");
    assert_eq!(bench.claim(bench.worker(), at(60), 9).await.len(), 2, "the runs can be claimed");
    for (of, next) in [(&orchestra, Some(at(120))), (&other, None)] {
        let found = store.orchestra(&of.workspace, &of.id).await.expect("an orchestra is found");
        assert_eq!(found.orchestra.next_fire_at, next, "the watermark moved");
    }
    dropped_half_way(&store, &bench).await;
}

/// A caller that goes away half-way leaves both or none.
async fn dropped_half_way(store: &Arc<dyn Store>, bench: &Bench) {
    for polls in [0, 1, 2, 3, 5, 8] {
        let orchestra = scheduled("dropped", &format!("polls-{polls}"), at(0));
        create(store, &orchestra).await;
        let one = fire_of(&orchestra, Some(at(60)), vec![plays(bench, &orchestra, at(0))]);
        let run = &run_of(&one.entries[0]).run;
        let was_ready = drop_after_polls(polls, store.fire(slice::from_ref(&one), at(1))).await;
        // A store may still be at it: what is seen later is never less than what was seen before.
        let row_first = !ledger(store, &orchestra).await.is_empty();
        let then_run = is_there(store, run).await;
        let then_row = !ledger(store, &orchestra).await.is_empty();
        assert!(!row_first || then_run, "a row without its run, dropped after {polls} polls");
        assert!(!then_run || then_row, "a run without its row, dropped after {polls} polls");
        assert!(!was_ready || row_first, "a call that has answered wrote nothing");
        fire(store, slice::from_ref(&one), 2).await;
        assert!(is_there(store, run).await, "the call can be repeated");
        assert_eq!(ledger(store, &orchestra).await.len(), 1, "and there is one row");
    }
    let never = workspace("never");
    assert_not_found(store.firings(&never, &quiet("x", "x").id, None, 9).await, "a ledger that never was");
}

/// Lateness of years is kept exactly.
pub async fn a_very_late_slot_is_written_down(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_very_late_slot_is_written_down");
    // more milliseconds than 32 bits hold, and many years
    for (number, late_ms) in [0, 1, 2_147_483_648, 4_294_967_296, 631_152_000_007].into_iter().enumerate() {
        let orchestra = scheduled(Bench::WORKSPACE, &format!("late-{number}"), at(0));
        create(&store, &orchestra).await;
        let entries = vec![
            FireEntry { late_ms, count: 1_u64 << 40, ..notes(at(0), 7, FiringOutcome::Missed) },
            FireEntry { late_ms, ..plays(&bench, &orchestra, at(600)) },
        ];
        let answers = fire(&store, &[fire_of(&orchestra, None, entries.clone())], 601).await;
        assert_ne!(answers, [FireAnswer::Stale], "{late_ms} ms late");
        let rows = ledger(&store, &orchestra).await;
        assert_eq!(
            rows.iter().map(|row| row.late_ms).collect::<Vec<_>>(),
            [late_ms; 2],
            "the lateness of the slots"
        );
        assert_eq!(rows[1], noted(&entries[0]), "and the count of a long range");
        let new = run_of(&entries[1]);
        assert_eq!(rows[0].run_id, Some(new.run.run_id), "a slot plays, however late");
        assert!(is_there(&store, &new.run).await, "a slot plays, however late");
    }
}
