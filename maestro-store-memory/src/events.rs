//! Changes: told when they can be read, as hints.

use async_trait::async_trait;
use maestro_core::ports::store::{Change, ChangeStream, EventStore, StoreError};
use tokio::sync::broadcast;

use crate::MemoryStore;

/// Hears of the changes of one store, and keeps it.
struct Listener {
    changes: broadcast::Receiver<Change>,
    /// As long as somebody listens there is something to hear: the channel never closes under the receiver.
    _store: MemoryStore,
}

#[async_trait]
impl ChangeStream for Listener {
    async fn next(&mut self) -> Option<Change> {
        // The only error that can come is that this listener was too far behind.
        self.changes.recv().await.ok()
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        Ok(Box::new(Listener { changes: self.listen(), _store: self.clone() }))
    }
}
