//! Rows of runs.

use maestro_core::domain::{Money, Run, RunId, RunStatus, Totals};
use sqlx::postgres::PgRow;

use super::{claimed_row::trigger, enqueue::HELD, new_rows::class_of, step_row::failure};
use crate::rows::{BadRow, Columns};

/// The state of a live run that a worker plays.
const OWNED: i16 = 1;

/// Reads a run: every column of `runs_by_id.sql`. The totals of a live run are those of its steps, and not in its row.
pub(super) fn read(row: &PgRow) -> Result<Run, BadRow> {
    let mut columns = Columns::new(row);
    let (workspace, orchestra_id) = (columns.word()?, columns.word()?);
    let (id, score_id, score_version) = (columns.id(RunId::from_u128)?, columns.word()?, columns.count()?);
    let agents = columns.some_document()?.unwrap_or_default();
    let trigger = trigger(&mut columns)?;
    let class = class_of(columns.value()?).ok_or_else(|| BadRow::new("no such class"))?;
    let (idempotency_key, input, queued_at) = (columns.value()?, columns.payload()?, columns.moment()?);
    let (ended, state): (Option<&str>, Option<i16>) = (columns.value()?, columns.value()?);
    let started_at = columns.some_moment()?;
    let status = match (ended, state) {
        (Some(ended), _) => ended.parse().map_err(BadRow::new)?,
        (None, Some(OWNED)) => RunStatus::Running,
        (None, Some(HELD)) => RunStatus::Queued,
        (None, Some(_)) if started_at.is_none() => RunStatus::Queued,
        (None, Some(_)) => RunStatus::Waiting,
        (None, None) => return Err(BadRow::new("it has neither ended nor a live row")),
    };
    Ok(Run {
        workspace,
        id,
        orchestra_id,
        score_id,
        score_version,
        agents,
        trigger,
        status,
        input,
        class,
        idempotency_key,
        queued_at,
        started_at,
        finished_at: columns.some_moment()?,
        output: columns.value()?,
        result: columns.some_payload()?,
        error: failure(&mut columns)?,
        totals: totals(&mut columns)?,
        revision: columns.count_or_zero()?,
    })
}

/// Reads the totals of a live run, and which run that is.
pub(super) fn live_totals(row: &PgRow) -> Result<(RunId, Totals), BadRow> {
    let mut columns = Columns::new(row);
    Ok((columns.id(RunId::from_u128)?, totals(&mut columns)?))
}

fn totals(columns: &mut Columns<'_>) -> Result<Totals, BadRow> {
    Ok(Totals {
        input_tokens: columns.some_number()?.unwrap_or(0),
        output_tokens: columns.some_number()?.unwrap_or(0),
        cache_read_tokens: columns.some_number()?.unwrap_or(0),
        cache_write_tokens: columns.some_number()?.unwrap_or(0),
        known: Money::from_nanos(columns.value::<Option<i64>>()?.unwrap_or(0)),
        has_unknown: columns.value::<Option<bool>>()?.unwrap_or(false),
    })
}
