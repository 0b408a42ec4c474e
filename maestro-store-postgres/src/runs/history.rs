//! Histories: what a worker reads before it goes on with runs that others have begun.

use maestro_core::{
    domain::{Actor, RunRef, Signal, SignalId},
    ports::store::{RunHistory, StoreError},
};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{documents, step_row};
use crate::{
    PostgresStore,
    columns::uuid,
    error::corrupt,
    rows::{BadRow, Columns},
};

impl PostgresStore {
    pub(super) async fn histories(&self, runs: &[RunRef]) -> Result<Vec<RunHistory>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = Asked::new(runs);
        let hot = &self.shared.hot;
        let last = self.statement(include_str!("../../queries/histories.sql"));
        let last = last.bind(&asked.workspaces).bind(&asked.orchestras).bind(&asked.ids);
        let mut histories = vec![RunHistory::default(); runs.len()];
        for (index, row) in hot.fetch(last).await?.iter().enumerate() {
            match head(row).map_err(|bad| corrupt("run", runs[index].run_id, bad))? {
                Some(head) => histories[index] = head,
                // It is not there, or is one of another orchestra: no row of it may be read.
                None => asked.ids[index] = None,
            }
        }
        let steps = self.statement(include_str!("../../queries/history_steps.sql"));
        for row in hot.fetch(steps.bind(&asked.workspaces).bind(&asked.ids)).await? {
            let (index, row) = place(&row)?;
            let step =
                step_row::read(row).map_err(|bad| corrupt("step of the run", runs[index].run_id, bad))?;
            histories[index].steps.push(step);
        }
        let signals = self.statement(include_str!("../../queries/history_signals.sql"));
        for row in hot.fetch(signals.bind(&asked.workspaces).bind(&asked.ids)).await? {
            let (index, row) = place(&row)?;
            let signal = signal(row).map_err(|bad| corrupt("signal to the run", runs[index].run_id, bad))?;
            histories[index].signals.push(signal);
        }
        Ok(histories)
    }
}

/// Runs as lists.
struct Asked<'a> {
    workspaces: Vec<&'a str>,
    orchestras: Vec<&'a str>,
    ids: Vec<Option<Uuid>>,
}

impl<'a> Asked<'a> {
    fn new(runs: &'a [RunRef]) -> Self {
        Self {
            workspaces: runs.iter().map(|run| run.workspace.as_str()).collect(),
            orchestras: runs.iter().map(|run| run.orchestra_id.as_str()).collect(),
            ids: runs.iter().map(|run| Some(uuid(run.run_id.as_u128()))).collect(),
        }
    }
}

/// Reads what is known of a run beside steps and signals; `None` for a run that is not there.
fn head(row: &PgRow) -> Result<Option<RunHistory>, BadRow> {
    let mut columns = Columns::new(row);
    let (seq, cancelled_by): (Option<i32>, Option<&str>) = (columns.value()?, columns.value()?);
    let Some(seq) = seq else { return Ok(None) };
    let seq = u32::try_from(seq).map_err(BadRow::new)?;
    Ok(Some(RunHistory { seq, cancelled_by: cancelled_by.map(Actor::new), ..RunHistory::default() }))
}

/// Reads the place of a row's run among those asked for, from 1.
fn place(row: &PgRow) -> Result<(usize, Columns<'_>), StoreError> {
    let mut columns = Columns::new(row);
    let place = columns.count().map_err(|bad| corrupt("history", "", bad))?;
    Ok((place.saturating_sub(1) as usize, columns))
}

fn signal(mut columns: Columns<'_>) -> Result<Signal, BadRow> {
    let id = columns.id(SignalId::from_u128)?;
    documents::read_signal(id, columns.value()?)
}
