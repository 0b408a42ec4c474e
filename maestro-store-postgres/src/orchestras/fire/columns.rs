//! Fires as lists of their entries, one for each column.

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

/// Entries, those that ask for a run first: so each stands beside its run, and the columns of runs end before the others.
#[derive(Default)]
pub(super) struct Columns<'a> {
    runs: NewRows<'a>,
    /// The runs by name: no statement can insert one twice.
    named: HashSet<(&'a str, u128)>,
    entries: Entries<'a>,
    notes: Vec<Note<'a>>,
}

/// An entry that asks for no run.
struct Note<'a> {
    place: Place<'a>,
    entry: Option<&'a FireEntry>,
    outcome: Option<FiringOutcome>,
    reason: Option<String>,
}

/// Where an entry stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    fire: &'a Fire,
    number: i64,
    index: i64,
}

#[derive(Default)]
struct Entries<'a> {
    workspaces: Vec<&'a str>,
    orchestras: Vec<&'a str>,
    schedule_revs: Vec<i32>,
    expected: Vec<DateTime<Utc>>,
    next_fire_at: Vec<Option<DateTime<Utc>>>,
    fires: Vec<i64>,
    indexes: Vec<i64>,
    slots: Vec<Option<DateTime<Utc>>>,
    until_slots: Vec<Option<DateTime<Utc>>>,
    counts: Vec<Option<i64>>,
    late_ms: Vec<Option<i64>>,
    outcomes: Sparse<&'static str>,
    reasons: Sparse<String>,
}

impl<'a> Columns<'a> {
    /// Adds a fire under its number.
    pub(super) fn push(&mut self, number: i64, fire: &'a Fire) -> Result<(), StoreError> {
        if fire.entries.is_empty() {
            let place = Place { fire, number, index: 0 };
            self.notes.push(Note { place, entry: None, outcome: None, reason: None });
        }
        for (index, entry) in (0..).zip(&fire.entries) {
            let place = Place { fire, number, index };
            let (outcome, reason) = match &entry.plan {
                SlotPlan::Note { outcome, reason } => (*outcome, reason.clone()),
                SlotPlan::Play(new) => match self.unfit(fire, new) {
                    Some(why) => (FiringOutcome::Error, Some(why)),
                    None => {
                        check(new)?;
                        self.runs.push(new);
                        self.entries.push(place, Some(entry), None, None)?;
                        continue;
                    }
                },
            };
            self.notes.push(Note { place, entry: Some(entry), outcome: Some(outcome), reason });
        }
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
    pub(super) fn bind<'q>(
        mut self,
        statement: Statement<'q>,
        now: DateTime<Utc>,
    ) -> Result<Statement<'q>, StoreError>
    where
        'a: 'q,
    {
        for Note { place, entry, outcome, reason } in self.notes {
            self.entries.push(place, entry, outcome, reason)?;
        }
        Ok(self.entries.bind(self.runs.bind(statement, now)))
    }
}

impl<'a> Entries<'a> {
    fn push(
        &mut self,
        Place { fire, number, index }: Place<'a>,
        entry: Option<&FireEntry>,
        outcome: Option<FiringOutcome>,
        reason: Option<String>,
    ) -> Result<(), StoreError> {
        let row = self.fires.len();
        self.workspaces.push(fire.workspace.as_str());
        self.orchestras.push(fire.orchestra_id.as_str());
        self.schedule_revs.push(compared(fire.schedule_rev));
        self.expected.push(fire.expected);
        self.next_fire_at.push(fire.next_fire_at);
        self.fires.push(number);
        self.indexes.push(index);
        self.slots.push(entry.map(|entry| entry.slot));
        self.until_slots.push(entry.map(|entry| entry.until_slot));
        self.counts.push(entry.map(|entry| big("count of slots", entry.count)).transpose()?);
        self.late_ms.push(entry.map(|entry| entry.late_ms));
        self.outcomes.set(row, outcome.map(FiringOutcome::name));
        self.reasons.set(row, reason);
        Ok(())
    }

    fn bind<'q>(self, statement: Statement<'q>) -> Statement<'q>
    where
        'a: 'q,
    {
        statement
            .bind(self.workspaces)
            .bind(self.orchestras)
            .bind(self.schedule_revs)
            .bind(self.expected)
            .bind(self.next_fire_at)
            .bind(self.fires)
            .bind(self.indexes)
            .bind(self.slots)
            .bind(self.until_slots)
            .bind(self.counts)
            .bind(self.late_ms)
            .bind(self.outcomes.into_values())
            .bind(self.reasons.into_values())
    }
}
