//! Floors: from which due time on a claim looks.
//!
//! While somebody holds an old snapshot, rows that were claimed long ago stay at the front of the index, and each claim
//! would walk over all of them. After a full claim the next one begins shortly before where that one ended. From time to
//! time one begins at the front, for whatever other processes may have put there.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{Class, WorkspaceId},
    ports::store::Quota,
};

/// How far before the last due time the next claim begins: others may have enqueued a little before us and commit later.
const MARGIN: TimeDelta = TimeDelta::milliseconds(200);
/// How long claims may begin at a floor.
const LASTS: Duration = Duration::from_secs(1);
/// Claims from the front take at most one of so many parts of the time.
const SHARE: u32 = 50;
/// More queues than this are not kept in mind.
const MOST: usize = 10_000;

/// Where claims of one process begin.
#[derive(Debug, Default)]
pub(crate) struct Floors(Mutex<HashMap<(WorkspaceId, Class), Floor>>);

#[derive(Clone, Copy, Debug)]
struct Floor {
    at: DateTime<Utc>,
    /// When a claim must begin at the front again.
    until: Duration,
}

/// What a claim took of one queue.
pub(super) struct Took {
    pub(super) floor: Option<DateTime<Utc>>,
    pub(super) count: u32,
    pub(super) last_due_at: Option<DateTime<Utc>>,
}

impl Floors {
    /// Returns from where a claim of this queue looks; `None` means from the front.
    pub(super) fn of(&self, quota: &Quota, at: Duration) -> Option<DateTime<Utc>> {
        let floors = self.lock();
        let floor = floors.get(&(quota.workspace.clone(), quota.class))?;
        (at < floor.until).then_some(floor.at)
    }

    /// Learns from a claim that began at `began` and ended at `ended`.
    pub(super) fn learn(&self, quota: &Quota, took: &Took, began: Duration, ended: Duration) {
        let name = (quota.workspace.clone(), quota.class);
        let mut floors = self.lock();
        let full = took.last_due_at.filter(|_| took.count >= quota.limit.get());
        let Some(last) = full else {
            floors.remove(&name);
            return;
        };
        let at = last - MARGIN;
        let cost = ended.saturating_sub(began) * SHARE;
        let fresh = Floor { at, until: ended + cost.max(LASTS) };
        let has_room = floors.len() < MOST;
        match floors.get_mut(&name) {
            Some(floor) if took.floor.is_some() => floor.at = at,
            Some(floor) => *floor = fresh,
            // Somebody has put a run below the floor meanwhile: it is looked for at once.
            None if took.floor.is_some() => {}
            None if has_room => drop(floors.insert(name, fresh)),
            None => {}
        }
    }

    /// Makes sure that a run which is due at `at` is seen by the next claim.
    pub(crate) fn lower(&self, workspace: &WorkspaceId, at: DateTime<Utc>) {
        let mut floors = self.lock();
        if floors.is_empty() {
            return;
        }
        for class in Class::ALL {
            let name = (workspace.clone(), *class);
            if floors.get(&name).is_some_and(|floor| at < floor.at) {
                floors.remove(&name);
            }
        }
    }

    /// A panic elsewhere must not take the claims along.
    fn lock(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, Class), Floor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
