//! What an edit does to the schedule: which slots it passes over, and where the schedule goes on. Pure.

use chrono::{DateTime, Utc};

use super::super::slots::{Stretch, schedule_of};
use crate::{
    domain::{Firing, FiringOutcome, Orchestra},
    ports::store::OrchestraEdit,
};

/// Returns the edit at `now` that makes `before` into `after`, whose numbers and times are still those of `before`.
///
/// An edit that decides anew which slots there are covers the old ones up to `now`: as `disabled` where the schedule was
/// off or is turned off, so that nothing fires once it returned, otherwise as `missed`. Any other edit leaves them due.
///
/// `covered_through` is the last slot of the ledger. It lies ahead where the time of day went back, or where another
/// process' clock is fast; the schedule goes on after it, so that nothing fires twice.
pub(super) fn edit(
    before: &Orchestra,
    after: Orchestra,
    covered_through: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> OrchestraEdit {
    let is_rescheduled = is_rescheduled(before, &after);
    let fires_otherwise = is_rescheduled
        || before.overlap != after.overlap
        || before.misfire != after.misfire
        || before.catchup_window_s != after.catchup_window_s
        || before.max_concurrent_runs != after.max_concurrent_runs;
    let (ledger, next_fire_at) = if is_rescheduled {
        // Nor before its creation, where the clock of the editing process is slow.
        let decided = covered_through.map_or(now, |slot| slot.max(now)).max(before.created_at);
        (passed_over(before, &after, now), after.next_slot(decided))
    } else {
        (None, before.next_fire_at)
    };
    OrchestraEdit {
        expected_revision: before.revision,
        expected_next_fire_at: before.next_fire_at,
        ledger: ledger.into_iter().collect(),
        orchestra: Orchestra {
            revision: before.revision.saturating_add(1),
            schedule_rev: before.schedule_rev.saturating_add(u32::from(fires_otherwise)),
            next_fire_at,
            updated_at: now,
            ..after
        },
    }
}

/// Returns the edit that only writes down the slots that have passed over a disabled orchestra, if there are any.
pub(super) fn closing_edit(before: &Orchestra, now: DateTime<Utc>) -> Option<OrchestraEdit> {
    let ledger = vec![not_yet_written(before, now)?];
    let mut orchestra = before.clone();
    orchestra.revision = before.revision.saturating_add(1);
    orchestra.next_fire_at = before.next_slot(now);
    Some(OrchestraEdit {
        expected_revision: before.revision,
        expected_next_fire_at: before.next_fire_at,
        ledger,
        orchestra,
    })
}

/// Tells whether the edit decides anew which slots there are.
pub(super) fn is_rescheduled(before: &Orchestra, after: &Orchestra) -> bool {
    before.cron != after.cron || before.timezone != after.timezone || before.enabled != after.enabled
}

/// Returns the row for the slots since the watermark of an orchestra that is disabled and stays so; `None` where there is
/// none yet, or where it is enabled.
pub(super) fn not_yet_written(orchestra: &Orchestra, now: DateTime<Utc>) -> Option<Firing> {
    if orchestra.enabled { None } else { passed_over(orchestra, orchestra, now) }
}

fn passed_over(before: &Orchestra, after: &Orchestra, now: DateTime<Utc>) -> Option<Firing> {
    let slots = Stretch::of(&schedule_of(before)?, before.next_fire_at?, now)?;
    let (outcome, reason) = match (before.enabled, after.enabled) {
        (false, _) => (FiringOutcome::Disabled, "the orchestra was disabled"),
        (true, false) => (FiringOutcome::Disabled, "the orchestra was disabled before the slot was played"),
        (true, true) => (FiringOutcome::Missed, "the schedule was edited before the slot was played"),
    };
    Some(slots.firing(outcome, reason, now))
}
