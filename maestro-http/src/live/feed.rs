//! The feed: listens to the store, reads what changed, and tells those who watch.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use maestro_core::{
    engine::Error,
    ports::store::{Change, ChangeStream, Changed},
};

use super::{
    Live,
    channel::News,
    read::{Item, Record, Told},
};

/// So many records are read at once.
const AT_ONCE: usize = 16;
/// So many records wait to be read; when more change, everybody reads a new snapshot instead.
const MOST_PENDING: usize = 10_000;
/// How long to wait after something was missed.
const PAUSE: Duration = Duration::from_millis(250);
/// So many orchestras are remembered as they were told last.
const MOST_REMEMBERED: usize = 10_000;

/// Feeds all streams until the engine stops.
pub(super) async fn run(live: Live, changes: Box<dyn ChangeStream>) {
    let maestro = live.0.maestro.clone();
    tokio::select! {
        biased;
        () = maestro.stopping() => {}
        () = follow(&live, changes) => {}
    }
}

async fn follow(live: &Live, mut changes: Box<dyn ChangeStream>) {
    let mut queue = Queue::default();
    let mut reading = FuturesUnordered::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some(item) = queue.take()
        {
            reading.push(async move { (item.read(live).await, item) });
        }
        tokio::select! {
            biased;
            Some((told, item)) = reading.next(), if !reading.is_empty() => {
                queue.done(&item);
                tell(live, &mut queue, &item, told);
            }
            change = changes.next() => match change {
                Some(change) => queue.note(live, change),
                None => {
                    queue.forget();
                    tell_all_again(live);
                    // A stream that only says so must not make everybody read all the time.
                    live.0.maestro.clock().sleep(PAUSE).await;
                }
            },
        }
    }
}

/// Records that are to be read, each once, in the order in which they changed.
#[derive(Default)]
struct Queue {
    order: VecDeque<Item>,
    waiting: BTreeSet<Item>,
    /// Being read. Such a record is not read a second time meanwhile: the older answer might come last.
    busy: BTreeSet<Item>,
    /// Orchestras as they were told last: most ends of runs change nothing that their orchestra shows.
    told: BTreeMap<Item, u64>,
}

impl Queue {
    fn note(&mut self, live: &Live, Change { workspace, changed }: Change) {
        let mut add = |record| self.add(live, Item { workspace: workspace.clone(), record });
        match changed {
            Changed::Due | Changed::Signal { .. } => {}
            Changed::Run { orchestra_id, run_id } => {
                add(Record::Run(orchestra_id.clone(), run_id));
                add(Record::Orchestra(orchestra_id)); // whether it is running may have changed
            }
            Changed::Orchestra(id) => add(Record::Orchestra(id)),
            Changed::Score(id) => add(Record::Score(id)),
            Changed::Agent(id) => add(Record::Agent(id)),
            Changed::Workspace => add(Record::Workspace),
        }
    }

    fn add(&mut self, live: &Live, item: Item) {
        if !is_watched(live, &item) {
            self.told.remove(&item);
            return;
        }
        if self.waiting.len() >= MOST_PENDING {
            self.forget();
            return tell_all_again(live);
        }
        if self.waiting.insert(item.clone()) {
            self.order.push_back(item);
        }
    }

    fn take(&mut self) -> Option<Item> {
        let place = self.order.iter().take(2 * AT_ONCE).position(|item| !self.busy.contains(item))?;
        let item = self.order.remove(place)?;
        self.waiting.remove(&item);
        self.busy.insert(item.clone());
        Some(item)
    }

    fn done(&mut self, item: &Item) {
        self.busy.remove(item);
    }

    fn forget(&mut self) {
        self.order.clear();
        self.waiting.clear();
        self.told.clear();
    }

    /// Tells whether an orchestra is as it was told last.
    fn is_told(&mut self, item: &Item, told: &Told) -> bool {
        let (Record::Orchestra(_), Some((_, text))) = (&item.record, told.events.first()) else {
            return false;
        };
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = hasher.finish();
        if self.told.len() >= MOST_REMEMBERED {
            self.told.clear();
        }
        self.told.insert(item.clone(), hash) == Some(hash)
    }
}

/// Tells whether somebody watches a record. Channels that nobody listens to any more are closed, so that no snapshot of theirs
/// grows old unnoticed.
fn is_watched(live: &Live, item: &Item) -> bool {
    let mut channels = live.channels();
    let mut is_watched = false;
    for topic in item.topics() {
        match channels.get(&topic).map(super::Channel::is_heard) {
            Some(true) => is_watched = true,
            Some(false) => _ = channels.remove(&topic),
            None => {}
        }
    }
    is_watched
}

fn tell(live: &Live, queue: &mut Queue, item: &Item, told: Result<Told, Error>) {
    let told = match told {
        Ok(told) if queue.is_told(item, &told) => return,
        Ok(told) => told,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "live updates: a record cannot be read");
            if !matches!(&error, Error::Store(error) if error.is_retryable()) {
                return; // it will not be readable the next time either
            }
            // Those who watch it read it themselves, or end and come again.
            let mut channels = live.channels();
            for topic in item.topics() {
                if let Some(channel) = channels.get_mut(&topic) {
                    channel.tell(News::Again);
                }
            }
            return;
        }
    };
    let mut channels = live.channels();
    for (topic, event) in told.events {
        if let Some(channel) = channels.get_mut(&topic) {
            channel.tell(News::Event(event));
        }
    }
    if let Some(channel) = told.again.and_then(|topic| channels.get_mut(&topic)) {
        channel.tell(News::Again);
    }
    if let Some((topic, revision)) = told.steps_through
        && let Some(channel) = channels.get_mut(&topic)
    {
        channel.steps_told = channel.steps_told.max(Some(revision));
    }
}

fn tell_all_again(live: &Live) {
    let mut channels = live.channels();
    channels.retain(|_, channel| channel.is_heard());
    channels.values_mut().for_each(|channel| channel.tell(News::Again));
}
