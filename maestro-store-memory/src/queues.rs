//! The queues: runs that are due, by workspace and class, and the moments at which more will be.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Class, RunId, WorkspaceId},
    ports::store::{Backlog, DueClass},
};

/// Every queue that is not empty, with indexes over those of workspaces that are not paused.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Queues {
    queues: BTreeMap<DueClass, BTreeSet<(DateTime<Utc>, RunId)>>,
    paused: BTreeSet<WorkspaceId>,
    /// The latest moment that anybody asked about.
    horizon: DateTime<Utc>,
    /// Queues whose first run is due at the horizon.
    ready: BTreeSet<DueClass>,
    /// The others, by the time of their first run.
    later: BTreeSet<(DateTime<Utc>, DueClass)>,
    /// How many runs are due at each moment.
    moments: BTreeMap<DateTime<Utc>, u32>,
}

impl Queues {
    pub(crate) fn insert(&mut self, name: &DueClass, at: DateTime<Utc>, run: RunId) {
        let queue = self.queues.entry(name.clone()).or_default();
        let before = first(queue);
        queue.insert((at, run));
        let after = first(queue);
        if !self.paused.contains(&name.workspace) {
            self.moved(name, before, after);
            self.comes(at);
        }
    }

    pub(crate) fn remove(&mut self, name: &DueClass, at: DateTime<Utc>, run: RunId) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        let before = first(queue);
        queue.remove(&(at, run));
        let after = first(queue);
        if after.is_none() {
            self.queues.remove(name);
        }
        if !self.paused.contains(&name.workspace) {
            self.moved(name, before, after);
            self.goes(at);
        }
    }

    /// Returns the first runs of a queue that are due at `now`; none while the workspace is paused.
    pub(crate) fn due_runs(&self, name: &DueClass, now: DateTime<Utc>, limit: u32) -> Vec<RunId> {
        if self.paused.contains(&name.workspace) {
            return Vec::new();
        }
        let queue = self.queues.get(name).into_iter().flatten();
        queue.take_while(|(at, _)| *at <= now).map(|(_, run)| *run).take(limit as usize).collect()
    }

    /// Returns queues with runs due at `now`, those after `after` first.
    pub(crate) fn due(&mut self, now: DateTime<Utc>, after: Option<&DueClass>, limit: u32) -> Vec<DueClass> {
        self.look_at(now);
        let is_due = |name: &&DueClass| self.queues.get(*name).and_then(first).is_some_and(|at| at <= now);
        let (rest, start) = match after {
            Some(after) => (self.ready.range((Excluded(after), Unbounded)), Some(self.ready.range(..=after))),
            None => (self.ready.range::<DueClass, _>(..), None),
        };
        let round = rest.chain(start.into_iter().flatten());
        round.filter(is_due).take(limit as usize).cloned().collect()
    }

    /// Returns how much is due at `now`, and since when; of each queue only so many are counted.
    pub(crate) fn backlog(&self, now: DateTime<Utc>) -> Backlog {
        const MOST: usize = 1_000;
        let mut backlog = Backlog::default();
        for (_, queue) in self.queues.iter().filter(|(name, _)| !self.paused.contains(&name.workspace)) {
            let due = queue.iter().take_while(|(at, _)| *at <= now).take(MOST).count();
            if due > 0 {
                let oldest = first(queue);
                backlog.oldest_due_at =
                    backlog.oldest_due_at.map_or(oldest, |other| oldest.map(|at| at.min(other)));
                backlog.due += due as u64;
            }
        }
        backlog
    }

    /// Returns the first moment after `now` at which a run will be due.
    pub(crate) fn next_moment(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.moments.range((Excluded(now), Unbounded)).next().map(|(at, _)| *at)
    }

    pub(crate) fn pause(&mut self, workspace: &WorkspaceId) {
        if self.paused.contains(workspace) {
            return;
        }
        for (name, moments) in self.of(workspace) {
            self.moved(&name, moments.first().copied(), None);
            moments.into_iter().for_each(|at| self.goes(at));
        }
        self.paused.insert(workspace.clone());
    }

    pub(crate) fn resume(&mut self, workspace: &WorkspaceId) {
        if !self.paused.remove(workspace) {
            return;
        }
        for (name, moments) in self.of(workspace) {
            self.moved(&name, None, moments.first().copied());
            moments.into_iter().for_each(|at| self.comes(at));
        }
    }

    /// Returns the same without any run.
    #[cfg(test)]
    pub(crate) fn emptied(&self) -> Self {
        Self { paused: self.paused.clone(), horizon: self.horizon, ..Self::default() }
    }

    fn of(&self, workspace: &WorkspaceId) -> Vec<(DueClass, Vec<DateTime<Utc>>)> {
        let names = Class::ALL.iter().map(|class| DueClass { workspace: workspace.clone(), class: *class });
        let moments = |name: &DueClass| Some(self.queues.get(name)?.iter().map(|(at, _)| *at).collect());
        names.filter_map(|name| moments(&name).map(|moments| (name, moments))).collect()
    }

    /// Moves the horizon. What it passes is ready from then on, so that asking costs what the answer is long.
    fn look_at(&mut self, now: DateTime<Utc>) {
        self.horizon = self.horizon.max(now);
        while self.later.first().is_some_and(|(at, _)| *at <= self.horizon) {
            self.ready.extend(self.later.pop_first().map(|(_, name)| name));
        }
    }

    /// Follows the first run of a queue.
    fn moved(&mut self, name: &DueClass, before: Option<DateTime<Utc>>, after: Option<DateTime<Utc>>) {
        let is_ready = |at: &DateTime<Utc>| *at <= self.horizon;
        if before == after || (before.as_ref().is_some_and(is_ready) && after.as_ref().is_some_and(is_ready))
        {
            return;
        }
        match before {
            Some(at) if at <= self.horizon => drop(self.ready.remove(name)),
            Some(at) => drop(self.later.remove(&(at, name.clone()))),
            None => {}
        }
        match after {
            Some(at) if at <= self.horizon => drop(self.ready.insert(name.clone())),
            Some(at) => drop(self.later.insert((at, name.clone()))),
            None => {}
        }
    }

    fn comes(&mut self, at: DateTime<Utc>) {
        *self.moments.entry(at).or_default() += 1;
    }

    fn goes(&mut self, at: DateTime<Utc>) {
        let Some(count) = self.moments.get_mut(&at) else { return };
        *count -= 1;
        if *count == 0 {
            self.moments.remove(&at);
        }
    }
}

impl Default for Queues {
    fn default() -> Self {
        Self {
            queues: BTreeMap::new(),
            paused: BTreeSet::new(),
            horizon: DateTime::<Utc>::MIN_UTC,
            ready: BTreeSet::new(),
            later: BTreeSet::new(),
            moments: BTreeMap::new(),
        }
    }
}

fn first(queue: &BTreeSet<(DateTime<Utc>, RunId)>) -> Option<DateTime<Utc>> {
    queue.first().map(|(at, _)| *at)
}
