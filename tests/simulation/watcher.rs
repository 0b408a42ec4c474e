//! Somebody who watches: what was once told as final is told for ever.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use maestro::{
    MemoryStore, RunStatus, RunStep, WorkspaceId,
    domain::{RunId, StepKey},
    ports::store::{Changed, EventStore, RunStore, StepQuery},
};
use tokio::task::AbortHandle;

/// What was seen of every run: its final status, and the rows that are never written again.
pub(crate) struct Watcher {
    store: MemoryStore,
    seen: Arc<Mutex<Seen>>,
    task: AbortHandle,
}

#[derive(Default)]
struct Seen {
    ends: BTreeMap<RunId, RunStatus>,
    rows: BTreeMap<RunId, BTreeMap<(StepKey, u32), RunStep>>,
    read_up_to: BTreeMap<RunId, u32>,
    broken: Vec<String>,
}

impl Watcher {
    pub(crate) async fn start(store: &MemoryStore) -> Self {
        let mut changes = store.changes().await.unwrap();
        let (seen, of) = (Arc::<Mutex<Seen>>::default(), store.clone());
        let notes = Arc::clone(&seen);
        #[allow(clippy::disallowed_methods, reason = "it ends with the world")]
        let task = tokio::spawn(async move {
            loop {
                if let Some(change) = changes.next().await
                    && let Changed::Run { run_id, .. } = change.changed
                {
                    look(&of, &notes, run_id, false).await;
                }
            }
        });
        Self { store: store.clone(), seen, task: task.abort_handle() }
    }

    /// Looks at everything once more, all of it; returns what was told differently before.
    pub(crate) async fn verdict(&self) -> Vec<String> {
        self.task.abort();
        let runs: Vec<RunId> = self.seen.lock().unwrap().read_up_to.keys().copied().collect();
        for run in runs {
            look(&self.store, &self.seen, run, true).await;
        }
        std::mem::take(&mut self.seen.lock().unwrap().broken)
    }
}

async fn look(store: &MemoryStore, seen: &Mutex<Seen>, id: RunId, all: bool) {
    let workspace = WorkspaceId::default();
    let mut query = StepQuery::default();
    if !all {
        query.after_seq = seen.lock().unwrap().read_up_to.get(&id).copied();
    }
    let run = store.run(&workspace, id).await.unwrap();
    let rows = store.steps(&workspace, id, &query, u32::MAX).await.unwrap();
    let mut seen = seen.lock().unwrap();
    let Seen { ends, rows: known, read_up_to, broken } = &mut *seen;
    if let Some(end) = ends.get(&id)
        && *end != run.status
    {
        broken.push(format!("{id} was {end} and is {}", run.status));
    }
    if run.status.is_final() {
        ends.insert(id, run.status);
    }
    let (known, last) = (known.entry(id).or_default(), read_up_to.entry(id).or_default());
    for row in rows {
        *last = row.seq.max(*last);
        if row.status.is_final() {
            let before = known.insert((row.key.clone(), row.attempt), row.clone());
            if let Some(before) = before.filter(|before| *before != row) {
                broken.push(format!("{id}: {before:?} became {row:?}"));
            }
        }
    }
}
