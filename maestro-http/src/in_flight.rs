//! Requests with an idempotency key that are being answered.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use maestro_core::domain::{OrchestraId, WorkspaceId};

/// A key, and what it belongs to.
type Key = (WorkspaceId, OrchestraId, String);

/// The keys of requests that this process is answering. Those of other processes the store sorts out: whoever comes second
/// is told of the first one's run.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<Key>>>);

/// Stands for a request that is being answered, until it is dropped.
pub(crate) struct Guard {
    all: InFlight,
    key: Key,
}

impl InFlight {
    /// Notes that a request is being answered; `None` when one with the same key is already.
    pub(crate) fn begin(&self, workspace: &WorkspaceId, orchestra: &OrchestraId, key: &str) -> Option<Guard> {
        let key = (workspace.clone(), orchestra.clone(), key.to_owned());
        let is_first = self.keys().insert(key.clone());
        is_first.then(|| Guard { all: self.clone(), key })
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.all.keys().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_under_way_once_and_free_again_when_its_request_was_answered() {
        let (all, workspace) = (InFlight::default(), WorkspaceId::default());
        let orchestra: OrchestraId = "one".parse().unwrap();
        let first = all.begin(&workspace, &orchestra, "k");
        assert!(first.is_some());
        assert!(all.begin(&workspace, &orchestra, "k").is_none());
        assert!(all.begin(&workspace, &orchestra, "other").is_some());
        drop(first);
        assert!(all.begin(&workspace, &orchestra, "k").is_some());
    }
}
