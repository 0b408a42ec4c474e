//! The table of orchestras and of their schedules.

use std::{
    collections::BTreeSet,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use maestro_core::domain::{Orchestra, OrchestraId, ScoreId, WorkspaceId};

use crate::by_workspace::ByWorkspace;

/// The number of an orchestra in this store. As little as an id it is ever given again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrchestraNo(u32);

/// Every orchestra there is or was.
#[derive(Default)]
pub(crate) struct Orchestras {
    numbers: ByWorkspace<OrchestraId, OrchestraNo>,
    /// By number; `None` for what was deleted.
    rows: Vec<Option<Arc<Orchestra>>>,
    /// The watermarks of enabled orchestras.
    schedules: BTreeSet<(DateTime<Utc>, OrchestraNo)>,
    /// How many orchestras play a score.
    plays: ByWorkspace<ScoreId, u32>,
}

impl Orchestras {
    /// Stores an orchestra under an id that was never used; tells whether it was.
    pub(crate) fn create(&mut self, orchestra: &Orchestra) -> bool {
        if self.number(&orchestra.workspace, &orchestra.id).is_some() {
            return false;
        }
        let number = u32::try_from(self.rows.len()).expect("four billion orchestras fit in no memory");
        let number = OrchestraNo(number);
        self.numbers.insert(&orchestra.workspace, orchestra.id.clone(), number);
        self.rows.push(None);
        self.put(number, Some(Arc::new(orchestra.clone())));
        true
    }

    /// Returns the number of an orchestra, deleted or not.
    pub(crate) fn number(&self, workspace: &WorkspaceId, id: &OrchestraId) -> Option<OrchestraNo> {
        self.numbers.get(workspace, id).copied()
    }

    pub(crate) fn get(&self, number: OrchestraNo) -> Option<&Arc<Orchestra>> {
        self.rows.get(number.0 as usize)?.as_ref()
    }

    pub(crate) fn find(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Option<(OrchestraNo, &Arc<Orchestra>)> {
        let number = self.number(workspace, id)?;
        Some((number, self.get(number)?))
    }

    /// Walks over the orchestras of a workspace in the order of ids, from after `after`.
    pub(crate) fn after(
        &self,
        workspace: &WorkspaceId,
        after: Option<&OrchestraId>,
    ) -> impl Iterator<Item = &Arc<Orchestra>> {
        let start = after.map_or(Unbounded, |after| Excluded(after.clone()));
        let numbers = self.numbers.range(workspace, (start, Unbounded));
        numbers.filter_map(|(_, number)| self.get(*number))
    }

    /// Replaces an orchestra, or deletes it.
    pub(crate) fn put(&mut self, number: OrchestraNo, next: Option<Arc<Orchestra>>) {
        let Some(row) = self.rows.get_mut(number.0 as usize) else { return };
        let (workspace, before) = match (&next, row.as_ref()) {
            (Some(orchestra), _) | (None, Some(orchestra)) => (orchestra.workspace.clone(), row.clone()),
            (None, None) => return,
        };
        *row = next.clone();
        if let Some(before) = before {
            watermark(&before).map(|at| self.schedules.remove(&(at, number)));
            self.stops_playing(&workspace, &before.score_id);
        }
        if let Some(next) = next {
            watermark(&next).map(|at| self.schedules.insert((at, number)));
            *self.plays.entry(&workspace, next.score_id.clone()).or_default() += 1;
        }
    }

    pub(crate) fn set_watermark(&mut self, number: OrchestraNo, next_fire_at: Option<DateTime<Utc>>) {
        let Some(Some(row)) = self.rows.get_mut(number.0 as usize) else { return };
        watermark(row).map(|at| self.schedules.remove(&(at, number)));
        Arc::make_mut(row).next_fire_at = next_fire_at;
        watermark(row).map(|at| self.schedules.insert((at, number)));
    }

    /// Walks over enabled orchestras whose watermark is at or before `now`, the oldest first.
    pub(crate) fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Arc<Orchestra>> {
        let due = self.schedules.iter().take_while(move |(at, _)| *at <= now);
        due.filter_map(|(_, number)| self.get(*number))
    }

    /// Returns the earliest watermark after `now`.
    pub(crate) fn next_moment(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let later = self.schedules.range((Excluded((now, OrchestraNo(u32::MAX))), Unbounded));
        later.map(|(at, _)| *at).next()
    }

    /// Tells whether an orchestra plays the score.
    pub(crate) fn play(&self, workspace: &WorkspaceId, score: &ScoreId) -> bool {
        self.plays.get(workspace, score).is_some()
    }

    fn stops_playing(&mut self, workspace: &WorkspaceId, score: &ScoreId) {
        let Some(count) = self.plays.get_mut(workspace, score) else { return };
        *count -= 1;
        if *count == 0 {
            self.plays.remove(workspace, score);
        }
    }
}

/// Returns the moment at which an orchestra fires next, if its schedule is on.
fn watermark(orchestra: &Orchestra) -> Option<DateTime<Utc>> {
    orchestra.next_fire_at.filter(|_| orchestra.enabled)
}
