//! Fires as arrays, one of each column.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{FiringOutcome, NewRun},
    ports::store::{Fire, FireEntry, SlotPlan, StoreError},
};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::numbers::signed;

/// Fires, their entries, and the runs that the entries ask for; a note asks for none.
#[derive(Default)]
pub(super) struct Columns {
    workspaces: Vec<String>,
    orchestras: Vec<String>,
    schedule_revs: Vec<i64>,
    expected: Vec<DateTime<Utc>>,
    next_fire_at: Vec<Option<DateTime<Utc>>>,
    plays: Vec<bool>,
    entries: Entries,
    runs: Runs,
}

#[derive(Default)]
struct Entries {
    fires: Vec<i64>,
    slots: Vec<DateTime<Utc>>,
    until_slots: Vec<DateTime<Utc>>,
    counts: Vec<i64>,
    late_ms: Vec<i64>,
    outcomes: Vec<Option<&'static str>>,
    reasons: Vec<Option<String>>,
}

#[derive(Default)]
struct Runs {
    ids: Vec<Option<Uuid>>,
    scores: Vec<Option<String>>,
    versions: Vec<Option<i64>>,
    agents: Vec<Option<String>>,
    triggers: Vec<Option<String>>,
    classes: Vec<Option<i16>>,
    due_at: Vec<Option<DateTime<Utc>>>,
    inputs: Vec<Option<String>>,
    exclusive: Vec<Option<bool>>,
    promotes: Vec<Option<bool>>,
}

impl Columns {
    /// Adds a fire.
    pub(super) fn push(&mut self, fire: &Fire) -> Result<(), StoreError> {
        self.workspaces.push(fire.workspace.to_string());
        self.orchestras.push(fire.orchestra_id.to_string());
        self.schedule_revs.push(fire.schedule_rev.into());
        self.expected.push(fire.expected);
        self.next_fire_at.push(fire.next_fire_at);
        self.plays.push(fire.entries.iter().any(|entry| matches!(entry.plan, SlotPlan::Play(_))));
        let number = i64::try_from(self.workspaces.len()).unwrap_or(i64::MAX);
        fire.entries.iter().try_for_each(|entry| self.push_entry(number, fire, entry))
    }

    fn push_entry(&mut self, number: i64, fire: &Fire, entry: &FireEntry) -> Result<(), StoreError> {
        let entries = &mut self.entries;
        entries.fires.push(number);
        entries.slots.push(entry.slot);
        entries.until_slots.push(entry.until_slot);
        entries.counts.push(signed("a count of slots", entry.count)?);
        entries.late_ms.push(entry.late_ms);
        let (run, outcome, reason) = match &entry.plan {
            SlotPlan::Note { outcome, reason } => (None, Some(*outcome), reason.clone()),
            SlotPlan::Play(new) => match unfit(fire, new) {
                None => (Some(&**new), None, None),
                Some(why) => (None, Some(FiringOutcome::Error), Some(why)),
            },
        };
        entries.outcomes.push(outcome.map(FiringOutcome::name));
        entries.reasons.push(reason);
        self.runs.push(run);
        Ok(())
    }

    /// Binds every column, in the order of the statement.
    pub(super) fn bind(
        self,
        statement: Query<'static, Postgres, PgArguments>,
    ) -> Query<'static, Postgres, PgArguments> {
        let Self { entries, runs, .. } = self;
        statement
            .bind(self.workspaces)
            .bind(self.orchestras)
            .bind(self.schedule_revs)
            .bind(self.expected)
            .bind(self.next_fire_at)
            .bind(self.plays)
            .bind(entries.fires)
            .bind(entries.slots)
            .bind(entries.until_slots)
            .bind(entries.counts)
            .bind(entries.late_ms)
            .bind(entries.outcomes)
            .bind(entries.reasons)
            .bind(runs.ids)
            .bind(runs.scores)
            .bind(runs.versions)
            .bind(runs.agents)
            .bind(runs.triggers)
            .bind(runs.classes)
            .bind(runs.due_at)
            .bind(runs.inputs)
            .bind(runs.exclusive)
            .bind(runs.promotes)
    }
}

impl Runs {
    fn push(&mut self, run: Option<&NewRun>) {
        self.ids.push(run.map(|new| Uuid::from_u128(new.run.run_id.as_u128())));
        self.scores.push(run.map(|new| new.score_id.to_string()));
        self.versions.push(run.map(|new| new.score_version.into()));
        self.agents.push(run.and_then(|new| serde_json::to_string(&new.agents).ok()));
        self.triggers.push(run.and_then(|new| serde_json::to_string(&new.trigger).ok()));
        self.classes.push(run.map(|new| new.class as i16));
        self.due_at.push(run.map(|new| new.due_at));
        self.inputs.push(run.map(|new| new.input.as_str().to_owned()));
        self.exclusive.push(run.map(|new| new.exclusive));
        self.promotes.push(run.map(|new| new.promotes));
    }
}

/// Tells why a run cannot be that of a slot.
fn unfit(fire: &Fire, new: &NewRun) -> Option<String> {
    let NewRun { run, key, .. } = new;
    if run.workspace != fire.workspace || run.orchestra_id != fire.orchestra_id {
        return Some(format!("the run {} is of another orchestra", run.run_id));
    }
    key.as_ref().map(|_| format!("the run {} has an idempotency key, which no slot has", run.run_id))
}
