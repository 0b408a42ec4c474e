//! Lives: one registration of a worker, the runs that it owns, and the tasks that serve it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
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
    /// Fires when the life is over and its servants may go.
    over: CancellationToken,
    /// Told when a run ended or was parked, so that there is room for another.
    pub(super) freed: Notify,
    /// Told when the lease should be renewed at once, because a signal came.
    pub(super) renew_now: Notify,
    /// Counts begins and ends of claims. Odd: one is under way, whose runs the store may know and this worker does not yet.
    pub(super) claims: AtomicU64,
    pub(super) played: AtomicU64,
    runs: Mutex<BTreeMap<RunId, Owned>>,
    /// When the last renewal was asked for that was answered, in microseconds of the monotonic clock.
    heard: AtomicU64,
    drivers: TaskTracker,
    /// Tries that are executed: one that is cut off is joined too.
    pub(super) tries: TaskTracker,
    servants: TaskTracker,
}

/// How long giving back and good-bye may take once every step has ended or was cut off.
const LAST_WORDS: Duration = Duration::from_secs(10);

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
    /// Registers a worker and starts what serves it. `None` when the engine stops first.
    pub(super) async fn begin(shared: &Arc<Shared>) -> Option<Arc<Self>> {
        let (worker, born) = tokio::select! {
            biased;
            registered = register(shared) => registered,
            () = shared.stopping.cancelled() => return None,
        };
        let servants = TaskTracker::new();
        let life = Arc::new(Self {
            recorder: Recorder::start(shared, &servants),
            shared: Arc::clone(shared),
            worker,
            step_slots: Arc::new(Semaphore::new(shared.options.max_steps as usize)),
            lost: CancellationToken::new(),
            over: CancellationToken::new(),
            freed: Notify::new(),
            renew_now: Notify::new(),
            claims: AtomicU64::new(0),
            heard: AtomicU64::new(micros(born)),
            played: AtomicU64::new(0),
            runs: Mutex::default(),
            drivers: TaskTracker::new(),
            tries: TaskTracker::new(),
            servants,
        });
        for servant in [Servant::Lease, Servant::Hints, Servant::Time] {
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
        self.tries.close();
        self.tries.wait().await;
        self.over.cancel();
        self.recorder.close();
        self.servants.close();
        self.servants.wait().await;
        // Whatever it should still own is reclaimed from it like from the dead.
        let this = [self.worker];
        let said = tokio::select! {
            biased;
            said = self.shared.store.forget_workers(&this) => said.is_ok(),
            () = self.shared.clock.sleep(LAST_WORDS) => false,
        };
        if !said {
            tracing::debug!(worker = %self.worker, "good-bye: the store does not answer");
        }
    }

    /// Waits until a shutdown has waited long enough for the store.
    async fn out_of_time(&self) {
        self.shared.out_of_grace.cancelled().await;
        self.shared.clock.sleep(self.shared.options.abort_grace + LAST_WORDS).await;
        tracing::warn!(worker = %self.worker, "the store does not answer: what plays is left to be taken over");
        self.lost.cancel();
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
        // The engine waits for it too: a tick that plays by hand may not be polled any more.
        let tasks = self.shared.tasks.clone();
        self.drivers.spawn(tasks.track_future(async move {
            let run = claimed.run.clone();
            let _leave = Leave { life: &life, run: &run, claim_no: claimed.claim_no };
            driver::play(&life, claimed, receiver).await;
        }));
    }

    /// Notes that the store knew at `at`, by the monotonic clock, that the worker lives.
    pub(super) fn was_heard(&self, at: Duration) {
        self.heard.store(micros(at), Ordering::SeqCst);
    }

    /// Returns how long the worker may still act. Zero also right after the process was frozen for too long, before anything
    /// else has noticed.
    pub(super) fn time_left(&self) -> Duration {
        let heard = Duration::from_micros(self.heard.load(Ordering::SeqCst));
        let passed = self.shared.clock.monotonic().saturating_sub(heard);
        (self.shared.options.worker_ttl * 2 / 3).saturating_sub(passed)
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

/// Registers a worker; returns its id, and when by the monotonic clock the store was asked.
async fn register(shared: &Shared) -> (WorkerId, Duration) {
    loop {
        let worker = shared.new_worker_id();
        let mut born = Duration::ZERO;
        let register = || {
            born = shared.clock.monotonic();
            shared.store.register_worker(worker, shared.now())
        };
        match shared.insist("register worker", register).await {
            Ok(()) => return (worker, born),
            // An answer came so late that the id was taken for dead meanwhile: the next one is new.
            Err(error) => {
                tracing::warn!(%error, "register worker: the store refuses; another id is tried");
                shared.clock.sleep(shared.options.poll_interval).await;
            }
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
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
    Time,
}

impl Servant {
    async fn serve(self, life: &Arc<Life>) {
        match self {
            Self::Lease => lease::keep(life).await,
            Self::Time => life.out_of_time().await,
            Self::Hints => hints::follow(life).await,
        }
    }
}
