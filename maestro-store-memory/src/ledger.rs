//! The fire ledger: of every slot what became of it.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use chrono::{DateTime, Utc};
use maestro_core::domain::Firing;

use crate::orchestras::OrchestraNo;

/// The rows of every orchestra, with an index by their last slots.
#[derive(Default)]
pub(crate) struct Ledger {
    rows: BTreeMap<(OrchestraNo, DateTime<Utc>), Firing>,
    ends: BTreeSet<(DateTime<Utc>, OrchestraNo, DateTime<Utc>)>,
}

impl Ledger {
    pub(crate) fn get(&self, orchestra: OrchestraNo, slot: DateTime<Utc>) -> Option<&Firing> {
        self.rows.get(&(orchestra, slot))
    }

    /// Writes a row, unless its slot has one: what was written once is true for good.
    pub(crate) fn write(&mut self, orchestra: OrchestraNo, firing: &Firing) {
        if let Entry::Vacant(place) = self.rows.entry((orchestra, firing.slot)) {
            place.insert(firing.clone());
            self.ends.insert((firing.until_slot, orchestra, firing.slot));
        }
    }

    /// Walks over the rows of an orchestra whose slot is before `before`, the latest first.
    pub(crate) fn before(
        &self,
        orchestra: OrchestraNo,
        before: Option<DateTime<Utc>>,
    ) -> impl Iterator<Item = &Firing> {
        let start = (orchestra, DateTime::<Utc>::MIN_UTC);
        let rows = match before {
            Some(before) => self.rows.range(start..(orchestra, before)),
            None => self.rows.range(start..=(orchestra, DateTime::<Utc>::MAX_UTC)),
        };
        rows.rev().map(|(_, firing)| firing)
    }

    /// Drops rows whose last slot is before `before`, at most `limit`; returns how many.
    pub(crate) fn prune(&mut self, before: DateTime<Utc>, limit: u32) -> u32 {
        let mut pruned = 0;
        while pruned < limit && self.ends.first().is_some_and(|(until, ..)| *until < before) {
            if let Some((_, orchestra, slot)) = self.ends.pop_first() {
                self.rows.remove(&(orchestra, slot));
                pruned += 1;
            }
        }
        pruned
    }
}
