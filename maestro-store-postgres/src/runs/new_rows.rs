//! New runs as lists, one for each column.

use chrono::{DateTime, Utc};
use maestro_core::domain::{Class, NewRun, Trigger};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::documents;
use crate::columns::{Sparse, compared, uuid};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Runs to insert.
#[derive(Default)]
pub(crate) struct NewRows<'a> {
    workspaces: Vec<&'a str>,
    runs: Vec<Uuid>,
    orchestras: Vec<&'a str>,
    scores: Vec<&'a str>,
    versions: Vec<i32>,
    agents: Sparse<String>,
    triggers: Vec<&'static str>,
    slots: Sparse<DateTime<Utc>>,
    of_runs: Sparse<Uuid>,
    classes: Vec<i16>,
    due_at: Vec<DateTime<Utc>>,
    inputs: Vec<&'a str>,
    exclusive: Vec<bool>,
    promotes: Vec<bool>,
}

/// Keys and limits of runs to insert.
#[derive(Default)]
pub(super) struct Rules<'a> {
    keys: Sparse<&'a str>,
    hashes: Sparse<i64>,
    expire_at: Sparse<DateTime<Utc>>,
    limits: Sparse<i64>,
}

impl<'a> NewRows<'a> {
    /// Adds a run; its score version is known to be storable.
    pub(crate) fn push(&mut self, new: &'a NewRun) {
        let row = self.runs.len();
        let (slot, of_run) = match &new.trigger {
            Trigger::Cron { slot } => (Some(*slot), None),
            Trigger::Rerun { of } | Trigger::Finish { of } => (None, Some(uuid(of.as_u128()))),
            Trigger::Manual | Trigger::Api => (None, None),
        };
        self.versions.push(compared(new.score_version));
        self.workspaces.push(new.run.workspace.as_str());
        self.runs.push(uuid(new.run.run_id.as_u128()));
        self.orchestras.push(new.run.orchestra_id.as_str());
        self.scores.push(new.score_id.as_str());
        self.agents.set(row, documents::pins(&new.agents));
        self.triggers.push(new.trigger.name());
        self.slots.set(row, slot);
        self.of_runs.set(row, of_run);
        self.classes.push(class_number(new.class));
        self.due_at.push(new.due_at);
        self.inputs.push(new.input.as_str());
        self.exclusive.push(new.exclusive);
        self.promotes.push(new.promotes);
    }

    /// Binds `$1` to `$15`.
    pub(crate) fn bind<'q>(self, statement: Statement<'q>, now: DateTime<Utc>) -> Statement<'q>
    where
        'a: 'q,
    {
        statement
            .bind(self.workspaces)
            .bind(self.runs)
            .bind(self.orchestras)
            .bind(self.scores)
            .bind(self.versions)
            .bind(self.agents.into_values())
            .bind(self.triggers)
            .bind(self.slots.into_values())
            .bind(self.of_runs.into_values())
            .bind(self.classes)
            .bind(self.due_at)
            .bind(self.inputs)
            .bind(self.exclusive)
            .bind(self.promotes)
            .bind(now)
    }
}

impl<'a> Rules<'a> {
    pub(super) fn set(&mut self, row: usize, new: &'a NewRun) {
        let key = new.key.as_ref();
        self.keys.set(row, key.map(|key| key.key.as_str()));
        self.hashes.set(row, key.map(|key| key.request_hash.cast_signed()));
        self.expire_at.set(row, key.map(|key| key.expires_at));
        self.limits.set(row, new.max_concurrent_runs.map(i64::from));
    }

    /// Binds `$16` to `$19`.
    pub(super) fn bind<'q>(self, statement: Statement<'q>) -> Statement<'q>
    where
        'a: 'q,
    {
        statement
            .bind(self.keys.into_values())
            .bind(self.hashes.into_values())
            .bind(self.expire_at.into_values())
            .bind(self.limits.into_values())
    }
}

/// Returns the number of a class as it is stored: queues are served in this order.
pub(super) fn class_number(class: Class) -> i16 {
    match class {
        Class::High => 0,
        Class::Normal => 1,
        Class::Low => 2,
    }
}

/// Returns the class of a stored number.
pub(super) fn class_of(number: i16) -> Option<Class> {
    Class::ALL.iter().copied().find(|class| class_number(*class) == number)
}
