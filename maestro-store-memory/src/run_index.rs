//! Where runs stand: every index that follows from their rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Finish, LiveCount, LiveRun, LiveState, OrchestraId, RunId, RunRef, WorkerId, WorkspaceId},
    ports::store::DueClass,
};

use crate::{
    by_workspace::ByWorkspace,
    queues::Queues,
    run_row::{End, RunRow},
    state::{OrchestraKey, RunKey},
};

/// The indexes of runs.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct RunIndex {
    pub(crate) queues: Queues,
    owned: BTreeMap<WorkerId, BTreeSet<RunKey>>,
    orchestras: ByWorkspace<OrchestraId, OrchestraRuns>,
    holding: BTreeSet<OrchestraKey>,
    finished: BTreeSet<(DateTime<Utc>, RunKey)>,
}

/// The runs of one orchestra.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
struct OrchestraRuns {
    all: BTreeSet<RunId>,
    held: BTreeSet<RunId>,
    active: u64,
}

impl RunIndex {
    /// Takes in a new run.
    pub(crate) fn enter(&mut self, live: &LiveRun) {
        let run = &live.run;
        self.orchestras.entry(&run.workspace, run.orchestra_id.clone()).or_default().all.insert(run.run_id);
        self.place(live);
    }

    /// Gives a run its next live row.
    pub(crate) fn replace(&mut self, row: &mut RunRow, next: LiveRun) {
        let last = row.replace(next);
        if last.state != row.live.state {
            self.displace(&last);
            self.place(&row.live);
        }
    }

    /// Ends a run; `last` is its last live row.
    pub(crate) fn end(&mut self, row: &mut RunRow, last: LiveRun, finish: Finish, now: DateTime<Utc>) {
        let before = row.replace(LiveRun { state: LiveState::Due { at: None }, ..last });
        self.displace(&before);
        row.end = Some(Box::new(End { finish, at: now }));
        self.finished.insert((now, RunKey::of(&row.live.run)));
    }

    /// Makes an ended run live again.
    pub(crate) fn reopen(&mut self, row: &mut RunRow, next: LiveRun) {
        if let Some(end) = row.reopen(next) {
            self.finished.remove(&(end.at, RunKey::of(&row.live.run)));
        }
        self.place(&row.live);
    }

    /// Drops an ended run.
    pub(crate) fn forget(&mut self, run: &RunRef, finished_at: DateTime<Utc>) {
        self.finished.remove(&(finished_at, RunKey::of(run)));
        let Some(runs) = self.orchestras.get_mut(&run.workspace, &run.orchestra_id) else { return };
        runs.all.remove(&run.run_id);
        if runs.all.is_empty() {
            self.orchestras.remove(&run.workspace, &run.orchestra_id);
        }
    }

    /// Returns the same names as texts that the store already has, where it does.
    pub(crate) fn shared(&self, run: &RunRef) -> RunRef {
        match self.orchestras.names(&run.workspace, &run.orchestra_id) {
            Some((workspace, orchestra)) => {
                RunRef { workspace: workspace.clone(), orchestra_id: orchestra.clone(), run_id: run.run_id }
            }
            None => run.clone(),
        }
    }

    pub(crate) fn count(&self, workspace: &WorkspaceId, orchestra: &OrchestraId) -> LiveCount {
        let runs = self.orchestras.get(workspace, orchestra);
        runs.map_or(LiveCount::default(), |runs| LiveCount {
            active: runs.active,
            held: runs.held.len() as u64,
        })
    }

    pub(crate) fn first_held(&self, workspace: &WorkspaceId, orchestra: &OrchestraId) -> Option<RunId> {
        self.orchestras.get(workspace, orchestra)?.held.first().copied()
    }

    pub(crate) fn holding(&self) -> impl Iterator<Item = &OrchestraKey> {
        self.holding.iter()
    }

    /// Walks over the runs of an orchestra with ids below `before`, the newest first.
    pub(crate) fn runs_before(
        &self,
        workspace: &WorkspaceId,
        orchestra: &OrchestraId,
        before: Option<RunId>,
    ) -> impl Iterator<Item = RunId> {
        let runs = self.orchestras.get(workspace, orchestra);
        let end = before.map_or(Unbounded, Excluded);
        runs.map(|runs| runs.all.range((Unbounded, end)).rev().copied()).into_iter().flatten()
    }

    /// Walks over the runs that a worker owns.
    pub(crate) fn owned_by(&self, worker: WorkerId) -> impl Iterator<Item = &RunKey> {
        self.owned.get(&worker).into_iter().flatten()
    }

    /// Returns every worker that owns a run.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &WorkerId> {
        self.owned.keys()
    }

    /// Returns the run that ended first, if that was before `before`.
    pub(crate) fn first_finished(&self, before: DateTime<Utc>) -> Option<RunKey> {
        self.finished.first().filter(|(at, _)| *at < before).map(|(_, run)| run.clone())
    }

    /// Returns the indexes as `rows` demand them.
    #[cfg(test)]
    pub(crate) fn rebuilt<'a>(&self, rows: impl Iterator<Item = &'a RunRow>) -> Self {
        let mut index = Self { queues: self.queues.emptied(), ..Self::default() };
        for row in rows {
            index.enter(&row.live);
            if let Some(end) = &row.end {
                index.displace(&row.live);
                index.finished.insert((end.at, RunKey::of(&row.live.run)));
            }
        }
        index
    }

    fn place(&mut self, live: &LiveRun) {
        match &live.state {
            LiveState::Due { at: Some(at) } => self.queues.insert(&queue_of(live), *at, live.run.run_id),
            LiveState::Due { at: None } => {}
            LiveState::Owned { worker, .. } => {
                self.owned.entry(*worker).or_default().insert(RunKey::of(&live.run));
            }
            LiveState::Held { .. } => {
                self.holding.insert(OrchestraKey::of(&live.run));
            }
        }
        let Some(runs) = self.orchestras.get_mut(&live.run.workspace, &live.run.orchestra_id) else { return };
        match &live.state {
            LiveState::Due { .. } | LiveState::Owned { .. } => runs.active += 1,
            LiveState::Held { .. } => drop(runs.held.insert(live.run.run_id)),
        }
    }

    fn displace(&mut self, live: &LiveRun) {
        let Some(runs) = self.orchestras.get_mut(&live.run.workspace, &live.run.orchestra_id) else { return };
        match &live.state {
            LiveState::Due { .. } | LiveState::Owned { .. } => runs.active -= 1,
            LiveState::Held { .. } => drop(runs.held.remove(&live.run.run_id)),
        }
        let holds = !runs.held.is_empty();
        match &live.state {
            LiveState::Due { at: Some(at) } => self.queues.remove(&queue_of(live), *at, live.run.run_id),
            LiveState::Due { at: None } => {}
            LiveState::Owned { worker, .. } => self.disown(*worker, &live.run),
            LiveState::Held { .. } if holds => {}
            LiveState::Held { .. } => drop(self.holding.remove(&OrchestraKey::of(&live.run))),
        }
    }

    fn disown(&mut self, worker: WorkerId, run: &RunRef) {
        let Some(runs) = self.owned.get_mut(&worker) else { return };
        runs.remove(&RunKey::of(run));
        if runs.is_empty() {
            self.owned.remove(&worker);
        }
    }
}

fn queue_of(live: &LiveRun) -> DueClass {
    DueClass { workspace: live.run.workspace.clone(), class: live.class }
}
