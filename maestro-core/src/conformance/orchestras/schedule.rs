//! Clauses of `due_schedules`.

use std::sync::Arc;

use super::{fire_of, notes, quiet, scheduled};
use crate::{
    conformance::kit::{LONG_AFTER, at, tick},
    domain::{FiringOutcome, Orchestra},
    ports::Store,
};

async fn due(store: &Arc<dyn Store>, now: chrono::DateTime<chrono::Utc>, limit: u32) -> Vec<Orchestra> {
    let (due, _) = store.due_schedules(now, limit).await.expect("schedules are named");
    due.into_iter().map(|due| due.orchestra).collect()
}

/// Enabled orchestras with a watermark at or before now, of every workspace, oldest first, and no others.
pub async fn due_schedules_are_enabled_and_due(store: Arc<dyn Store>) {
    assert_eq!(due(&store, at(LONG_AFTER), 9).await, [], "there is no orchestra");
    let mut expected = Vec::new();
    for (of, id, second) in [("a", "third", 30), ("b", "first", -10), ("a", "second", 5), ("b", "fourth", 31)]
    {
        expected.push(scheduled(of, id, at(second)));
    }
    let others = [
        Orchestra { enabled: false, ..scheduled("a", "disabled", at(0)) },
        Orchestra { next_fire_at: None, ..scheduled("a", "no-slot", at(0)) },
        quiet("a", "quiet"),
        scheduled("a", "later", at(40) + tick()),
    ];
    for orchestra in expected.iter().chain(&others) {
        store.create_orchestra(orchestra).await.expect("an orchestra is created");
    }
    expected.sort_by_key(|orchestra| orchestra.next_fire_at);
    assert_eq!(due(&store, at(40), 99).await, expected, "of every workspace, the oldest first, every field");
    assert_eq!(due(&store, at(40), 2).await, expected[..2], "at most so many, the oldest");
    assert_eq!(due(&store, at(30), 99).await, expected[..3], "a slot is due at its time");
    assert_eq!(due(&store, at(30) - tick(), 99).await, expected[..2], "and not before");
    assert_eq!(due(&store, at(-11), 99).await, []);

    let first = &expected[0];
    let note = notes(at(-10), 1, FiringOutcome::Missed);
    store.fire(&[fire_of(first, Some(at(35)), vec![note])], at(40)).await.expect("a slot is settled");
    expected.rotate_left(1);
    expected[3].next_fire_at = Some(at(35));
    assert_eq!(due(&store, at(40), 99).await, expected, "by the watermark that firing moved");
    let last = fire_of(&expected[3], None, vec![notes(at(35), 1, FiringOutcome::Missed)]);
    store.fire(&[last], at(40)).await.expect("a slot is settled");
    assert_eq!(due(&store, at(LONG_AFTER), 99).await.len(), 4, "without a watermark nothing is due");
}

/// The earliest watermark after now.
pub async fn due_schedules_tell_the_next_moment(store: Arc<dyn Store>) {
    let next =
        async |second, limit| store.due_schedules(at(second), limit).await.expect("schedules are named").1;
    assert_eq!(next(0, 9).await, None, "there is no orchestra");
    let orchestras = [
        scheduled("a", "now", at(10)),
        scheduled("b", "soon", at(20)),
        scheduled("a", "later", at(30)),
        Orchestra { enabled: false, ..scheduled("a", "disabled", at(15)) },
        Orchestra { next_fire_at: None, ..scheduled("a", "no-slot", at(0)) },
    ];
    for orchestra in &orchestras {
        store.create_orchestra(orchestra).await.expect("an orchestra is created");
    }
    assert_eq!(next(0, 9).await, Some(at(10)), "of any workspace");
    assert_eq!(next(10, 9).await, Some(at(20)), "strictly after now, and not what is disabled");
    assert_eq!(next(25, 1).await, Some(at(30)), "whatever the limit");
    assert_eq!(next(30, 9).await, None, "everything is due");
    let enabled = Orchestra { enabled: true, revision: 2, ..orchestras[3].clone() };
    let edit = crate::ports::store::OrchestraEdit {
        expected_revision: 1,
        expected_next_fire_at: enabled.next_fire_at,
        orchestra: enabled,
        ledger: Vec::new(),
    };
    store.edit_orchestra(&edit).await.expect("an orchestra is enabled");
    assert_eq!(next(10, 9).await, Some(at(15)), "what was enabled counts");
    let fired = fire_of(&orchestras[1], Some(at(12)), vec![notes(at(20), 1, FiringOutcome::Missed)]);
    store.fire(&[fired], at(30)).await.expect("a slot is settled");
    assert_eq!(next(10, 9).await, Some(at(12)), "by the watermark that firing moved");
}
