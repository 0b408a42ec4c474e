//! Claiming: how a worker becomes the one owner of due runs, in fair shares of the workspaces that have any.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use chrono::{DateTime, Utc};

use super::{fairness::Fairness, life::Life};
use crate::{
    engine::shared::delta,
    ports::store::{ClaimedRun, DueClass, Quota, StoreError},
};

/// So many workspaces and classes are looked at in one go.
const LOOK: u32 = 256;
/// How long a worker trusts its picture of who has work while it is busy, at least.
const STALE: Duration = Duration::from_millis(250);
/// Looking takes one of so many parts of the time: where it takes long, a picture is trusted for longer. But never for
/// longer than the poll interval: a look that waited for a store that was gone says nothing about how long a look takes.
const LOOK_SHARE: u32 = 20;
/// How long the first freed slot waits for company before it is filled.
const COMPANY: Duration = Duration::from_millis(2);

/// What a worker believes about who has work.
struct Picture {
    fairness: Fairness,
    busy: Vec<DueClass>,
    /// Where the last look ended: the next one goes on behind it, so that all get their turn.
    seen_up_to: Option<DueClass>,
    next_due: Option<DateTime<Utc>>,
    /// Until when it is trusted, by the monotonic clock.
    fresh_until: Option<Duration>,
}

/// Claims and plays until the engine stops or the lease is lost.
pub(super) async fn until_stopped(life: &Arc<Life>) {
    let mut picture = Picture::new();
    while !life.shared.stopping.is_cancelled() && !life.lost.is_cancelled() {
        match picture.claim(life).await {
            Ok(Claimed::Some) => {}
            Ok(Claimed::NoRoom) => wait_for_room(life).await,
            Ok(Claimed::NoWork) => picture.wait_for_work(life).await,
            Err(error) => {
                report(&error);
                wait(life, life.shared.clock.sleep(life.shared.options.poll_interval)).await;
            }
        }
    }
}

/// Claims and plays until nothing is due and nothing is played; returns how many times a run was played.
pub(super) async fn until_idle(life: &Arc<Life>) -> u64 {
    let mut picture = Picture::new();
    while !life.lost.is_cancelled() {
        if life.shared.stopping.is_cancelled() {
            // What is given back now is due at once, for others.
            match life.active() {
                0 => break,
                _ => life.freed.notified().await,
            }
            continue;
        }
        picture.fresh_until = None;
        match picture.claim(life).await {
            Ok(Claimed::Some) => {}
            Ok(Claimed::NoRoom) => tokio::select! {
                biased;
                () = life.freed.notified() => {}
                () = life.shared.clock.sleep(life.shared.options.poll_interval) => {}
            },
            Ok(Claimed::NoWork) if life.active() > 0 => life.freed.notified().await,
            Ok(Claimed::NoWork) => break,
            Err(error) => {
                report(&error);
                if life.active() == 0 {
                    break;
                }
                life.freed.notified().await;
            }
        }
    }
    life.played.load(Ordering::Relaxed)
}

/// What came of looking for work once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claimed {
    /// Something, or others were quicker: there may be more.
    Some,
    /// There may be work, and there is no room for it.
    NoRoom,
    NoWork,
}

impl Picture {
    fn new() -> Self {
        Self {
            fairness: Fairness::default(),
            busy: Vec::new(),
            seen_up_to: None,
            next_due: None,
            fresh_until: None,
        }
    }

    /// Claims as many runs as there is room for and starts to play them.
    async fn claim(&mut self, life: &Arc<Life>) -> Result<Claimed, StoreError> {
        let free = free_slots(life);
        if free == 0 {
            return Ok(Claimed::NoRoom);
        }
        self.look(life).await?;
        let quotas = self.fairness.share_out(&self.busy, free);
        if quotas.is_empty() {
            return Ok(Claimed::NoWork);
        }
        life.claims.fetch_add(1, Ordering::SeqCst);
        let asked = life.shared.clock.monotonic();
        let claimed = claim(life, &quotas).await;
        if let Ok(claimed) = &claimed {
            let took = life.shared.clock.monotonic().saturating_sub(asked);
            life.shared.counters.claimed(claimed.len(), took);
            self.forget_the_served(&quotas, claimed);
            claimed.iter().cloned().for_each(|run| life.play(run));
        }
        life.claims.fetch_add(1, Ordering::SeqCst);
        claimed.map(|_| Claimed::Some)
    }

