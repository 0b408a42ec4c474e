//! The store itself: one state behind one lock, and who hears of its changes.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use maestro_core::ports::{
    Clock, Store,
    store::{Change, News},
};
use tokio::sync::broadcast;

use crate::state::State;

/// How many changes a listener may be behind before it misses some.
pub(crate) const CHANGES_KEPT: usize = 1024;

/// A store in memory. Clones are the same store.
///
/// Every call is atomic and none of them waits: the lock is held for the call alone, never across an await.
///
/// ```
/// use chrono::DateTime;
/// use maestro_core::{
///     domain::{Actor, WorkspaceId},
///     ports::store::WorkerStore,
/// };
/// use maestro_store_memory::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), maestro_core::ports::store::StoreError> {
/// let store = MemoryStore::new();
/// let workspace = WorkspaceId::default();
///
/// store.pause_workspace(&workspace, Some((&Actor::host(), DateTime::UNIX_EPOCH))).await?;
///
/// let state = store.clone().workspace(&workspace).await?;
/// assert_eq!(state.paused, Some((Actor::host(), DateTime::UNIX_EPOCH)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changes: broadcast::Sender<Change>,
}

impl MemoryStore {
    /// Makes a store that holds nothing.
    pub fn new() -> Self {
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        Self { shared: Arc::new(Shared { state: Mutex::default(), changes }) }
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state, then tells who listens.
    ///
    /// Whoever begins to listen after the lock was taken needs no news of this change: what they read after that
    /// waits for the lock.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State, &mut News) -> T) -> T {
        let mut state = self.lock();
        let mut news = News::new(self.shared.changes.receiver_count() > 0);
        let answer = change(&mut state, &mut news);
        drop(state);
        for change in news.into_changes() {
            // An error means that nobody listens any more.
            let _ = self.shared.changes.send(change);
        }
        answer
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Change> {
        self.shared.changes.subscribe()
    }

    /// A panic elsewhere must not take the whole store along.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    /// One process has one clock: its own.
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        None
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
