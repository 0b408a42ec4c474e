//! Changes: told when they can be read, as hints, in this process first and then in the others.

mod listening; // what other processes tell
mod outbox; // what this process has to tell them
mod sending;
mod stream;
mod wire; // the text of a notification

use std::sync::Arc;

use maestro_core::ports::store::{Change, News};
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use self::{
    listening::Listening,
    outbox::Outbox,
    sending::{Post, send},
    stream::Ear,
};
use crate::{
    PgOptions,
    connect::{Connector, Purpose},
    store::Shared,
};

/// How many changes a listener may be behind before it misses some.
const CHANGES_KEPT: usize = 8_192;

/// What a listener hears.
#[derive(Clone)]
enum Heard {
    Change(Change),
    /// Some were missed.
    Gap,
}

/// Who hears of changes.
pub(crate) struct Events {
    heard: broadcast::Sender<Heard>,
    /// For other processes; `None` where notifications are switched off.
    outbox: Option<Arc<Outbox>>,
    ear: watch::Sender<Ear>,
}

impl Events {
    pub(crate) fn new(options: &PgOptions) -> Self {
        let outbox = options.listen.then(|| Arc::new(Outbox::new(Uuid::new_v4())));
        // A pooler gives LISTEN to a connection that somebody else has next.
        let ear = if options.listen && !options.pooler { Ear::Closed } else { Ear::Deaf };
        Self { heard: broadcast::Sender::new(CHANGES_KEPT), outbox, ear: watch::Sender::new(ear) }
    }

    /// Tells whether changes of other processes are heard.
    fn is_open(&self) -> bool {
        *self.ear.borrow() == Ear::Open
    }

    /// Waits until it is certain whether changes of other processes are heard; the reason why they cannot be is an error.
    async fn settled(&self) -> Result<(), Arc<str>> {
        let mut ear = self.ear.subscribe();
        let settled = ear.wait_for(|ear| !matches!(ear, Ear::Closed | Ear::Opening)).await;
        match settled.as_deref() {
            Ok(Ear::Failed(reason)) => Err(Arc::clone(reason)),
            _ => Ok(()),
        }
    }

    /// Returns an empty list for the changes of a call.
    pub(crate) fn news(&self) -> News {
        News::new(self.outbox.is_some() || self.heard.receiver_count() > 0)
    }

    /// Tells of what a call has written: at once in this process, soon in the others.
    pub(crate) fn tell(&self, news: News) {
        let changes = news.into_changes();
        if self.heard.receiver_count() > 0 {
            for change in &changes {
                // An error means that nobody listens any more.
                let _ = self.heard.send(Heard::Change(change.clone()));
            }
        }
        if let Some(outbox) = &self.outbox {
            outbox.put(changes);
        }
    }
}

impl Shared {
    /// Starts the task that tells other processes.
    pub(crate) fn tell_others(&self) {
        if let Some(outbox) = &self.events.outbox {
            let (clock, stop) = (Arc::clone(&self.clock), self.stop.clone());
            self.tasks.spawn(send(self.post(), Arc::clone(outbox), clock, stop));
        }
    }

    /// Starts the task that listens to other processes, unless it was started before.
    fn listen_to_others(&self) {
        let Some(outbox) = &self.events.outbox else { return };
        let is_first = self.events.ear.send_if_modified(|ear| {
            let is_closed = *ear == Ear::Closed;
            if is_closed {
                *ear = Ear::Opening;
            }
            is_closed
        });
        if !is_first {
            return;
        }
        let connector = Connector::new(&self.options, Purpose::Ordinary);
        let listening = Listening {
            connect_timeout: connector.connect_timeout,
            connect: connector.into_options(),
            post: self.post(),
            origin: outbox.origin,
            heard: self.events.heard.clone(),
            ear: self.events.ear.clone(),
            clock: Arc::clone(&self.clock),
            stop: self.stop.clone(),
        };
        self.tasks.spawn(listening.run());
    }

    fn post(&self) -> Post {
        let channel = format!("maestro:{}", self.schema.name()).into();
        Post { channel, lanes: Arc::clone(&self.ordinary) }
    }
}
