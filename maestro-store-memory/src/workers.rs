//! The role that knows which workers live, and which workspaces are paused.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, WorkerId, WorkspaceId},
    ports::store::{ConflictReason, OwnedRun, StoreError, WorkerStore, WorkspaceState},
};

use crate::{MemoryStore, state::State};

/// Every worker that was not forgotten.
#[derive(Default)]
pub(crate) struct Workers {
    rows: BTreeMap<WorkerId, Life>,
}

/// Whether a worker lives. The dead stay dead.
#[derive(Clone, Copy)]
enum Life {
    Alive { renewed_at: DateTime<Utc> },
    Dead,
}

impl Workers {
    /// Makes a worker known; tells whether it lives.
    fn register(&mut self, worker: WorkerId, now: DateTime<Utc>) -> bool {
        self.rows.entry(worker).or_insert(Life::Alive { renewed_at: now });
        self.renew(worker, now)
    }

    /// Renews a worker that is known; tells whether it lives. A call that was under way for long sets nothing back.
    fn renew(&mut self, worker: WorkerId, now: DateTime<Utc>) -> bool {
        match self.rows.get_mut(&worker) {
            Some(Life::Alive { renewed_at }) => {
                *renewed_at = now.max(*renewed_at);
                true
            }
            Some(Life::Dead) | None => false,
        }
    }

    fn bury(&mut self, before: DateTime<Utc>) -> Vec<WorkerId> {
        for life in self.rows.values_mut() {
            if matches!(life, Life::Alive { renewed_at } if *renewed_at < before) {
                *life = Life::Dead;
            }
        }
        let dead = self.rows.iter().filter(|(_, life)| matches!(life, Life::Dead));
        dead.map(|(worker, _)| *worker).collect()
    }
}

impl State {
    fn forget_worker(&mut self, worker: WorkerId) {
        if self.index.owned_by(worker).next().is_some() {
            self.workers.rows.insert(worker, Life::Dead);
        } else {
            self.workers.rows.remove(&worker);
        }
    }
}

#[async_trait]
impl WorkerStore for MemoryStore {
    async fn register_worker(&self, worker: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let lives = self.write(|state, _| state.workers.register(worker, now));
        if lives { Ok(()) } else { Err(StoreError::conflict("worker", worker, ConflictReason::Ended)) }
    }

    async fn renew_worker(
        &self,
        worker: WorkerId,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnedRun>>, StoreError> {
        Ok(self.write(|state, _| state.workers.renew(worker, now).then(|| state.owned(worker))))
    }

    async fn dead_workers(&self, before: DateTime<Utc>) -> Result<Vec<WorkerId>, StoreError> {
        Ok(self.write(|state, _| {
            // Its claim came after it was forgotten.
            for owner in state.index.owners() {
                state.workers.rows.entry(*owner).or_insert(Life::Dead);
            }
            state.workers.bury(before)
        }))
    }

    async fn forget_workers(&self, workers: &[WorkerId]) -> Result<(), StoreError> {
        self.write(|state, _| workers.iter().for_each(|worker| state.forget_worker(*worker)));
        Ok(())
    }

    async fn pause_workspace(
        &self,
        workspace: &WorkspaceId,
        paused: Option<(&Actor, DateTime<Utc>)>,
    ) -> Result<(), StoreError> {
        self.write(|state, news| {
            match paused {
                Some((actor, at)) => {
                    state.index.queues.pause(workspace);
                    state.paused.insert(workspace.clone(), (actor.clone(), at));
                }
                None => {
                    state.index.queues.resume(workspace);
                    state.paused.remove(workspace);
                }
            }
            news.workspace(workspace);
        });
        Ok(())
    }

    async fn workspace(&self, workspace: &WorkspaceId) -> Result<WorkspaceState, StoreError> {
        Ok(self.read(|state| WorkspaceState { paused: state.paused.get(workspace).cloned() }))
    }
}
