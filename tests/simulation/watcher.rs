//! Somebody who watches: what was once told as final is told for ever. Where an outcome was lost it says so at once, and once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use maestro::{
    MemoryStore, Run, RunStatus, RunStep, WorkspaceId,
    domain::{Actor, Payload, Resolution, RunId, Signal, SignalId, SignalKind, StepKey, StepStatus},
    ports::{
        Clock,
        store::{Changed, EventStore, RunStore, StepQuery},
    },
};
use tokio::{task::AbortHandle, time::Instant};

use crate::virtual_time::SkewedClock;

/// What was seen of every run: its final status, and the rows that are never written again.
pub(crate) struct Watcher {
    store: MemoryStore,
    clock: Arc<SkewedClock>,
    seen: Arc<Mutex<Seen>>,
    task: AbortHandle,
}

#[derive(Default)]
struct Seen {
    ends: BTreeMap<RunId, (RunStatus, Duration)>,
    may_go_on: BTreeSet<RunId>,
    /// Steps of which somebody was told what became of them.
    resolved: BTreeSet<(RunId, StepKey, u32)>,
    /// Those of which nobody heard, because their run had ended: they are told once it is played on.
    unheard: BTreeSet<(RunId, StepKey, u32)>,
    rows: BTreeMap<RunId, BTreeMap<(StepKey, u32), RunStep>>,
    read_up_to: BTreeMap<RunId, u32>,
    broken: Vec<String>,
}

impl Watcher {
    pub(crate) async fn start(store: &MemoryStore, origin: Instant) -> Self {
        let clock = Arc::new(SkewedClock::new(origin, 0));
        let at = Arc::clone(&clock);
        let mut changes = store.changes().await.unwrap();
        let (seen, of) = (Arc::<Mutex<Seen>>::default(), store.clone());
        let notes = Arc::clone(&seen);
        #[allow(clippy::disallowed_methods, reason = "it ends with the world")]
        let task = tokio::spawn(async move {
            loop {
                if let Some(change) = changes.next().await
                    && let Changed::Run { run_id, .. } = change.changed
                {
                    look(&of, &at, &notes, run_id, false).await;
                }
            }
        });
        Self { store: store.clone(), clock, seen, task: task.abort_handle() }
    }

    /// Notes that somebody may have a run played on that ended badly.
    pub(crate) fn may_go_on(&self, run: RunId) {
        self.seen.lock().unwrap().may_go_on.insert(run);
    }

    /// Returns when a run was seen to have ended.
    pub(crate) fn ended(&self, run: RunId) -> Option<Duration> {
        self.seen.lock().unwrap().ends.get(&run).map(|(_, at)| *at)
    }

    /// Looks at everything once more, all of it; returns what was told differently before.
    pub(crate) async fn verdict(&self) -> Vec<String> {
        self.task.abort();
        let runs: Vec<RunId> = self.seen.lock().unwrap().read_up_to.keys().copied().collect();
        for run in runs {
            look(&self.store, &self.clock, &self.seen, run, true).await;
        }
        std::mem::take(&mut self.seen.lock().unwrap().broken)
    }
}

async fn look(store: &MemoryStore, clock: &SkewedClock, seen: &Mutex<Seen>, id: RunId, all: bool) {
    let workspace = WorkspaceId::default();
    let mut query = StepQuery::default();
    if !all {
        query.after_seq = seen.lock().unwrap().read_up_to.get(&id).copied();
    }
    let run = store.run(&workspace, id).await.unwrap();
    let rows = store.steps(&workspace, id, &query, u32::MAX).await.unwrap();
    let lost = note(&mut seen.lock().unwrap(), &run, rows, clock.monotonic());
    for (key, attempt) in lost {
        let resolution = Resolution::Done { output: Payload::empty_object() };
        let kind = SignalKind::Resolve { key: key.clone(), attempt, resolution, note: None };
        let signal_id = SignalId::from_u128(id.as_u128() ^ u128::from(attempt));
        let signal = Signal { id: signal_id, kind, actor: Actor::new("somebody"), at: clock.now() };
        // The run may have been cancelled meanwhile.
        if store.signal(&workspace, id, &signal).await.is_err() {
            seen.lock().unwrap().unheard.insert((id, key, attempt));
        }
    }
}

/// Takes down what is read of a run; returns the steps and tries whose outcome is newly known to be lost.
fn note(seen: &mut Seen, run: &Run, rows: Vec<RunStep>, now: Duration) -> Vec<(StepKey, u32)> {
    let Seen { ends, may_go_on, resolved, unheard, rows: known, read_up_to, broken } = seen;
    let id = run.id;
    if let Some((end, _)) = ends.get(&id).copied()
        && end != run.status
    {
        match may_go_on.contains(&id) && !end.is_good() {
            true => _ = ends.remove(&id),
            false => broken.push(format!("{id} was {end} and is {}", run.status)),
        }
    }
    if run.status.is_final() {
        ends.entry(id).or_insert((run.status, now));
    }
    let (known, last) = (known.entry(id).or_default(), read_up_to.entry(id).or_default());
    let mut lost = Vec::new();
    if !run.status.is_final() {
        let now_heard: Vec<_> = unheard.iter().filter(|(of, ..)| *of == id).cloned().collect();
        for told in now_heard {
            unheard.remove(&told);
            lost.push((told.1, told.2));
        }
    }
    for row in rows {
        if row.status == StepStatus::Unknown && resolved.insert((id, row.key.clone(), row.attempt)) {
            lost.push((row.key.clone(), row.attempt));
        }
        *last = row.seq.max(*last);
        if row.status.is_final() {
            let before = known.insert((row.key.clone(), row.attempt), row.clone());
            if let Some(before) = before.filter(|before| *before != row) {
                broken.push(format!("{id}: {before:?} became {row:?}"));
            }
        }
    }
    lost
}
