//! The recorder: writes what runs have to record, in groups, without lingering.
//!
//! One lane writes whatever is ready; a second one opens only while a full batch waits behind it. What an uncertain
//! answer leaves open is sent again until the store says what it did.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    domain::{RunRecord, RunStep},
    engine::shared::Shared,
    ports::store::{RecordAnswer, StoreError},
};

const LANES: usize = 2;
/// The most bytes of JSON in one batch, but for a single record that is larger.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of JSON that wait or are written, but for a single record that is larger.
const QUEUE_BYTES: u32 = 64 * 1024 * 1024;

/// The way to the recorder.
pub(super) struct Recorder {
    queue: mpsc::Sender<Item>,
    /// Room for bytes, which a record takes until it is answered.
    room: Arc<Semaphore>,
    closed: CancellationToken,
}

/// What became of a record.
#[derive(Debug)]
pub(super) enum Recorded {
    Answer(RecordAnswer),
    /// The store refuses a value of it and wrote nothing; these were its rows.
    NotStorable(Vec<RunStep>),
    /// The store finds the run corrupt, or the like. Nothing more can be written for it.
    Refused(StoreError),
}

struct Item {
    record: RunRecord,
    bytes: usize,
    room: OwnedSemaphorePermit,
    answer: oneshot::Sender<Recorded>,
}

impl Recorder {
    pub(super) fn start(shared: &Arc<Shared>, tasks: &TaskTracker) -> Self {
        let batch = shared.options.record_batch;
        let (queue, items) = mpsc::channel(batch * 4);
        let closed = CancellationToken::new();
        let work = Work { shared: Arc::clone(shared), items, waiting: Vec::new(), lanes: JoinSet::new() };
        tasks.spawn(work.run(closed.clone()));
        Self { queue, room: Arc::new(Semaphore::new(QUEUE_BYTES as usize)), closed }
    }

    /// Writes a record; waits until it is durable or refused. `None` when the recorder is gone.
    pub(super) async fn record(&self, record: RunRecord) -> Option<Recorded> {
        let (answer, wait) = oneshot::channel();
        let bytes = size_of(&record);
        let share = u32::try_from(bytes).unwrap_or(u32::MAX).min(QUEUE_BYTES);
        let room = Arc::clone(&self.room).acquire_many_owned(share).await.ok()?;
        self.queue.send(Item { record, bytes, room, answer }).await.ok()?;
        wait.await.ok()
    }

    /// Tells whether so much waits that nothing new should be begun.
    pub(super) fn is_full(&self) -> bool {
        self.queue.capacity() < self.queue.max_capacity() / 2
            || self.room.available_permits() < QUEUE_BYTES as usize / 2
    }

    /// Ends the recorder once everything that was given to it is written.
    pub(super) fn close(&self) {
        self.closed.cancel();
    }
}

struct Work {
    shared: Arc<Shared>,
    items: mpsc::Receiver<Item>,
    waiting: Vec<Item>,
    lanes: JoinSet<()>,
}

impl Work {
    async fn run(mut self, closed: CancellationToken) {
        let batch = self.shared.options.record_batch;
        loop {
            let worth_a_lane = if self.lanes.is_empty() { 1 } else { batch };
            if self.lanes.len() < LANES && self.waiting.len() >= worth_a_lane {
                self.open_lane(batch);
                continue;
            }
            let room = batch * 2 - self.waiting.len().min(batch * 2);
            tokio::select! {
                biased;
                Some(_) = self.lanes.join_next() => {}
                _ = self.items.recv_many(&mut self.waiting, room), if room > 0 => {}
                // Drivers are done before the recorder is closed: what they sent was received and answered.
                () = closed.cancelled(), if self.lanes.is_empty() && self.waiting.is_empty() => return,
            }
        }
    }

    fn open_lane(&mut self, batch: usize) {
        let mut bytes = 0;
        let fits = |item: &Item| {
            bytes += item.bytes;
            bytes <= BATCH_BYTES
        };
        let count = self.waiting.iter().take(batch).take_while({
            let mut fits = fits;
            move |item| fits(item)
        });
        let count = count.count().max(1);
        let mut items: Vec<Item> = self.waiting.drain(..count).collect();
        items.sort_by(|one, two| one.record.run.cmp(&two.record.run)); // the order in which stores lock
        self.lanes.spawn(write(Arc::clone(&self.shared), items));
    }
}

/// Writes a batch; one that is refused is halved until the offender is found. Ends early when nobody waits for it any more.
async fn write(shared: Arc<Shared>, items: Vec<Item>) {
    let (mut records, mut answers, mut rooms) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        records.push(item.record);
        answers.push(Some(item.answer));
        rooms.push(item.room);
    }
    let whole = 0..records.len();
    let mut parts = vec![whole];
    while let Some(part) = parts.pop() {
        let slice = &records[part.clone()];
        let begun = shared.clock.monotonic();
        let written = tokio::select! {
            biased;
            written = shared.insist("record", || shared.store.record(slice, shared.now())) => written,
            () = all_gone(&mut answers[part.clone()]) => continue,
        };
        match written {
            Ok(results) => {
                shared.counters.wrote(slice.len(), shared.clock.monotonic().saturating_sub(begun));
                for (ix, result) in part.zip(results) {
                    if matches!(result, RecordAnswer::Applied { .. }) {
                        shared.counters.applied(&records[ix]);
                    }
                    tell(&mut answers[ix], Recorded::Answer(result));
                }
            }
            Err(StoreError::NotStorable { .. }) if part.len() == 1 => {
                let rows = std::mem::take(&mut records[part.start].steps);
                tell(&mut answers[part.start], Recorded::NotStorable(rows));
            }
            Err(_) if part.len() > 1 => {
                let middle = part.start + part.len() / 2;
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
            Err(error) => {
                tell(&mut answers[part.start], Recorded::Refused(error));
            }
        }
    }
}

fn tell(answer: &mut Option<oneshot::Sender<Recorded>>, recorded: Recorded) {
    if let Some(answer) = answer.take() {
        // A driver that is gone has no use for the answer.
        let _gone = answer.send(recorded);
    }
}

/// Waits until no driver waits for an answer: their worker lost its lease, or was stopped in the midst.
async fn all_gone(answers: &mut [Option<oneshot::Sender<Recorded>>]) {
    for answer in answers.iter_mut().flatten() {
        answer.closed().await;
    }
}

fn size_of(record: &RunRecord) -> usize {
    let of = |payload: &Option<crate::domain::Payload>| payload.as_ref().map_or(0, |payload| payload.size());
    record.steps.iter().map(|step| 200 + of(&step.input) + of(&step.output)).sum::<usize>() + 200
}