    /// Looks who has work, unless the picture is fresh and shows some.
    async fn look(&mut self, life: &Life) -> Result<(), StoreError> {
        let shared = &life.shared;
        let at = shared.clock.monotonic();
        if self.fresh_until.is_some_and(|until| at < until) && !self.busy.is_empty() {
            return Ok(());
        }
        let after = self.seen_up_to.clone();
        let look = || shared.store.due(shared.now(), after.as_ref(), LOOK);
        let answer = tokio::select! {
            biased;
            () = shared.stopping.cancelled() => {
                self.busy.clear();
                return Ok(());
            }
            () = life.lost.cancelled() => {
                self.busy.clear();
                return Ok(());
            }
            answer = shared.insist("look for due runs", look) => answer?,
        };
        (self.busy, self.next_due) = answer;
        self.seen_up_to = self.busy.last().cloned();
        let now = shared.clock.monotonic();
        let trusted = (now.saturating_sub(at) * LOOK_SHARE).min(shared.options.poll_interval).max(STALE);
        self.fresh_until = Some(now + trusted);
        Ok(())
    }

    /// Strikes off who had fewer runs than their quota: they have no more.
    fn forget_the_served(&mut self, quotas: &[Quota], claimed: &[ClaimedRun]) {
        for quota in quotas {
            let is_theirs =
                |run: &&ClaimedRun| run.run.workspace == quota.workspace && run.class == quota.class;
            if claimed.iter().filter(is_theirs).count() < quota.limit.get() as usize {
                self.busy.retain(|due| due.workspace != quota.workspace || due.class != quota.class);
            }
        }
    }

    /// Waits until something may be due.
    async fn wait_for_work(&self, life: &Life) {
        let shared = &life.shared;
        let poll = shared.now() + delta(shared.options.poll_interval);
        let until = self.next_due.map_or(poll, |next| next.min(poll));
        wait(life, async {
            tokio::select! {
                biased;
                () = shared.work.notified() => {}
                () = shared.clock.sleep_until(until) => {}
            }
        })
        .await;
    }
}

/// Waits until a run ended or was parked, then a moment for company.
async fn wait_for_room(life: &Life) {
    let shared = &life.shared;
    wait(life, async {
        tokio::select! {
            biased;
            () = life.freed.notified() => {}
            () = shared.clock.sleep(shared.options.poll_interval) => return,
        }
        if free_slots(life) < shared.options.max_runs / 4 {
            shared.clock.sleep(COMPANY).await;
        }
    })
    .await;
}

/// Waits for `something`, but not when the engine stops or the lease is lost.
async fn wait(life: &Life, something: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = life.shared.stopping.cancelled() => {}
        () = life.lost.cancelled() => {}
        () = something => {}
    }
}

fn report(error: &StoreError) {
    tracing::warn!(error = error as &dyn std::error::Error, "claim: the store refuses");
}

/// Returns for how many more runs there is room; none while the recorder is full.
fn free_slots(life: &Life) -> u32 {
    if life.recorder.is_full() {
        return 0;
    }
    let active = u32::try_from(life.active()).unwrap_or(u32::MAX);
    life.shared.options.max_runs.saturating_sub(active)
}

/// Claims; after an uncertain answer asks until the store says what the claim took.
async fn claim(life: &Life, quotas: &[Quota]) -> Result<Vec<ClaimedRun>, StoreError> {
    let shared = &life.shared;
    let id = shared.new_claim_id();
    let claim = async {
        match shared.store.claim(life.worker, id, shared.now(), quotas).await {
            Err(error) if error.is_retryable() => {
                shared.insist("claim", || shared.store.claimed(life.worker, id)).await
            }
            answer => answer,
        }
    };
    tokio::select! {
        biased;
        answer = claim => answer,
        // The runs stay with this worker's id, from whom they are reclaimed.
        () = life.lost.cancelled() => Ok(Vec::new()),
    }
}
