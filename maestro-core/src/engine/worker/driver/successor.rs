//! What a run leaves to others when it ends: the orchestra that plays next, the runs that were held behind it.

use crate::{
    domain::{Class, Finish, OrchestraId, RunId, RunRef, Trigger},
    engine::{enlist, worker::life::Life},
    ports::store::{ClaimedRun, StoreError},
};

/// Lets runs go that were held behind one that ended.
pub(super) async fn promote(life: &Life, run: &RunRef) {
    let shared = &life.shared;
    let promoted = enlist::promote(shared, &run.workspace, &run.orchestra_id).await;
    if let Err(error) = promoted {
        // The sweep will do it.
        tracing::warn!(error = &error as &dyn std::error::Error, "promote: the store refuses");
    }
}

/// Returns the orchestra that plays when this run has ended well.
pub(super) async fn of(life: &Life, run: &RunRef) -> Result<Option<OrchestraId>, StoreError> {
    let shared = &life.shared;
    let read = || shared.store.orchestra(&run.workspace, &run.orchestra_id);
    match shared.insist("read orchestra", read).await {
        Ok(state) => Ok(state.orchestra.on_finish.map(|next| next.orchestra_id)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Enqueues the run that follows a run which ended well, before the end is recorded: should the process die between the
/// two, the end is recorded again and asks for the very same run.
pub(super) async fn enqueue(life: &Life, claimed: &ClaimedRun, next: &OrchestraId, finish: &Finish) {
    let shared = &life.shared;
    let workspace = &claimed.run.workspace;
    let order = enlist::Order {
        run_id: following(claimed.run.run_id),
        trigger: Trigger::Finish { of: claimed.run.run_id },
        class: Class::Normal,
        input: finish.result.clone().unwrap_or_default(),
        due_at: shared.now(),
        key: None,
    };
    let enqueued = shared
        .insist("play next orchestra", || enlist::enqueue(shared, workspace, next, order.clone()))
        .await;
    match enqueued {
        Ok(()) => shared.work.notify_one(),
        // The orchestra or its score is gone: this run is no worse for it.
        Err(error) => {
            tracing::error!(orchestra = %next, error = &error as &dyn std::error::Error, "the next orchestra cannot play");
        }
    }
}

/// Returns the id of the run that follows `run`: always the same one, with the same time in it.
fn following(run: RunId) -> RunId {
    const RANDOM: u128 = (1 << 62) - 1;
    let random = run.as_u128() & RANDOM;
    let next = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F) & RANDOM;
    RunId::from_u128(run.as_u128() & !RANDOM | next)
}
