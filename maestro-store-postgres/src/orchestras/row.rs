//! Rows of orchestras and of the ledger, as the domain has them.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Firing, LiveCount, OnFinish, Orchestra, OrchestraId, RunId},
    ports::store::{DueSchedule, OrchestraState, StoreError},
};
use sqlx::{Row, postgres::PgRow};

use crate::{
    error::corrupt,
    rows::{BadRow, Columns, moment_named},
};

/// Reads an orchestra with what is live of it.
pub(super) fn state(row: &PgRow) -> Result<OrchestraState, StoreError> {
    let read = || {
        let mut columns = Columns::new(row);
        let orchestra = orchestra(&mut columns)?;
        let live = LiveCount { active: number(&mut columns)?, held: number(&mut columns)? };
        Ok(OrchestraState { orchestra, live })
    };
    read().map_err(|bad: BadRow| corrupt("orchestra", id_of(row), bad))
}

/// Reads an orchestra alone.
pub(super) fn bare(row: &PgRow) -> Result<Orchestra, StoreError> {
    orchestra(&mut Columns::new(row)).map_err(|bad| corrupt("orchestra", id_of(row), bad))
}

/// A schedule that is due and cannot be read, and why.
pub(super) struct Odd {
    pub(super) orchestra: String,
    pub(super) reason: BadRow,
}

/// Reads schedules that are due, and parts from them what makes no sense: it must not keep the others from firing.
pub(super) fn due(rows: &[PgRow]) -> (Vec<DueSchedule>, Vec<Odd>) {
    let (mut due, mut odd) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        // Where nothing is due, there is a row for the next moment alone.
        if row.try_get::<Option<bool>, _>("enabled").is_ok_and(|enabled| enabled.is_none()) {
            continue;
        }
        let mut columns = Columns::new(row);
        let read = orchestra(&mut columns)
            .and_then(|orchestra| Ok(DueSchedule { orchestra, paused: columns.value()? }));
        match read {
            Ok(schedule) => due.push(schedule),
            Err(reason) => odd.push(Odd { orchestra: id_of(row), reason }),
        }
    }
    (due, odd)
}

/// Reads the next moment beside schedules that are due. One that no clock will ever show is none to wait for.
pub(super) fn next_moment(row: &PgRow) -> Option<DateTime<Utc>> {
    moment_named(row, "next_at").unwrap_or(None)
}

/// Reads a row of the ledger; `None` where the slot is null, which is no row.
pub(super) fn firing(row: &PgRow, of: &OrchestraId) -> Result<Option<Firing>, StoreError> {
    let read = || {
        let mut columns = Columns::new(row);
        let Some(slot) = columns.some_moment()? else { return Ok(None) };
        Ok(Some(Firing {
            slot,
            until_slot: columns.moment()?,
            count: number(&mut columns)?,
            outcome: columns.word()?,
            late_ms: columns.value()?,
            run_id: columns.some_id(RunId::from_u128)?,
            reason: columns.value()?,
        }))
    };
    read().map_err(|bad: BadRow| corrupt("ledger of the orchestra", of, bad))
}

/// Reads the columns of an orchestra and of its schedule.
fn orchestra(columns: &mut Columns<'_>) -> Result<Orchestra, BadRow> {
    Ok(Orchestra {
        workspace: columns.word()?,
        id: columns.word()?,
        name: columns.value()?,
        tag: columns.value()?,
        description: columns.value()?,
        cron: some_word(columns)?,
        timezone: columns.word()?,
        score_id: columns.word()?,
        secret_bindings: columns.some_document()?.unwrap_or_default(),
        misfire: columns.word()?,
        catchup_window_s: columns.count()?,
        budget_cents: columns.some_number()?,
        on_finish: some_word(columns)?.map(|orchestra_id| OnFinish { orchestra_id }),
        revision: columns.count()?,
        created_at: columns.moment()?,
        updated_at: columns.moment()?,
        enabled: columns.value()?,
        schedule_rev: columns.count()?,
        next_fire_at: columns.some_moment()?,
        overlap: columns.word()?,
        max_concurrent_runs: some_count(columns)?,
    })
}

fn some_word<T: FromStr<Err: Display>>(columns: &mut Columns<'_>) -> Result<Option<T>, BadRow> {
    columns.value::<Option<&str>>()?.map(str::parse).transpose().map_err(BadRow::new)
}

fn some_count(columns: &mut Columns<'_>) -> Result<Option<u32>, BadRow> {
    columns.value::<Option<i32>>()?.map(u32::try_from).transpose().map_err(BadRow::new)
}

fn number(columns: &mut Columns<'_>) -> Result<u64, BadRow> {
    u64::try_from(columns.value::<i64>()?).map_err(BadRow::new)
}

/// Returns the id for a message about the row.
fn id_of(row: &PgRow) -> String {
    row.try_get("id").unwrap_or_default()
}
