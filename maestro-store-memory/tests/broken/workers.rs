//! Workers, pauses and changes, told wrongly.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, NewRun, WorkerId, WorkspaceId},
    ports::store::{
        Change, ChangeStream, Changed, EventStore, OwnedRun, StoreError, WorkerStore, WorkspaceState,
    },
};
use tokio::sync::broadcast;

use crate::{breach::Breach, store::BrokenStore};

#[async_trait]
impl WorkerStore for BrokenStore {
    async fn register_worker(&self, worker: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.memo().registered.insert(worker);
        self.inner.register_worker(worker, now).await
    }

    async fn renew_worker(
        &self,
        worker: WorkerId,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnedRun>>, StoreError> {
        // A renewal that comes late sets nothing back, so one of long ago is none.
        let now = if self.has(Breach::RenewalUnwritten) { DateTime::<Utc>::UNIX_EPOCH } else { now };
        let mut owned = self.inner.renew_worker(worker, now).await?;
        match self.breach {
            Breach::DeadRevived => owned = owned.or(Some(Vec::new())),
            Breach::RenewalForgetsSignals => owned.iter_mut().flatten().for_each(|run| run.signals = 0),
            _ => {}
        }
        Ok(owned)
    }

    async fn dead_workers(&self, before: DateTime<Utc>) -> Result<Vec<WorkerId>, StoreError> {
        let mut dead = self.inner.dead_workers(before).await?;
        let mut memo = self.memo();
        match self.breach {
            Breach::DeadToldOnce => dead.retain(|worker| memo.dead.insert(*worker)),
            Breach::LateClaimOrphaned => dead.retain(|worker| memo.registered.contains(worker)),
            Breach::BusyForgotten => dead.retain(|worker| !memo.dead.contains(worker)),
            _ => {}
        }
        Ok(dead)
    }

    async fn forget_workers(&self, workers: &[WorkerId]) -> Result<(), StoreError> {
        self.memo().registered.retain(|worker| !workers.contains(worker));
        if self.has(Breach::BusyForgotten) {
            self.memo().dead.extend(workers);
        }
        self.inner.forget_workers(workers).await
    }

    async fn pause_workspace(
        &self,
        workspace: &WorkspaceId,
        paused: Option<(&Actor, DateTime<Utc>)>,
    ) -> Result<(), StoreError> {
        let nobody = Actor::engine();
        let paused =
            paused.map(|(actor, at)| (if self.has(Breach::PauseForgetsActor) { &nobody } else { actor }, at));
        if self.has(Breach::PauseIgnored) {
            let state = WorkspaceState { paused: paused.map(|(actor, at)| (actor.clone(), at)) };
            self.memo().pauses.insert(workspace.clone(), state);
            return self.inner.pause_workspace(workspace, None).await;
        }
        self.inner.pause_workspace(workspace, paused).await
    }

    async fn workspace(&self, workspace: &WorkspaceId) -> Result<WorkspaceState, StoreError> {
        let noted = self.memo().pauses.get(workspace).cloned();
        match noted {
            Some(state) => Ok(state),
            None => self.inner.workspace(workspace).await,
        }
    }
}

/// Hears what is told early beside what is told in time.
struct BrokenStream {
    inner: Box<dyn ChangeStream>,
    early: broadcast::Receiver<Change>,
    breach: Breach,
}

#[async_trait]
impl ChangeStream for BrokenStream {
    async fn next(&mut self) -> Option<Change> {
        loop {
            let change = tokio::select! {
                biased;
                Ok(early) = self.early.recv() => Some(early),
                change = self.inner.next() => change,
            };
            let is_swallowed = matches!(
                (self.breach, change.as_ref().map(|change| &change.changed)),
                (Breach::AgentsUntold, Some(Changed::Agent(_)))
                    | (Breach::DueUntold, Some(Changed::Due))
                    | (Breach::SignalsUntold, Some(Changed::Signal { .. }))
            );
            if !is_swallowed {
                return change;
            }
        }
    }
}

#[async_trait]
impl EventStore for BrokenStore {
    async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError> {
        let inner = self.inner.changes().await?;
        Ok(Box::new(BrokenStream { inner, early: self.early.subscribe(), breach: self.breach }))
    }
}

impl BrokenStore {
    /// Tells of new runs before there are any.
    pub(crate) async fn tell_early(&self, runs: &[NewRun]) {
        if !self.has(Breach::ToldEarly) {
            return;
        }
        for new in runs {
            let changed = Changed::Run { orchestra_id: new.run.orchestra_id.clone(), run_id: new.run.run_id };
            drop(self.early.send(Change { workspace: new.run.workspace.clone(), changed }));
        }
        tokio::task::yield_now().await;
    }
}
