//! The lease: says regularly that the worker lives, and stops it when that cannot be said.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use super::life::Life;
use crate::{
    domain::{Disposition, RunId, RunRecord},
    ports::store::{OwnedRun, StoreError},
};

/// Renews the lease until it is lost. A worker that has not been heard for two thirds of its time to live stops by
/// itself, well before anybody takes it for dead.
pub(super) async fn keep(life: &Life) {
    let shared = &life.shared;
    let mut strangers = Strangers::default();
    loop {
        tokio::select! {
            biased;
            () = life.renew_now.notified() => {}
            () = shared.clock.sleep(shared.options.renew_interval.min(life.time_left())) => {}
        }
        let claims = life.claims.load(Ordering::SeqCst);
        let mut asked = Duration::ZERO;
        let renew = || {
            asked = shared.clock.monotonic();
            shared.store.renew_worker(life.worker, shared.now())
        };
        let answer = tokio::select! {
            biased;
            answer = shared.insist("renew lease", renew) => answer,
            () = shared.clock.sleep(life.time_left()) => {
                tracing::warn!(worker = %life.worker, "the lease could not be renewed in time: the worker stops its runs");
                return life.lost.cancel();
            }
        };
        match answer {
            Ok(Some(owned)) if !life.time_left().is_zero() => {
                life.was_heard(asked);
                let found = life.reconcile(&owned);
                // No longer than until the next renewal.
                tokio::select! {
                    biased;
                    () = strangers.give_back(life, found, claims) => {}
                    () = shared.clock.sleep(shared.options.renew_interval) => {}
                }
            }
            Ok(_) => {
                tracing::warn!(worker = %life.worker, "the worker was taken for dead: it stops its runs");
                return life.lost.cancel();
            }
            Err(error) => report(&error),
        }
    }
}

/// Runs that the store calls ours and nobody here plays: what a claim took whose answer said otherwise, or what a driver
/// left that could not go on.
#[derive(Default)]
struct Strangers(BTreeMap<(RunId, u32), Stranger>);

#[derive(Clone, Copy)]
struct Stranger {
    /// The count of claims when it was seen first: it may be of the one that was under way then.
    seen_at: u64,
    /// Whether it could not be given back.
    stuck: bool,
}

impl Strangers {
    /// Gives back those that were seen before and that no claim under way can bring. `claims` was counted before the
    /// store was asked.
    async fn give_back(&mut self, life: &Life, found: Vec<OwnedRun>, claims: u64) {
        let now = life.claims.load(Ordering::SeqCst);
        let before = std::mem::take(&mut self.0);
        for run in found {
            let id = (run.run.run_id, run.claim_no);
            let Some(mut stranger) = before.get(&id).copied() else {
                self.0.insert(id, Stranger { seen_at: now, stuck: false });
                continue;
            };
            let is_ours_to_come = stranger.seen_at % 2 == 1 && claims == stranger.seen_at;
            if !is_ours_to_come && let Err(error) = hand_back(life, run).await {
                if !stranger.stuck {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(run_id = %id.0, error, "a run that nobody plays cannot be given back");
                }
                stranger.stuck = true;
            }
            self.0.insert(id, stranger);
        }
    }
}

/// Lets a run go that nobody plays. It is counted: what made its driver end without a word may do so again.
async fn hand_back(life: &Life, owned: OwnedRun) -> Result<(), StoreError> {
    let shared = &life.shared;
    let disposition = Disposition::Falter { wake_at: shared.now() };
    let record = RunRecord {
        run: owned.run,
        claim_no: owned.claim_no,
        worker: life.worker,
        seq: owned.seq.saturating_add(1),
        steps: Vec::new(),
        disposition,
    };
    shared.store.record(&[record], shared.now()).await?;
    shared.work.notify_one();
    Ok(())
}

fn report(error: &StoreError) {
    tracing::warn!(error = error as &dyn std::error::Error, "lease: the store refuses");
}
