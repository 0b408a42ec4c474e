//! Maintenance: takes runs from dead workers, lets runs go that nobody let go, and deletes what is old.

use std::{sync::Arc, time::Duration};

use super::{
    budget_waits,
    shared::{Shared, before},
};
use crate::ports::store::StoreError;

/// So many rows are touched by one call of the store.
const BATCH: u32 = 500;
/// So many orchestras with held runs are looked at in one sweep.
const HELD: u32 = 10_000;
/// Old records are deleted every six times as long as there is from sweep to sweep; by default once a minute.
const PRUNE_EVERY: u32 = 6;
/// The pause between two batches of deletions, so that they crowd out nobody.
const PRUNE_PAUSE: Duration = Duration::from_millis(50);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Workers that were found dead.
    pub(crate) dead: usize,
    /// Runs that were taken from them.
    pub(crate) reclaimed: u64,
    /// Held runs that were let go.
    pub(crate) promoted: u64,
}

/// Sweeps and deletes until the engine stops. Neither waits for the other: who died is found while a million old runs go.
/// Dropping the future is safe.
pub(crate) async fn run(shared: Arc<Shared>) {
    let sweeps = shared.options.sweep_interval;
    tokio::join!(
        regularly(&shared, sweeps, "sweep", || sweep(&shared)),
        regularly(&shared, sweeps.saturating_mul(PRUNE_EVERY), "deletion of old records", || prune_all(
            &shared
        )),
    );
}

/// Does something again and again. That it fails is logged when it is the first time to do so; it goes on.
async fn regularly<F: Future<Output = Result<(), StoreError>>>(
    shared: &Shared,
    every: Duration,
    what: &str,
    work: impl Fn() -> F,
) {
    let mut fails = false;
    loop {
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            done = work() => {
                if let Err(error) = &done && !fails {
                    let error = error as &dyn std::error::Error;
                    tracing::warn!(error, "a {what} failed; the next one goes on");
                }
                fails = done.is_err();
            }
        }
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            () = shared.clock.sleep(every) => {}
        }
    }
}

async fn sweep(shared: &Shared) -> Result<(), StoreError> {
    let Swept { dead, reclaimed, .. } = pass(shared).await?;
    if dead > 0 {
        tracing::warn!(dead, reclaimed, "took runs from workers that fell silent");
    }
    Ok(())
}

/// Takes runs from dead workers, lets held runs go that may, and wakes those that wait for a budget which was edited.
/// Repeating it is safe.
pub(crate) async fn pass(shared: &Shared) -> Result<Swept, StoreError> {
    let (dead, reclaimed) = reclaim(shared).await?;
    let promoted = promote(shared).await?;
    budget_waits::wake(shared).await?;
    if reclaimed + promoted > 0 {
        shared.work.notify_one();
    }
    Ok(Swept { dead, reclaimed, promoted })
}

async fn reclaim(shared: &Shared) -> Result<(usize, u64), StoreError> {
    let dead = shared.store.dead_workers(before(shared.now(), shared.options.worker_ttl)).await?;
    if dead.is_empty() {
        return Ok((0, 0));
    }
    let mut reclaimed = 0;
    loop {
        match shared.store.reclaim(&dead, shared.now(), BATCH).await? {
            0 => break,
            some => reclaimed += u64::from(some),
        }
    }
    shared.counters.recovered(reclaimed);
    shared.store.forget_workers(&dead).await?;
    Ok((dead.len(), reclaimed))
}

/// Whoever ends a run lets go what waits for it; this finds what a crash between the two left behind.
async fn promote(shared: &Shared) -> Result<u64, StoreError> {
    let mut promoted = 0;
    for (workspace, id) in shared.store.held(HELD).await? {
        let orchestra = match shared.store.bare_orchestra(&workspace, &id).await {
            Ok(orchestra) => orchestra,
            Err(error) if error.is_retryable() => return Err(error),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(%workspace, orchestra = %id, error, "runs of an orchestra are held that cannot be read");
                continue;
            }
        };
        let let_go = shared.store.promote(&workspace, &id, orchestra.max_concurrent_runs).await?;
        promoted += u64::from(let_go);
    }
    Ok(promoted)
}

/// Deletes some of the ended runs, ledger rows, keys and costs that are older than they are kept; returns how many. None is left
/// when it returns 0.
pub(crate) async fn prune(shared: &Shared) -> Result<u32, StoreError> {
    let now = shared.now();
    let oldest = before(now, shared.options.retention);
    let runs = shared.store.prune_runs(oldest, now, BATCH).await?;
    let firings = shared.store.prune_firings(oldest, BATCH).await?;
    let costs = shared.store.prune_costs(before(now, shared.options.cost_retention), BATCH).await?;
    Ok(runs + firings + costs)
}

async fn prune_all(shared: &Shared) -> Result<(), StoreError> {
    while prune(shared).await? > 0 {
        shared.clock.sleep(PRUNE_PAUSE).await;
    }
    Ok(())
}
