//! Watchers: one open stream.

use std::{convert::Infallible, time::Duration};

use axum::body::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{
    Live, Place, Topic,
    channel::{Channel, News},
    event::KEEP_ALIVE,
    snapshot,
};
use crate::problem::Problem;

/// One open stream.
pub(super) struct Watcher {
    live: Live,
    topic: Topic,
    /// `None` only when it is dropped.
    news: Option<Receiver<News>>,
    /// What is sent next without waiting.
    ready: Option<Bytes>,
    /// When it ends, by the monotonic clock.
    until: Duration,
    _place: Place,
}

impl Watcher {
    /// Begins to listen, then reads a snapshot, so that nothing falls between the two.
    pub(super) async fn begin(live: &Live, topic: Topic, place: Place) -> Result<Self, Problem> {
        let news = live.channels().entry(topic.clone()).or_insert_with(Channel::new).listen();
        let until = live.0.maestro.clock().monotonic().saturating_add(live.0.limits.stream_time);
        let mut watcher =
            Self { live: live.clone(), topic, news: Some(news), ready: None, until, _place: place };
        watcher.ready = Some(snapshot::of(&watcher.live, &watcher.topic).await?);
        Ok(watcher)
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::unfold(self, |mut watcher| async move {
            let next = watcher.next().await?;
            Some((Ok(next), watcher))
        })
    }

    /// Waits for what is sent next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(ready) = self.ready.take() {
            return Some(ready);
        }
        let maestro = &self.live.0.maestro;
        let left = self.until.saturating_sub(maestro.clock().monotonic());
        if left.is_zero() {
            return None;
        }
        let news = tokio::select! {
            biased;
            () = maestro.stopping() => return None,
            news = recv(&mut self.news) => news,
            () = maestro.clock().sleep(left.min(self.live.0.limits.keep_alive)) => return Some(KEEP_ALIVE),
        };
        match news {
            Ok(News::Event(event)) => Some(event),
            Ok(News::Again) | Err(RecvError::Lagged(_)) => self.begin_anew().await,
            Err(RecvError::Closed) => None,
        }
    }

    /// Reads a snapshot in place of what was missed. Where that fails the stream ends: browsers open it again.
    async fn begin_anew(&mut self) -> Option<Bytes> {
        self.news = self.news.as_ref().map(Receiver::resubscribe);
        snapshot::of(&self.live, &self.topic).await.ok()
    }
}

async fn recv(news: &mut Option<Receiver<News>>) -> Result<News, RecvError> {
    match news {
        Some(news) => news.recv().await,
        None => Err(RecvError::Closed),
    }
}

/// Closes the channel behind the last who listened: nothing is kept for nobody.
impl Drop for Watcher {
    fn drop(&mut self) {
        self.news = None;
        let mut channels = self.live.channels();
        if channels.get(&self.topic).is_some_and(|channel| !channel.is_heard()) {
            channels.remove(&self.topic);
        }
    }
}
