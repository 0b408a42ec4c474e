//! Lives: one registration of a worker, the runs that it owns, and the tasks that serve it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{driver, hints, lease, recorder::Recorder};
use crate::{
    domain::{RunId, RunRef, WorkerId},
    engine::shared::Shared,
    ports::store::{ClaimedRun, OwnedRun},
};

/// One registration of a worker.
pub(super) struct Life {
    pub(super) shared: Arc<Shared>,
    pub(super) worker: WorkerId,
    pub(super) recorder: Recorder,
    /// Slots for steps that are executed.
    pub(super) step_slots: Arc<Semaphore>,
    /// Fires when the worker may no longer act: its lease is lost or in doubt.
    pub(super) lost: CancellationToken,
    /// Fires when a shutdown's grace is over: what still plays is given back.
    pub(super) out_of_grace: CancellationToken,
    /// Fires when the life is over and its servants may go.
    over: CancellationToken,
    /// Told when a run ended or was parked, so that there is room for another.
    pub(super) freed: Notify,
    /// Told when the lease should be renewed at once, because a signal came.
    pub(super) renew_now: Notify,
    /// Whether a claim is under way, whose runs the store knows and this worker does not yet.
    pub(super) claiming: AtomicBool,
    pub(super) played: AtomicU64,
    runs: Mutex<BTreeMap<RunId, Owned>>,
    drivers: TaskTracker,
    servants: TaskTracker,
}

/// A run that this worker plays.
struct Owned {
    claim_no: u32,
    notice: watch::Sender<Notice>,
    /// Whether the last renewal did not name it.
    missing: bool,
}

/// What a run's driver is told from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) signals: u32,
    pub(super) cancel: bool,
    /// Another owner has the run, or it has ended.
    pub(super) lost: bool,
}

impl Life {
    /// Registers a worker and starts what serves it. `None` when the engine stops before the store answers.
    pub(super) async fn begin(shared: &Arc<Shared>, out_of_grace: CancellationToken) -> Option<Arc<Self>> {
        let worker = shared.new_worker_id();
        let register = || shared.store.register_worker(worker, shared.now());
        tokio::select! {
            biased;
            registered = shared.insist("register worker", register) => registered.ok()?,
            () = shared.stopping.cancelled() => return None,
        }
        let servants = TaskTracker::new();
        let life = Arc::new(Self {
            recorder: Recorder::start(shared, &servants),
            shared: Arc::clone(shared),
            worker,
            step_slots: Arc::new(Semaphore::new(shared.options.max_steps as usize)),
            lost: CancellationToken::new(),
            out_of_grace,
            over: CancellationToken::new(),
            freed: Notify::new(),
            renew_now: Notify::new(),
            claiming: AtomicBool::new(false),
            played: AtomicU64::new(0),
            runs: Mutex::default(),
            drivers: TaskTracker::new(),
            servants,
        });
        for servant in [Servant::Lease, Servant::Hints] {
            let (life, over) = (Arc::clone(&life), life.over.clone());
            life.servants.clone().spawn(async move {
                tokio::select! {
                    biased;
                    () = over.cancelled() => {}
                    () = servant.serve(&life) => {}
                }
            });
        }
        Some(life)
    }

    /// Waits until every run is finished, parked or given back, then says good-bye.
    pub(super) async fn end(self: Arc<Self>) {
        self.drivers.close();
        self.drivers.wait().await;
        self.over.cancel();
        self.recorder.close();
        self.servants.close();
        self.servants.wait().await;
        // Whatever it should still own is reclaimed from it like from the dead.
        if let Err(error) = self.shared.store.forget_workers(&[self.worker]).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "good-bye: the store does not answer");
        }
    }

    /// Stops everything at once, as a crash would; after [`end`](Self::end) it changes nothing.
    pub(super) fn abandon(&self) {
        self.lost.cancel();
        self.over.cancel();
        self.recorder.close();
    }

    /// Plays a run that was claimed.
    pub(super) fn play(self: &Arc<Self>, claimed: ClaimedRun) {
        let notice = Notice { signals: claimed.signals, cancel: claimed.cancel, lost: false };
        let (sender, receiver) = watch::channel(notice);
        let owned = Owned { claim_no: claimed.claim_no, notice: sender, missing: false };
        self.runs().insert(claimed.run.run_id, owned);
        let life = Arc::clone(self);
        self.drivers.spawn(async move {
            let run = claimed.run.clone();
            let _leave = Leave { life: &life, run: &run, claim_no: claimed.claim_no };
            driver::play(&life, claimed, receiver).await;
        });
    }

    /// Returns how many runs are played.
    pub(super) fn active(&self) -> usize {
        self.runs().len()
    }

    pub(super) fn plays(&self, run: RunId) -> bool {
        self.runs().contains_key(&run)
    }

    /// Tells a driver what the store said of its run.
    pub(super) fn tell(&self, run: RunId, signals: u32, cancel: bool) {
        if let Some(owned) = self.runs().get(&run) {
            owned.tell(signals, cancel);
        }
    }

    /// Tells drivers what the store said of their runs. Returns the runs that the store calls ours and nobody plays.
    pub(super) fn reconcile(&self, owned: &[OwnedRun]) -> Vec<OwnedRun> {
        let mut runs = self.runs();
        let mut named = BTreeMap::new();
        let mut strangers = Vec::new();
        for run in owned {
            named.insert(run.run.run_id, run.claim_no);
            match runs.get(&run.run.run_id) {
                Some(ours) if ours.claim_no == run.claim_no => ours.tell(run.signals, run.cancel),
                _ => strangers.push(run.clone()),
            }
        }
        for (run_id, ours) in runs.iter_mut() {
            let is_missing = named.get(run_id) != Some(&ours.claim_no);
            // Twice in a row: the first time it may just have been claimed, finished or parked.
            if is_missing && ours.missing {
                ours.notice.send_modify(|notice| notice.lost = true);
            }
            ours.missing = is_missing;
        }
        strangers
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, BTreeMap<RunId, Owned>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owned {
    fn tell(&self, signals: u32, cancel: bool) {
        self.notice.send_if_modified(|notice| {
            let news = signals > notice.signals || cancel && !notice.cancel;
            notice.signals = notice.signals.max(signals);
            notice.cancel |= cancel;
            news
        });
    }
}

/// Strikes a run off when its driver is done, also when that panicked.
struct Leave<'a> {
    life: &'a Life,
    run: &'a RunRef,
    claim_no: u32,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut runs = self.life.runs();
        if runs.get(&self.run.run_id).is_some_and(|owned| owned.claim_no == self.claim_no) {
            runs.remove(&self.run.run_id);
        }
        drop(runs);
        self.life.played.fetch_add(1, Ordering::Relaxed);
        self.life.freed.notify_one();
    }
}

#[derive(Clone, Copy)]
enum Servant {
    Lease,
    Hints,
}

impl Servant {
    async fn serve(self, life: &Arc<Life>) {
        match self {
            Self::Lease => lease::keep(life).await,
            Self::Hints => hints::follow(life).await,
        }
    }
}
