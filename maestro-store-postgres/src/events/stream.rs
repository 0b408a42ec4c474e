//! Streams of changes, and what they hear of other processes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use maestro_core::ports::store::{Change, ChangeStream, EventStore, StoreError};
use tokio::sync::broadcast;

use super::Heard;
use crate::{PostgresStore, store::Shared};

/// What the store hears of other processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ear {
    /// Nobody has asked yet.
    Closed,
    /// It is about to listen.
    Opening,
    /// It listens.
    Open,
    /// It listens and hears nothing, not even itself.
    Deaf,
    /// It cannot listen, for this reason.
    Failed(Arc<str>),
}

/// Why nobody can listen to a store that was closed.
pub(super) const CLOSED: &str = "the store is closed";

/// Why nobody can listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for changes: {0}")]
struct NotHeard(Arc<str>);

/// Hears of changes, and keeps the store: as long as somebody listens there is something to hear.
struct Listener {
    heard: broadcast::Receiver<Heard>,
    look_again_at: Duration,
    shared: Arc<Shared>,
}

#[async_trait]
impl ChangeStream for Listener {
    async fn next(&mut self) -> Option<Change> {
        let Self { heard, look_again_at, shared } = self;
        let is_deaf = !shared.events.is_open();
        let now = shared.clock.monotonic();
        tokio::select! {
            biased;
            heard = heard.recv() => match heard {
                Ok(Heard::Change(change)) => Some(change),
                // Behind by more than is kept.
                Ok(Heard::Gap) | Err(_) => None,
            },
            () = shared.clock.sleep(look_again_at.saturating_sub(now)), if is_deaf => {
                *look_again_at = shared.clock.monotonic() + shared.options.look_again;
                None
            }
        }
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let refused = |reason| StoreError::Unavailable { source: Box::new(NotHeard(reason)) };
        if shared.stop.is_cancelled() {
            return Err(refused(CLOSED.into()));
        }
        shared.listen_to_others();
        shared.events.settled().await.map_err(refused)?;
        // What was told before this moment can be read after it.
        let heard = shared.events.heard.subscribe();
        let look_again_at = shared.clock.monotonic() + shared.options.look_again;
        Ok(Box::new(Listener { heard, look_again_at, shared }))
    }
}
