//! The lease: says regularly that the worker lives, and stops it when that cannot be said.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use super::life::Life;
use crate::{
    domain::{Disposition, RunId, RunRecord},
    ports::store::{OwnedRun, StoreError},
};

/// Renews the lease until it is lost. A worker that has not been heard for two thirds of its time to live stops by
/// itself, well before anybody takes it for dead.
pub(super) async fn keep(life: &Life) {
    let shared = &life.shared;
    let patience = shared.options.worker_ttl * 2 / 3;
    let mut heard = shared.clock.monotonic();
    let mut strangers = BTreeSet::new();
    loop {
        tokio::select! {
            biased;
            () = life.renew_now.notified() => {}
            () = shared.clock.sleep(shared.options.renew_interval) => {}
        }
        let asked = shared.clock.monotonic();
        let was_claiming = life.claiming.load(Ordering::SeqCst);
        let left = patience.saturating_sub(asked.saturating_sub(heard));
        let renew = shared.insist("renew lease", || shared.store.renew_worker(life.worker, shared.now()));
        let answer = tokio::select! {
            biased;
            answer = renew => answer,
            () = shared.clock.sleep(left) => {
                tracing::warn!(worker = %life.worker, "the lease could not be renewed in time: the worker stops its runs");
                return life.lost.cancel();
            }
        };
        let slow = shared.clock.monotonic().saturating_sub(heard) > patience;
        match answer {
            Ok(Some(owned)) if !slow => {
                heard = asked;
                let found = life.reconcile(&owned);
                let is_claiming = was_claiming || life.claiming.load(Ordering::SeqCst);
                strangers = give_back(life, found, &strangers, is_claiming).await;
            }
            Ok(_) => {
                tracing::warn!(worker = %life.worker, "the worker was taken for dead: it stops its runs");
                return life.lost.cancel();
            }
            Err(error) => report(&error),
        }
    }
}

/// Gives back runs that the store calls ours and nobody here plays, once they were seen twice in a row. Returns those
/// that were seen.
async fn give_back(
    life: &Life,
    found: Vec<OwnedRun>,
    seen_before: &BTreeSet<(RunId, u32)>,
    is_claiming: bool,
) -> BTreeSet<(RunId, u32)> {
    let mut seen = BTreeSet::new();
    for run in found.into_iter().filter(|_| !is_claiming) {
        let id = (run.run.run_id, run.claim_no);
        seen.insert(id);
        if seen_before.contains(&id)
            && let Err(error) = hand_back(life, run).await
        {
            report(&error);
        }
    }
    seen
}

async fn hand_back(life: &Life, owned: OwnedRun) -> Result<(), StoreError> {
    let shared = &life.shared;
    let history = shared.store.history(std::slice::from_ref(&owned.run)).await?;
    let seq = history.first().map_or(0, |history| history.seq).saturating_add(1);
    let disposition = Disposition::Park { wake_at: Some(shared.now()), signals_seen: owned.signals };
    let record = RunRecord {
        run: owned.run,
        claim_no: owned.claim_no,
        worker: life.worker,
        seq,
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
