//! Channels: what all streams about one topic share.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::{Mutex, broadcast};

/// So many events wait for a slow stream; then it gets a snapshot instead.
const BUFFER: usize = 64;

/// What a stream is told.
#[derive(Clone, Debug)]
pub(super) enum News {
    /// An event, as it is written.
    Event(Bytes),
    /// Something was missed: a new snapshot is needed.
    Again,
}

/// What all streams about one topic share.
pub(super) struct Channel {
    sender: broadcast::Sender<News>,
    /// How often something was told.
    told: u64,
    /// Of a run: the last record whose steps were told. `None` before the first.
    pub(super) steps_told: Option<u32>,
    /// The last snapshot, and how often something had been told before it was read. Locked while one is read, so that of
    /// thousands who come at once only one reads.
    pub(super) snapshot: Arc<Mutex<Option<(u64, Bytes)>>>,
}

impl Channel {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::Sender::new(BUFFER), told: 0, steps_told: None, snapshot: Arc::default() }
    }

    pub(super) fn tell(&mut self, news: News) {
        self.told += 1;
        // Nobody who listens any more is no failure.
        let _ = self.sender.send(news);
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<News> {
        self.sender.subscribe()
    }

    /// Returns how often something was told: a snapshot is as good as new as long as that stays.
    pub(super) fn told(&self) -> u64 {
        self.told
    }

    pub(super) fn is_heard(&self) -> bool {
        self.sender.receiver_count() > 0
    }
}
