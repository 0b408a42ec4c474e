//! Clauses of the fire ledger.

use std::sync::Arc;

use super::{fire_of, noted, notes, quiet, scheduled};
use crate::{
    conformance::kit::{Bench, assert_not_found, at, read_pages, tick},
    domain::{Firing, FiringOutcome, Orchestra},
    ports::{Store, store::OrchestraEdit},
};

/// Creates an orchestra and fills its ledger: ranges of two minutes, three minutes apart. Latest first.
async fn filled(store: &Arc<dyn Store>, of: &str, count: i64) -> (Orchestra, Vec<Firing>) {
    let orchestra = scheduled(of, Bench::ORCHESTRA, at(0));
    store.create_orchestra(&orchestra).await.expect("an orchestra is created");
    let entries: Vec<_> =
        (0..count).map(|number| notes(at(number * 180), 2, FiringOutcome::Missed)).collect();
    let mut rows: Vec<_> = entries.iter().map(noted).collect();
    rows.reverse();
    store.fire(&[fire_of(&orchestra, None, entries)], at(9_999)).await.expect("slots are settled");
    (orchestra, rows)
}

async fn ledger(store: &Arc<dyn Store>, of: &Orchestra) -> Vec<Firing> {
    store.firings(&of.workspace, &of.id, None, 99).await.expect("a ledger is listed")
}

/// The ledger is listed latest first in pages, also after the orchestra was deleted.
pub async fn the_ledger_is_listed_latest_first_in_pages(store: Arc<dyn Store>) {
    let (orchestra, rows) = filled(&store, Bench::WORKSPACE, 11).await;
    filled(&store, "other", 3).await;
    let empty = quiet(Bench::WORKSPACE, "empty");
    store.create_orchestra(&empty).await.expect("an orchestra is created");
    assert_eq!(ledger(&store, &empty).await, [], "an orchestra that never fired");
    let off = Orchestra { enabled: false, revision: 2, next_fire_at: None, ..orchestra.clone() };
    let edit = OrchestraEdit {
        orchestra: off,
        expected_revision: 1,
        expected_next_fire_at: None,
        ledger: Vec::new(),
    };
    store.edit_orchestra(&edit).await.expect("an orchestra is disabled");
    for state in ["there", "deleted"] {
        for limit in [1, 4, 11, 99] {
            let found = read_pages(limit, |last: Option<Firing>| {
                let (store, of) = (Arc::clone(&store), orchestra.clone());
                let before = last.map(|row| row.slot);
                async move { store.firings(&of.workspace, &of.id, before, limit).await }
            })
            .await;
            assert_eq!(found, rows, "{state}, in pages of {limit}");
        }
        let within = rows[3].slot + tick(); // within a range, which began before
        let found = store.firings(&orchestra.workspace, &orchestra.id, Some(within), 1).await;
        assert_eq!(found.expect("a ledger is listed"), rows[3..4], "{state}: rows whose slot is before");
        if state == "there" {
            store
                .delete_orchestra(&orchestra.workspace, &orchestra.id)
                .await
                .expect("an orchestra is deleted");
        }
    }
    let never = quiet(Bench::WORKSPACE, "never");
    assert_not_found(
        store.firings(&never.workspace, &never.id, None, 9).await,
        "an orchestra that never was",
    );
}

/// Only rows whose last slot is before the given moment are deleted.
pub async fn prune_firings_deletes_only_old_rows(store: Arc<dyn Store>) {
    let (orchestra, rows) = filled(&store, Bench::WORKSPACE, 9).await;
    let (other, others) = filled(&store, "other", 2).await;
    let prune = async |before, limit| store.prune_firings(before, limit).await.expect("rows are pruned");
    assert_eq!(prune(at(0), 9).await, 0, "nothing is old");
    assert_eq!(prune(rows[8].until_slot, 9).await, 0, "a range that ends at the moment is not before it");
    assert_eq!(ledger(&store, &orchestra).await, rows, "nothing is lost");
    // five rows of one orchestra and both of the other end before the last slot of the sixth
    let before = rows[3].until_slot;
    let answers =
        [prune(before, 3).await, prune(before, 3).await, prune(before, 3).await, prune(before, 3).await];
    assert_eq!(answers, [3, 3, 1, 0], "at most the limit, until nothing is left");
    assert_eq!(ledger(&store, &orchestra).await, rows[..4], "a range is kept as a whole");
    assert_eq!(ledger(&store, &other).await, others[..0], "of every orchestra");
    assert_eq!(prune(before + tick(), 9).await, 1, "a microsecond later it is before");
    assert_eq!(ledger(&store, &orchestra).await, rows[..3]);
}
