//! Live updates: one subscription to the store a process, told on to any number of streams.

mod channel;
mod event;
mod feed;
mod read;
mod snapshot;
mod topic;
mod watcher;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use maestro_core::engine::Maestro;

pub(crate) use self::topic::Topic;
use self::{channel::Channel, watcher::Watcher};
use crate::{
    app::Limits,
    problem::{Code, Problem},
};

/// What is told to whom. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Live(Arc<Shared>);

struct Shared {
    maestro: Maestro,
    limits: Limits,
    channels: Mutex<BTreeMap<Topic, Channel>>,
    /// Whether somebody listens to the store.
    is_fed: tokio::sync::Mutex<bool>,
    /// Streams that are open.
    open: Arc<AtomicUsize>,
}

impl Live {
    pub(crate) fn new(maestro: Maestro, limits: Limits) -> Self {
        let (is_fed, open) = (tokio::sync::Mutex::new(false), Arc::default());
        Self(Arc::new(Shared { maestro, limits, channels: Mutex::default(), is_fed, open }))
    }

    /// Returns how many streams are open.
    #[cfg(feature = "metrics")]
    pub(crate) fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Begins a stream: a snapshot first, then every change.
    pub(crate) async fn watch(&self, topic: Topic) -> Result<Response, Problem> {
        let place = self.take_place()?;
        self.begin_to_feed().await?;
        let watcher = Watcher::begin(self, topic, place).await?;
        let mut response = Response::new(Body::from_stream(watcher.into_stream()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Ok(response)
    }

    /// Begins to listen to the store, unless that was done: before the first snapshot, so that nothing falls between.
    async fn begin_to_feed(&self) -> Result<(), Problem> {
        let mut is_fed = self.0.is_fed.lock().await;
        if !*is_fed {
            let changes = self.0.maestro.changes().await?;
            self.0.maestro.attach(feed::run(self.clone(), changes));
            *is_fed = true;
        }
        Ok(())
    }

    fn take_place(&self) -> Result<Place, Problem> {
        let place = Place(Arc::clone(&self.0.open));
        if self.0.open.fetch_add(1, Ordering::SeqCst) >= self.0.limits.streams {
            let problem = Problem::new(Code::Unavailable, "too many streams are open; try again later");
            return Err(problem.header(header::RETRY_AFTER, HeaderValue::from_static("5")));
        }
        Ok(place)
    }

    fn channels(&self) -> MutexGuard<'_, BTreeMap<Topic, Channel>> {
        self.0.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for a stream that is open.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
