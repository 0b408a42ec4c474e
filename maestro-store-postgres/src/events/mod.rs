//! Changes: told when they can be read, as hints.

mod news;

use maestro_core::ports::store::Change;
use tokio::sync::broadcast;

pub(crate) use self::news::News;

/// How many changes a listener may be behind before it misses some.
const CHANGES_KEPT: usize = 1024;

/// Who hears of changes.
pub(crate) struct Events {
    changes: broadcast::Sender<Change>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { changes: broadcast::Sender::new(CHANGES_KEPT) }
    }

    /// Returns an empty list for the changes of a call.
    pub(crate) fn news(&self) -> News {
        News::new(self.changes.receiver_count() > 0)
    }

    /// Tells of what a call has written.
    pub(crate) fn tell(&self, news: News) {
        for change in news.into_changes() {
            // An error means that nobody listens any more.
            let _ = self.changes.send(change);
        }
    }
}
