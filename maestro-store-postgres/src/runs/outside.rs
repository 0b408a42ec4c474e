//! Enqueuing within a transaction of the host: the runs come to be when it commits, or never.

use std::fmt;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::NewRun,
    ports::store::{Enqueued, StoreError},
};
use sqlx::PgConnection;

use super::enqueue::{check, has_rules, insert, insert_by_rules};
use crate::{PostgresStore, error::failed};

/// What became of runs that were enqueued in a transaction of the host.
#[must_use = "call `hint` after the commit, or the runs are found only when somebody polls"]
pub struct Hint<'a> {
    store: PostgresStore,
    runs: &'a [NewRun],
    answers: Vec<Enqueued>,
}

impl Hint<'_> {
    /// Returns what became of each run, in their order, if the transaction commits.
    pub fn answers(&self) -> &[Enqueued] {
        &self.answers
    }

    /// Tells workers of the runs. For after the commit; before it they would look in vain. Returns the answers.
    pub fn hint(self) -> Vec<Enqueued> {
        self.store.tell_of_enqueued(self.runs, &self.answers);
        self.answers
    }
}

impl fmt::Debug for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hint").field("answers", &self.answers).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Enqueues runs within a transaction of the host, on its own connection: they come to be when it commits, together
    /// with whatever else it writes. Nobody is told before [`Hint::hint`] is called.
    ///
    /// Until the transaction ends, others wait who enqueue with the same idempotency keys, or into the same orchestras
    /// under a limit: keep it short.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::NotStorable`]; the transaction can then only be rolled back.
    pub async fn enqueue_in<'a>(
        &self,
        connection: &mut PgConnection,
        runs: &'a [NewRun],
        now: DateTime<Utc>,
    ) -> Result<Hint<'a>, StoreError> {
        runs.iter().try_for_each(check)?;
        let schema = &self.shared.schema;
        let answers = if runs.iter().any(has_rules) {
            insert_by_rules(connection, schema, runs, now).await
        } else {
            insert(connection, schema, runs, now).await
        };
        Ok(Hint { store: self.clone(), runs, answers: answers.map_err(failed)? })
    }
}
