//! Rows of runs that were claimed.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{RunId, RunRef, Trigger},
    ports::store::ClaimedRun,
};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::new_rows::class_of;
use crate::rows::{BadRow, Columns};

/// A run that was claimed, and when it was due.
pub(super) struct Claimed {
    pub(super) run: ClaimedRun,
    pub(super) due_at: DateTime<Utc>,
}

/// A run that was claimed and cannot be played.
pub(super) struct Unreadable {
    pub(super) workspace: String,
    pub(super) orchestra: String,
    pub(super) run: Uuid,
    pub(super) reason: String,
}

impl Claimed {
    pub(super) fn read(row: &PgRow) -> Result<Self, BadRow> {
        let mut columns = Columns::new(row);
        let run = RunRef {
            workspace: columns.word()?,
            orchestra_id: columns.word()?,
            run_id: columns.id(RunId::from_u128)?,
        };
        let (claim_no, seq) = (number(&mut columns)?, number(&mut columns)?);
        let (recoveries, signals) = (columns.count()?, columns.count()?);
        let (cancel, class, promotes) = (columns.value()?, columns.value()?, columns.value()?);
        let class = class_of(class).ok_or_else(|| BadRow::new("no such class"))?;
        let started_at = columns.moment()?;
        let run = ClaimedRun {
            run,
            claim_no,
            seq,
            recoveries,
            signals,
            cancel,
            score_id: columns.word()?,
            score_version: columns.count()?,
            agents: columns.some_document()?.unwrap_or_default(),
            trigger: trigger(&mut columns)?,
            class,
            input: columns.payload()?,
            queued_at: columns.moment()?,
            started_at,
            promotes,
        };
        Ok(Self { run, due_at: columns.moment()? })
    }
}

impl Unreadable {
    /// Reads as much as it takes to find the row again; a key of a primary key is always there.
    pub(super) fn read(row: &PgRow, why: &BadRow) -> Option<Self> {
        let mut columns = Columns::new(row);
        Some(Self {
            workspace: columns.value().ok()?,
            orchestra: columns.value().ok()?,
            run: columns.value().ok()?,
            reason: why.to_string(),
        })
    }
}

/// Reads a number that must be able to grow.
fn number(columns: &mut Columns<'_>) -> Result<u32, BadRow> {
    const LAST: u32 = i32::MAX.cast_unsigned();
    match columns.count()? {
        LAST => Err(BadRow::new("a number of claims or records that can grow no more")),
        number => Ok(number),
    }
}

/// Reads what made a run: its name, its slot, its other run.
pub(super) fn trigger(columns: &mut Columns<'_>) -> Result<Trigger, BadRow> {
    let (name, slot): (&str, _) = (columns.value()?, columns.some_moment()?);
    let of = columns.some_id(RunId::from_u128)?;
    match (name, slot, of) {
        ("cron", Some(slot), _) => Ok(Trigger::Cron { slot }),
        ("manual", ..) => Ok(Trigger::Manual),
        ("api", ..) => Ok(Trigger::Api),
        ("rerun", _, Some(of)) => Ok(Trigger::Rerun { of }),
        ("finish", _, Some(of)) => Ok(Trigger::Finish { of }),
        _ => Err(BadRow::new(format_args!("a trigger {name:?} without what belongs to it"))),
    }
}
