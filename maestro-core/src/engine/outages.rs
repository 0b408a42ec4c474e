//! Outages: a store that does not answer is told of once, however many wait for it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::ports::store::StoreError;

/// How many wait for the store, by what for.
#[derive(Default)]
pub(crate) struct Outages(Mutex<BTreeMap<&'static str, u32>>);

/// One who waits, until it is dropped.
pub(crate) struct Wait<'a> {
    outages: &'a Outages,
    what: &'static str,
    has_answered: bool,
}

impl Outages {
    /// Begins to wait; tells of it unless others wait for the same.
    pub(crate) fn wait(&self, what: &'static str, error: &StoreError) -> Wait<'_> {
        if self.enter(what) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, "{what}: the store does not answer");
        }
        Wait { outages: self, what, has_answered: false }
    }

    /// Tells whether this is the first.
    fn enter(&self, what: &'static str) -> bool {
        let mut waiting = self.lock();
        let count = waiting.entry(what).or_default();
        *count = count.saturating_add(1);
        *count == 1
    }

    /// Tells whether this was the last.
    fn leave(&self, what: &'static str) -> bool {
        let mut waiting = self.lock();
        let Some(count) = waiting.get_mut(what) else { return false };
        *count = count.saturating_sub(1);
        let is_last = *count == 0;
        if is_last {
            waiting.remove(what);
        }
        is_last
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait<'_> {
    /// Ends the wait for what has come; tells of it unless others still wait for the same.
    pub(crate) fn answered(mut self) {
        self.has_answered = true;
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.outages.leave(self.what) && self.has_answered {
            tracing::info!("{}: the store answers again", self.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_who_wait_for_the_same_are_known() {
        let outages = Outages::default();
        assert_eq!(["read", "read", "record"].map(|what| outages.enter(what)), [true, false, true]);
        assert_eq!(["read", "record", "read"].map(|what| outages.leave(what)), [false, true, true]);
        assert!(outages.enter("read"), "and then it is another outage");
        assert!(!outages.leave("never"));
    }
}
