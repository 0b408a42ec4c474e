//! The wrapper: a memory store, what is wrong with it, and what it must remember to be wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        ClaimId, Finish, ModelPricing, Money, OrchestraId, Run, RunId, RunRef, RunStep, StepKey, WorkerId,
        WorkspaceId,
    },
    ports::{
        Clock, Store,
        store::{Change, WorkspaceState},
    },
};
use maestro_store_memory::MemoryStore;
use tokio::sync::broadcast;

use crate::breach::Breach;

/// A memory store that breaks one promise.
pub(crate) struct BrokenStore {
    pub(crate) inner: MemoryStore,
    pub(crate) breach: Breach,
    /// Changes that are told before they happen.
    pub(crate) early: broadcast::Sender<Change>,
    memo: Mutex<Memo>,
}

/// What was seen to pass by.
#[derive(Default)]
pub(crate) struct Memo {
    pub(crate) runs: BTreeMap<RunId, RunRef>,
    pub(crate) held: BTreeSet<RunId>,
    /// The last claim of each run.
    pub(crate) leases: BTreeMap<RunRef, (u32, WorkerId, ClaimId)>,
    pub(crate) claims: BTreeSet<(WorkerId, ClaimId)>,
    pub(crate) applied: BTreeSet<(RunRef, u32, WorkerId, u32)>,
    /// Runs as they had ended before they were reopened.
    pub(crate) ends: BTreeMap<RunId, Run>,
    pub(crate) finishes: BTreeMap<RunRef, Finish>,
    pub(crate) rows: BTreeMap<(RunRef, StepKey, u32), RunStep>,
    pub(crate) prices: BTreeMap<WorkspaceId, Vec<ModelPricing>>,
    pub(crate) homes: BTreeMap<OrchestraId, WorkspaceId>,
    pub(crate) disabled: BTreeSet<(WorkspaceId, OrchestraId)>,
    pub(crate) dead: BTreeSet<WorkerId>,
    pub(crate) registered: BTreeSet<WorkerId>,
    pub(crate) pauses: BTreeMap<WorkspaceId, WorkspaceState>,
    /// What rows cost that were written anew, and when they were.
    pub(crate) replaced: Vec<(WorkspaceId, DateTime<Utc>, Money)>,
}

impl BrokenStore {
    pub(crate) fn new(breach: Breach) -> Self {
        let early = broadcast::Sender::new(1_024);
        Self { inner: MemoryStore::new(), breach, early, memo: Mutex::default() }
    }

    pub(crate) fn has(&self, breach: Breach) -> bool {
        self.breach == breach
    }

    pub(crate) fn memo(&self) -> MutexGuard<'_, Memo> {
        self.memo.lock().unwrap()
    }
}

impl Store for BrokenStore {
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        if self.has(Breach::ClockTooFine) { Some(Arc::new(TooFine)) } else { self.inner.clock() }
    }
}

/// A clock that stands still between two microseconds.
struct TooFine;

#[async_trait]
impl Clock for TooFine {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(1)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}

    async fn sleep_until(&self, _: DateTime<Utc>) {}
}
