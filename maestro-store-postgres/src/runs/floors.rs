//! Floors: from where on a claim looks into a queue.
//!
//! While somebody holds an old snapshot, rows that were claimed long ago stay at the front of the index, and each claim
//! would walk over all of them, as would a look whether anything is due. After a full claim the next one begins where that
//! one ended. Some begin a little before that, for what was enqueued earlier and committed later, and from time to time one
//! begins at the front, for whatever other processes may have put there: at once when a claim finds less than it may take,
//! unless the way from the front has become long.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{Class, RunId, WorkspaceId},
    ports::store::Quota,
};

/// A little before: others may have enqueued before us and commit later.
const MARGIN: TimeDelta = TimeDelta::milliseconds(200);
/// How long claims may begin where the last one ended.
const NEAR_LASTS: Duration = Duration::from_millis(100);
/// Claims from a little before take at most one of so many parts of the time.
const NEAR_SHARE: u32 = 10;
/// How long claims may begin anywhere but at the front.
const LASTS: Duration = Duration::from_secs(1);
/// Claims from the front take at most one of so many parts of the time.
const SHARE: u32 = 50;
/// A way from the front that takes longer is long: there is no hurry to go it again.
const LONG: Duration = Duration::from_millis(50);
/// More queues than this are not kept in mind.
const MOST: usize = 10_000;

/// A place in a queue, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) due_at: DateTime<Utc>,
    pub(super) run_id: RunId,
}

/// Where a claim begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Front,
    /// A little before the end of the last claim.
    Before(Place),
    /// At the end of the last claim.
    Near(Place),
}

/// Where claims of one process begin.
#[derive(Debug, Default)]
pub(crate) struct Floors(Mutex<HashMap<(WorkspaceId, Class), Floor>>);

#[derive(Clone, Copy, Debug)]
struct Floor {
    /// Where the last claim ended.
    end: Place,
    /// How long the last claim from the front took.
    cost: Duration,
    /// When a claim must begin a little before the end.
    near_until: Duration,
    /// When a claim must begin at the front again.
    until: Duration,
}

/// From where a look whether anything is due begins.
pub(super) struct Outlook {
    pub(super) workspace: WorkspaceId,
    pub(super) class: Class,
    /// `None` is the front.
    pub(super) from: Option<Place>,
    /// Whether it is too early to look before that, even if nothing is found from there on.
    pub(super) is_sure: bool,
}

/// What a claim took of one queue.
pub(super) struct Took {
    pub(super) start: Start,
    /// When it was made, by the engine's clock.
    pub(super) now: DateTime<Utc>,
    pub(super) count: u32,
    pub(super) last: Option<Place>,
}

impl Start {
    /// Returns the place; `None` is the front.
    pub(super) fn place(self) -> Option<Place> {
        match self {
            Self::Front => None,
            Self::Before(place) | Self::Near(place) => Some(place),
        }
    }
}

impl Floors {
    /// Returns where a claim of this queue begins.
    pub(super) fn start(&self, quota: &Quota, at: Duration) -> Start {
        let floors = self.lock();
        floors.get(&(quota.workspace.clone(), quota.class)).map_or(Start::Front, |floor| floor.start(at))
    }

    /// Returns from where on to look into every queue of the workspaces of which some floor is known.
    pub(super) fn outlooks(&self, at: Duration) -> Vec<Outlook> {
        let floors = self.lock();
        let workspaces: BTreeSet<_> = floors.keys().map(|(workspace, _)| workspace).collect();
        let queues =
            workspaces.into_iter().flat_map(|name| Class::ALL.iter().map(move |class| (name, *class)));
        queues
            .map(|(workspace, class)| {
                let floor = floors.get(&(workspace.clone(), class));
                Outlook {
                    workspace: workspace.clone(),
                    class,
                    from: floor.map(|floor| floor.start(at).place().unwrap_or(floor.before())),
                    is_sure: floor.is_some_and(|floor| floor.is_long() && at < floor.until),
                }
            })
            .collect()
    }

