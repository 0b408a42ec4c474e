//! Orchestras as values of statements.

use maestro_core::{
    domain::Orchestra,
    ports::store::{OrchestraEdit, StoreError},
};
use sqlx::{Postgres, postgres::PgArguments, query::Query};

use super::ledger::Columns;
use crate::{
    PostgresStore,
    columns::{big, compared, integer},
};

type Statement = Query<'static, Postgres, PgArguments>;

/// Returns the statement that creates an orchestra.
pub(super) fn create(store: &PostgresStore, orchestra: &Orchestra) -> Result<Statement, StoreError> {
    let statement = store.statement(include_str!("../../queries/create_orchestra.sql"));
    Ok(described(statement, orchestra)?.bind(orchestra.score_id.to_string()).bind(orchestra.created_at))
}

/// Returns the statement that edits an orchestra. Its score and the time of its creation never change.
pub(super) fn edit(store: &PostgresStore, edit: &OrchestraEdit) -> Result<Statement, StoreError> {
    let statement = store.statement(include_str!("../../queries/edit_orchestra.sql"));
    let ledger = Columns::of(&edit.ledger)?;
    let statement = described(statement, &edit.orchestra)?
        .bind(compared(edit.expected_revision))
        .bind(edit.expected_next_fire_at)
        .bind(ledger.slots)
        .bind(ledger.until_slots)
        .bind(ledger.counts)
        .bind(ledger.outcomes)
        .bind(ledger.late_ms)
        .bind(ledger.runs)
        .bind(ledger.reasons);
    Ok(statement)
}

/// Binds what people may change of an orchestra, and its names: the values $1 to $19.
fn described(statement: Statement, orchestra: &Orchestra) -> Result<Statement, StoreError> {
    Ok(statement
        .bind(orchestra.workspace.to_string())
        .bind(orchestra.id.to_string())
        .bind(orchestra.name.clone())
        .bind(orchestra.tag.clone())
        .bind(orchestra.description.clone())
        .bind(orchestra.cron.as_ref().map(ToString::to_string))
        .bind(orchestra.timezone.name())
        .bind(bindings(orchestra)?)
        .bind(orchestra.misfire.name())
        .bind(integer("catch-up window", orchestra.catchup_window_s)?)
        .bind(some_big("budget", orchestra.budget_cents)?)
        .bind(orchestra.on_finish.as_ref().map(|next| next.orchestra_id.to_string()))
        .bind(integer("revision", orchestra.revision)?)
        .bind(orchestra.updated_at)
        .bind(orchestra.enabled)
        .bind(integer("schedule revision", orchestra.schedule_rev)?)
        .bind(orchestra.next_fire_at)
        .bind(orchestra.overlap.name())
        .bind(some_integer("most concurrent runs", orchestra.max_concurrent_runs)?))
}

fn some_integer(what: &str, number: Option<u32>) -> Result<Option<i32>, StoreError> {
    number.map(|number| integer(what, number)).transpose()
}

fn some_big(what: &str, number: Option<u64>) -> Result<Option<i64>, StoreError> {
    number.map(|number| big(what, number)).transpose()
}

fn bindings(orchestra: &Orchestra) -> Result<String, StoreError> {
    serde_json::to_string(&orchestra.secret_bindings)
        .map_err(|error| StoreError::NotStorable { reason: format!("secret bindings: {error}") })
}
