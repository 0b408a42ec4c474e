//! What was read of runs and holds as long as they do not change.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use maestro_core::domain::{Run, RunId, WorkspaceId};

use super::Duty;
use crate::dashboard::draw::Outline;

/// So many runs are kept, at least; at most twice as many.
const MANY: usize = 4_000;

/// Names a run as it was at one revision, with one status: a run that waits is cancelled without a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Revision(WorkspaceId, RunId, u32, &'static str);

impl Revision {
    pub(super) fn of(run: &Run) -> Self {
        Self(run.workspace.clone(), run.id, run.revision, run.status.name())
    }
}

/// Outlines and duties of runs. A run of the same revision has the same ones, so that nothing here grows stale.
#[derive(Default)]
pub(crate) struct Kept {
    pub(super) outlines: Shelf<Outline>,
    pub(super) duties: Shelf<Vec<Duty>>,
}

/// The values that were used last.
pub(super) struct Shelf<T>(Mutex<Halves<T>>);

struct Halves<T> {
    young: BTreeMap<Revision, Arc<T>>,
    old: BTreeMap<Revision, Arc<T>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::new(Halves { young: BTreeMap::new(), old: BTreeMap::new() }))
    }
}

impl<T> Shelf<T> {
    pub(super) fn get(&self, key: &Revision) -> Option<Arc<T>> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = halves.young.get(key) {
            return Some(Arc::clone(found));
        }
        let found = halves.old.remove(key)?;
        halves.put(key.clone(), Arc::clone(&found));
        Some(found)
    }

    pub(super) fn put(&self, key: Revision, value: Arc<T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(key, value);
    }
}

impl<T> Halves<T> {
    fn put(&mut self, key: Revision, value: Arc<T>) {
        if self.young.len() >= MANY {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use maestro_core::domain::RunStatus;

    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let shelf = Shelf::default();
        let key = |n: usize| {
            Revision(WorkspaceId::default(), RunId::from_u128(n as u128), 1, RunStatus::Waiting.name())
        };
        for n in 0..3 * MANY {
            shelf.put(key(n), Arc::new(n));
            assert!(shelf.get(&key(0)).is_some(), "{n}");
        }
        assert!(shelf.get(&key(1)).is_none());
        assert_eq!(shelf.get(&key(3 * MANY - 1)).as_deref(), Some(&(3 * MANY - 1)));
    }
}