    /// Learns from a claim that began at `began` and ended at `ended`.
    pub(super) fn learn(&self, quota: &Quota, took: &Took, began: Duration, ended: Duration) {
        let name = (quota.workspace.clone(), quota.class);
        let mut floors = self.lock();
        let is_full = took.count >= quota.limit.get();
        // Where there was less than wanted, nothing is left that was due.
        let until_now = Place { due_at: took.now - MARGIN, run_id: RunId::from_u128(0) };
        let end = took.last.filter(|_| is_full).unwrap_or(until_now);
        let cost = ended.saturating_sub(began);
        let near_until = ended + (cost * NEAR_SHARE).max(NEAR_LASTS);
        let floor = match (floors.get(&name), took.start) {
            (_, Start::Front) => Floor { end, cost, near_until, until: ended + (cost * SHARE).max(LASTS) },
            (Some(floor), Start::Before(_)) => Floor { end, near_until, ..*floor },
            (Some(floor), Start::Near(_)) => Floor { end, ..*floor },
            // Somebody has put a run before the start meanwhile: it is looked for at once.
            (None, Start::Before(_) | Start::Near(_)) => return,
        };
        if !is_full && !floor.is_long() {
            floors.remove(&name);
        } else if floors.len() < MOST || floors.contains_key(&name) {
            floors.insert(name, floor);
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
            let Some(floor) = floors.get_mut(&name) else { continue };
            if at < floor.before().due_at {
                floors.remove(&name);
            } else if at <= floor.end.due_at {
                floor.near_until = Duration::ZERO;
            }
        }
    }

    /// A panic elsewhere must not take the claims along.
    fn lock(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, Class), Floor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Floor {
    fn start(&self, at: Duration) -> Start {
        if at >= self.until {
            Start::Front
        } else if at >= self.near_until {
            Start::Before(self.before())
        } else {
            Start::Near(self.end)
        }
    }

    fn before(&self) -> Place {
        Place { due_at: self.end.due_at - MARGIN, run_id: RunId::from_u128(0) }
    }

    fn is_long(&self) -> bool {
        self.cost >= LONG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms)
    }

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    fn quota() -> Quota {
        let limit = std::num::NonZeroU32::new(2).unwrap();
        Quota { workspace: WorkspaceId::default(), class: Class::Normal, limit }
    }

    fn place(due_ms: i64) -> Place {
        Place { due_at: at(due_ms), run_id: RunId::from_u128(7) }
    }

    /// A claim from wherever it begins, from `began` to `ended` on the clock; returns where it began.
    fn claim(floors: &Floors, began: u64, ended: u64, taken: &[i64]) -> Start {
        let start = floors.start(&quota(), ms(began));
        let now = at(i64::try_from(began).unwrap());
        let count = u32::try_from(taken.len()).unwrap();
        let took = Took { start, now, count, last: taken.iter().copied().map(place).max() };
        floors.learn(&quota(), &took, ms(began), ms(ended));
        start
    }

    fn before(due_ms: i64) -> Start {
        Start::Before(Place { due_at: at(due_ms) - MARGIN, run_id: RunId::from_u128(0) })
    }

    #[test]
    fn a_claim_begins_where_the_last_full_one_ended_and_now_and_then_before_that() {
        let floors = Floors::default();
        assert_eq!(claim(&floors, 1_000, 1_001, &[10, 20]), Start::Front);
        assert_eq!(claim(&floors, 1_002, 1_003, &[30, 40]), Start::Near(place(20)));
        assert_eq!(claim(&floors, 1_101, 1_102, &[50, 60]), before(40));
        assert_eq!(claim(&floors, 1_103, 1_104, &[70, 80]), Start::Near(place(60)));
        assert_eq!(claim(&floors, 2_001, 2_002, &[90, 99]), Start::Front, "after a second");
        assert_eq!(claim(&floors, 2_003, 2_004, &[100]), Start::Near(place(99)));
        assert_eq!(claim(&floors, 2_005, 2_006, &[]), Start::Front, "there was less than it might take");
    }

    #[test]
    fn a_long_way_from_the_front_is_gone_seldom() {
        let floors = Floors::default();
        assert_eq!(claim(&floors, 1_000, 1_100, &[10]), Start::Front);
        assert_eq!(
            claim(&floors, 1_101, 1_102, &[]),
            Start::Near(Place { run_id: RunId::from_u128(0), ..place(800) })
        );
        let [_, outlook, _] = &floors.outlooks(ms(1_103))[..] else { panic!("one for each class") };
        assert!(outlook.is_sure && outlook.from.is_some());
        assert!(!floors.outlooks(ms(6_100))[1].is_sure);
        assert_eq!(claim(&floors, 6_100, 6_101, &[]), Start::Front, "after fifty times as long");
        assert!(floors.outlooks(ms(6_102)).is_empty(), "it was short this time");
    }

    #[test]
    fn a_run_that_is_put_before_the_end_is_found_by_the_next_claim() {
        let floors = Floors::default();
        let due = [999, 1_000];
        claim(&floors, 2_000, 2_001, &due);
        floors.lower(&WorkspaceId::default(), at(1_001));
        assert_eq!(claim(&floors, 2_002, 2_003, &due), Start::Near(place(1_000)));
        floors.lower(&WorkspaceId::default(), at(900));
        assert_eq!(claim(&floors, 2_004, 2_005, &due), before(1_000));
        floors.lower(&WorkspaceId::default(), at(700));
        assert_eq!(claim(&floors, 2_006, 2_007, &due), Start::Front);
    }
}
