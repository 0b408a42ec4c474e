//! The tier of orchestras, of what ties them to scores and runs, and of the fire ledger.

mod edit;
mod fire;
mod keep;
mod ledger;
mod overlap;
mod schedule;
mod uses;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

pub use self::edit::{an_edit_covers_its_slots, an_edit_is_compared, only_a_quiet_orchestra_is_deleted};
pub use self::fire::{
    a_disabled_or_edited_orchestra_does_not_fire, a_slot_fires_once, a_very_late_slot_is_written_down,
    fire_writes_the_ledger_and_the_run_together,
};
pub use self::keep::{
    a_bare_orchestra_is_the_whole_orchestra, an_orchestra_id_is_never_given_again,
    an_orchestra_is_found_in_its_workspace_only, an_orchestra_reads_back_equal, live_runs_are_counted,
    orchestras_are_listed_in_pages,
};
pub use self::ledger::{prune_firings_deletes_only_old_rows, the_ledger_is_listed_latest_first_in_pages};
pub use self::overlap::overlap_decides_what_a_slot_becomes;
pub use self::schedule::{due_schedules_are_enabled_and_due, due_schedules_tell_the_next_moment};
pub use self::uses::{a_score_in_use_is_not_deleted, an_agent_in_use_is_not_deleted};
use super::kit::{Bench, at, orchestra_id, workspace};
use crate::{
    domain::{
        DEFAULT_CATCHUP_WINDOW_S, Firing, FiringOutcome, Misfire, NewRun, Orchestra, Overlap, RunRef,
        ScoreId, Trigger, Zone,
    },
    ports::store::{Fire, FireEntry, SlotPlan},
};

/// Reads what is only made from text: expressions of time and zones.
fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(text.into()).expect("a good text")
}

/// Returns a disabled orchestra without a schedule.
pub(super) fn quiet(of: &str, id: &str) -> Orchestra {
    Orchestra {
        workspace: workspace(of),
        id: orchestra_id(id),
        name: id.to_owned(),
        tag: String::new(),
        description: String::new(),
        cron: None,
        timezone: Zone::default(),
        score_id: ScoreId::new("score").expect("a good score id"),
        enabled: false,
        secret_bindings: BTreeMap::new(),
        overlap: Overlap::Allow,
        misfire: Misfire::FireOnce,
        catchup_window_s: DEFAULT_CATCHUP_WINDOW_S,
        max_concurrent_runs: None,
        budget_cents: None,
        on_finish: None,
        revision: 1,
        schedule_rev: 1,
        next_fire_at: None,
        created_at: at(-100),
        updated_at: at(-100),
    }
}

/// Returns an enabled orchestra whose next slot is `next_fire_at`.
pub(super) fn scheduled(of: &str, id: &str, next_fire_at: DateTime<Utc>) -> Orchestra {
    Orchestra {
        cron: Some(read("0 9 * * *")),
        enabled: true,
        next_fire_at: Some(next_fire_at),
        ..quiet(of, id)
    }
}

/// Returns a fire of what `orchestra` was read as.
pub(super) fn fire_of(
    orchestra: &Orchestra,
    next_fire_at: Option<DateTime<Utc>>,
    entries: Vec<FireEntry>,
) -> Fire {
    Fire {
        workspace: orchestra.workspace.clone(),
        orchestra_id: orchestra.id.clone(),
        schedule_rev: orchestra.schedule_rev,
        expected: orchestra.next_fire_at.expect("it has a slot"),
        next_fire_at,
        entries,
    }
}

/// Returns an entry that plays one slot.
pub(super) fn plays(bench: &Bench, orchestra: &Orchestra, slot: DateTime<Utc>) -> FireEntry {
    let new = bench.run();
    let run = RunRef {
        workspace: orchestra.workspace.clone(),
        orchestra_id: orchestra.id.clone(),
        run_id: new.run.run_id,
    };
    let new = NewRun { run, trigger: Trigger::Cron { slot }, due_at: slot, ..new };
    FireEntry { slot, until_slot: slot, count: 1, late_ms: 0, plan: SlotPlan::Play(Box::new(new)) }
}

/// Returns an entry that notes what became of a range of slots, a minute each.
pub(super) fn notes(from: DateTime<Utc>, count: u32, outcome: FiringOutcome) -> FireEntry {
    let last = i64::from(count) - 1;
    FireEntry {
        slot: from,
        until_slot: from + chrono::TimeDelta::minutes(last),
        count: count.into(),
        late_ms: 1,
        plan: SlotPlan::Note { outcome, reason: Some("a note".to_owned()) },
    }
}

/// Returns the row that an entry which only notes something becomes.
pub(super) fn noted(entry: &FireEntry) -> Firing {
    let SlotPlan::Note { outcome, reason } = &entry.plan else { panic!("{entry:?} is no note") };
    let FireEntry { slot, until_slot, count, late_ms, .. } = *entry;
    Firing { slot, until_slot, count, outcome: *outcome, late_ms, run_id: None, reason: reason.clone() }
}

/// Returns the run that an entry enqueues.
pub(super) fn run_of(entry: &FireEntry) -> &NewRun {
    match &entry.plan {
        SlotPlan::Play(new) => new,
        SlotPlan::Note { .. } => panic!("{entry:?} is a note"),
    }
}
