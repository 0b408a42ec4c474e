//! Clauses of editing and deleting orchestras.

use std::sync::Arc;

use super::{fire_of, noted, notes, plays, quiet, read, run_of, scheduled};
use crate::{
    conformance::kit::{
        Bench, Lease, assert_conflict, assert_not_found, at, at_once, orchestra_id, park, succeeded, tick,
    },
    domain::{Firing, FiringOutcome, Misfire, NewRun, Orchestra, Overlap},
    ports::{
        Store,
        store::{ConflictReason, FireAnswer, OrchestraEdit},
    },
};

/// Returns the edit of what was read to what shall be.
fn edit(before: &Orchestra, after: Orchestra) -> OrchestraEdit {
    OrchestraEdit {
        orchestra: after,
        expected_revision: before.revision,
        expected_next_fire_at: before.next_fire_at,
        ledger: Vec::new(),
    }
}

fn row(slot: i64) -> Firing {
    noted(&notes(at(slot), 3, FiringOutcome::Disabled))
}

async fn read_back(store: &Arc<dyn Store>, like: &Orchestra) -> Orchestra {
    store.orchestra(&like.workspace, &like.id).await.expect("an orchestra is found").orchestra
}

async fn ledger(store: &Arc<dyn Store>, of: &Orchestra) -> Vec<Firing> {
    store.firings(&of.workspace, &of.id, None, 99).await.expect("a ledger is listed")
}

/// Another revision or watermark than the expected one is a conflict, and nothing changes.
pub async fn an_edit_is_compared(store: Arc<dyn Store>) {
    let before = scheduled(Bench::WORKSPACE, "overture", at(10));
    store.create_orchestra(&before).await.expect("an orchestra is created");
    let after = Orchestra {
        name: "encore".to_owned(),
        tag: "tag".to_owned(),
        cron: Some(read("*/5 * * * *")),
        timezone: read("Europe/Berlin"),
        enabled: false,
        secret_bindings: [("slot".to_owned(), "secret".to_owned())].into(),
        overlap: Overlap::QueueOne,
        misfire: Misfire::Skip,
        max_concurrent_runs: Some(3),
        revision: 2,
        schedule_rev: 2,
        next_fire_at: Some(at(20)),
        updated_at: at(5),
        ..before.clone()
    };
    let good = OrchestraEdit { ledger: vec![row(10)], ..edit(&before, after.clone()) };
    let wrong = [
        OrchestraEdit { expected_revision: 0, ..good.clone() },
        OrchestraEdit { expected_revision: 2, ..good.clone() },
        OrchestraEdit { expected_next_fire_at: Some(at(10) + tick()), ..good.clone() },
        OrchestraEdit { expected_next_fire_at: None, ..good.clone() },
    ];
    for wrong in &wrong {
        let what = (wrong.expected_revision, wrong.expected_next_fire_at);
        let answer = store.edit_orchestra(wrong).await;
        assert_conflict(
            answer,
            &[ConflictReason::Changed],
            &format!("an edit of what was not read: {what:?}"),
        );
        assert_eq!(read_back(&store, &before).await, before, "a refused edit changes nothing");
        assert_eq!(ledger(&store, &before).await, [], "a refused edit covers no slot");
    }
    store.edit_orchestra(&good).await.expect("an edit of what was read");
    assert_eq!(read_back(&store, &before).await, after, "every field of the edit");
    let late = OrchestraEdit { orchestra: Orchestra { name: "late".to_owned(), ..after.clone() }, ..good };
    assert_conflict(
        store.edit_orchestra(&late).await,
        &[ConflictReason::Changed],
        "an editor who read the old one",
    );

    let without = Orchestra { revision: 3, cron: None, next_fire_at: None, ..after.clone() };
    store.edit_orchestra(&edit(&after, without.clone())).await.expect("the watermark may be taken away");
    assert_eq!(read_back(&store, &before).await, without);
    let again = Orchestra { revision: 4, ..without.clone() };
    let wrong = OrchestraEdit { expected_next_fire_at: Some(at(20)), ..edit(&without, again.clone()) };
    assert_conflict(
        store.edit_orchestra(&wrong).await,
        &[ConflictReason::Changed],
        "there is no watermark any more",
    );
    let answers = at_once((0..8).map(|number| {
        let (store, name) = (Arc::clone(&store), number.to_string());
        let edit = edit(&without, Orchestra { name, ..again.clone() });
        async move { store.edit_orchestra(&edit).await.is_ok() }
    }))
    .await;
    let won: Vec<_> = (0..8).filter(|number| answers[*number]).collect();
    assert_eq!(won.len(), 1, "of many who edit at once one does: {answers:?}");
    assert_eq!(
        read_back(&store, &before).await.name,
        won[0].to_string(),
        "and it is the one who was told so"
    );

    let never = quiet(Bench::WORKSPACE, "never");
    assert_not_found(store.edit_orchestra(&edit(&never, never.clone())).await, "an orchestra that never was");
    let elsewhere = quiet("other", "overture");
    assert_not_found(
        store.edit_orchestra(&edit(&again, elsewhere)).await,
        "an orchestra of another workspace",
    );
}

