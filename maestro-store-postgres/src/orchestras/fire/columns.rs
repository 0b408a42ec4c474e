//! Fires as lists, one for each column.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{FiringOutcome, NewRun},
    ports::store::{Fire, FireEntry, SlotPlan, StoreError},
};
use sqlx::{Postgres, postgres::PgArguments, query::Query};

use crate::{
    columns::{Sparse, big, compared},
    runs::{NewRows, check},
};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Fires, their entries, and the runs that entries ask for.
#[derive(Default)]
pub(super) struct Columns<'a> {
    workspaces: Vec<&'a str>,
    orchestras: Vec<&'a str>,
    schedule_revs: Vec<i32>,
    expected: Vec<DateTime<Utc>>,
    next_fire_at: Vec<Option<DateTime<Utc>>>,
    plays: Vec<bool>,
    entries: Entries,
    runs: NewRows<'a>,
    /// The runs, each once: no statement can insert one twice.
    named: HashSet<(&'a str, u128)>,
}

#[derive(Default)]
struct Entries {
    fires: Vec<i64>,
    slots: Vec<DateTime<Utc>>,
    until_slots: Vec<DateTime<Utc>>,
    counts: Vec<i64>,
    late_ms: Vec<i64>,
    runs: Sparse<i64>,
    outcomes: Sparse<&'static str>,
    reasons: Sparse<String>,
}

impl<'a> Columns<'a> {
    /// Tells whether an entry asks for a run.
    pub(super) fn plays(&self) -> bool {
        self.plays.contains(&true)
    }

    /// Adds a fire.
    pub(super) fn push(&mut self, fire: &'a Fire) -> Result<(), StoreError> {
        self.workspaces.push(fire.workspace.as_str());
        self.orchestras.push(fire.orchestra_id.as_str());
        self.schedule_revs.push(compared(fire.schedule_rev));
        self.expected.push(fire.expected);
        self.next_fire_at.push(fire.next_fire_at);
        self.plays.push(fire.entries.iter().any(|entry| matches!(entry.plan, SlotPlan::Play(_))));
        let number = big("fires of a call", self.workspaces.len() as u64)?;
        fire.entries.iter().try_for_each(|entry| self.push_entry(number, fire, entry))
    }

    fn push_entry(&mut self, number: i64, fire: &'a Fire, entry: &'a FireEntry) -> Result<(), StoreError> {
        let row = self.entries.fires.len();
        let (run, outcome, reason) = match &entry.plan {
            SlotPlan::Note { outcome, reason } => (None, Some(*outcome), reason.clone()),
            SlotPlan::Play(new) => match self.unfit(fire, new) {
                None => {
                    check(new)?;
                    self.runs.push(new);
                    (Some(big("runs of a call", self.named.len() as u64)?), None, None)
                }
                Some(why) => (None, Some(FiringOutcome::Error), Some(why)),
            },
        };
        let entries = &mut self.entries;
        entries.fires.push(number);
        entries.slots.push(entry.slot);
        entries.until_slots.push(entry.until_slot);
        entries.counts.push(big("a count of slots", entry.count)?);
        entries.late_ms.push(entry.late_ms);
        entries.runs.set(row, run);
        entries.outcomes.set(row, outcome.map(FiringOutcome::name));
        entries.reasons.set(row, reason);
        Ok(())
    }

    /// Tells why a run cannot be that of a slot.
    fn unfit(&mut self, fire: &Fire, new: &'a NewRun) -> Option<String> {
        let NewRun { run, key, .. } = new;
        if run.workspace != fire.workspace || run.orchestra_id != fire.orchestra_id {
            return Some(format!("the run {} is of another orchestra", run.run_id));
        }
        if key.is_some() {
            return Some(format!("the run {} has an idempotency key, and a slot has none", run.run_id));
        }
        let is_new = self.named.insert((run.workspace.as_str(), run.run_id.as_u128()));
        (!is_new).then(|| format!("the id of the run {} is taken", run.run_id))
    }

    /// Binds every column, in the order of the statement.
    pub(super) fn bind<'q>(self, statement: Statement<'q>, now: DateTime<Utc>) -> Statement<'q>
    where
        'a: 'q,
    {
        let entries = self.entries;
        self.runs
            .bind(statement, now)
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
            .bind(entries.runs.into_values())
            .bind(entries.outcomes.into_values())
            .bind(entries.reasons.into_values())
    }
}
