//! Waking runs that wait for the budget of the day, once somebody has edited it.

use std::collections::BTreeMap;

use super::shared::Shared;
use crate::{
    domain::{Actor, RunId, Signal, SignalId, SignalKind, WorkspaceId},
    ports::store::StoreError,
};

/// So many runs are woken at once; those that are left the next sweep wakes.
const BATCH: u32 = 500;

/// Tells every run that has waited for the budget since before an edit to look again; returns how many there are.
///
/// Called after an edit, and by every sweep: a run that was about to wait while the settings were edited would otherwise
/// wait until the next day. A run is told once of an edit, however often this is repeated.
pub(super) async fn wake(shared: &Shared) -> Result<u64, StoreError> {
    let mut revisions: BTreeMap<WorkspaceId, u32> = BTreeMap::new();
    let waits = shared.store.budget_waits(BATCH).await?;
    let mut woken = 0;
    for (workspace, run_id) in waits {
        let revision = match revisions.get(&workspace) {
            Some(revision) => *revision,
            None => {
                let revision = shared.store.settings(&workspace).await?.revision;
                *revisions.entry(workspace.clone()).or_insert(revision)
            }
        };
        let id = signal_of(run_id, revision);
        let signal = Signal { id, kind: SignalKind::Wake, actor: Actor::engine(), at: shared.now() };
        match shared.store.signal(&workspace, run_id, &signal).await {
            Ok(()) => woken += 1,
            Err(StoreError::NotFound { .. } | StoreError::Conflict { .. }) => {} // it has ended since
            Err(error) => return Err(error),
        }
    }
    if woken > 0 {
        shared.work.notify_one();
    }
    Ok(woken)
}

/// Returns the id of the signal that tells a run of an edit: always the same one.
fn signal_of(run_id: RunId, revision: u32) -> SignalId {
    let salt = u128::from(revision).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    SignalId::from_u128(run_id.as_u128() ^ salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_once_of_each_edit() {
        let run = RunId::from_u128(7);
        assert_eq!(signal_of(run, 1), signal_of(run, 1));
        assert_ne!(signal_of(run, 1), signal_of(run, 2));
        assert_ne!(signal_of(run, 1), signal_of(RunId::from_u128(8), 1));
    }
}