/// The ledger rows are written with the edit, and a slot that fired meanwhile refuses it.
pub async fn an_edit_covers_its_slots(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "an_edit_covers_its_slots");
    let before = scheduled(Bench::WORKSPACE, "overture", at(0));
    store.create_orchestra(&before).await.expect("an orchestra is created");
    let rows = vec![row(0), Firing { outcome: FiringOutcome::Missed, reason: None, ..row(600) }];
    let after = Orchestra { revision: 2, next_fire_at: Some(at(1_000)), ..before.clone() };
    let covering = OrchestraEdit { ledger: rows.clone(), ..edit(&before, after.clone()) };
    store.edit_orchestra(&covering).await.expect("an edit of what was read");
    let latest_first = [rows[1].clone(), rows[0].clone()];
    assert_eq!(ledger(&store, &before).await, latest_first, "the rows of the edit, every field");

    let slot = plays(&bench, &after, at(1_000));
    let fired = store.fire(&[fire_of(&after, Some(at(2_000)), vec![slot])], at(1_000)).await;
    let fired = fired.expect("a slot fires");
    assert!(matches!(fired[..], [FireAnswer::Fired(_)]), "the slot after the edit fires: {fired:?}");
    let late = OrchestraEdit {
        ledger: vec![row(1_000)],
        ..edit(&after, Orchestra { revision: 3, ..after.clone() })
    };
    assert_conflict(
        store.edit_orchestra(&late).await,
        &[ConflictReason::Changed],
        "a slot fired since it was read",
    );
    assert_eq!(ledger(&store, &before).await.len(), 3, "every slot is covered by one row");
    let now = read_back(&store, &after).await;
    assert_eq!((now.revision, now.schedule_rev), (2, 1), "firing is no edit");
    let next = Orchestra { revision: 3, enabled: false, ..now.clone() };
    store.edit_orchestra(&edit(&now, next.clone())).await.expect("an edit of what was read");
    assert_eq!(read_back(&store, &after).await, next);
}

/// An orchestra that is enabled or has live runs is not deleted; the runs of a deleted one stay readable.
pub async fn only_a_quiet_orchestra_is_deleted(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "only_a_quiet_orchestra_is_deleted");
    let mut orchestra = scheduled(Bench::WORKSPACE, Bench::ORCHESTRA, at(0));
    store.create_orchestra(&orchestra).await.expect("an orchestra is created");
    let (ws, id) = (orchestra.workspace.clone(), orchestra.id.clone());
    let delete = async || store.delete_orchestra(&ws, &id).await;
    assert_conflict(delete().await, &[ConflictReason::Enabled], "an enabled orchestra");
    let slot = plays(&bench, &orchestra, at(0));
    let fired = store.fire(&[fire_of(&orchestra, Some(at(9)), vec![slot.clone()])], at(0)).await;
    fired.expect("a slot fires");
    let both = [ConflictReason::Enabled, ConflictReason::LiveRuns];
    assert_conflict(delete().await, &both, "an enabled orchestra with a live run");
    orchestra.next_fire_at = Some(at(9));
    let disabled = Orchestra { revision: 2, enabled: false, ..orchestra.clone() };
    store.edit_orchestra(&edit(&orchestra, disabled)).await.expect("an orchestra is disabled");
    let live = [ConflictReason::LiveRuns];
    assert_conflict(delete().await, &live, "an orchestra with a run that is due");
    let worker = bench.worker();
    let lease = bench.take(worker, at(0)).await;
    assert_conflict(delete().await, &live, "an orchestra with a run that is played");
    bench.apply(&lease.record(1, park(None, 0)), at(1)).await;
    assert_conflict(delete().await, &live, "an orchestra with a parked run");
    let signal = bench.wake(at(2));
    store.signal(&ws, lease.run.run_id, &signal).await.expect("a signal is kept");
    let lease: Lease = bench.take(worker, at(2)).await;
    bench.apply(&lease.record(2, succeeded()), at(3)).await;
    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    bench.enqueue(std::slice::from_ref(&held), at(3)).await;
    assert_conflict(delete().await, &live, "an orchestra with a held run");
    let actor = crate::domain::Actor::new("x");
    store.cancel(&ws, held.run.run_id, false, &actor, at(4)).await.expect("a run is cancelled");

    let (run, rows) = (bench.seen(&lease.run).await, ledger(&store, &orchestra).await);
    delete().await.expect("a quiet orchestra is deleted");
    assert_not_found(store.orchestra(&ws, &id).await, "a deleted orchestra");
    assert_eq!(
        store.orchestras(&ws, None, 9).await.expect("orchestras are listed"),
        [],
        "and it is not listed"
    );
    assert_eq!(bench.seen(&run_of(&slot).run).await, run, "its runs stay readable");
    let listed = store.runs(&ws, &Default::default(), None, 9).await.expect("runs are listed");
    assert_eq!(listed.len(), 2, "and listed");
    assert_eq!(ledger(&store, &orchestra).await, rows, "and so does its ledger");
    let due = store.due_schedules(at(99), 9).await.expect("schedules are named");
    assert_eq!(due, (Vec::new(), None), "a deleted orchestra has no schedule");
    assert_not_found(
        store.delete_orchestra(&ws, &orchestra_id("never")).await,
        "an orchestra that never was",
    );
}
