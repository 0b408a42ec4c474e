//! Reading runs: one, a page of them, their steps and what was recorded.

use std::{
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use maestro_core::{
    domain::{Actor, Run, RunId, RunRef, RunStep, Signal, WorkspaceId},
    ports::store::{RunFilter, RunHistory, StepQuery, StoreError},
};

use crate::{run_row::RunRow, state::State};

/// What was recorded of a run, still shared with its row: it is copied after the lock is gone.
#[derive(Default)]
pub(crate) struct Recorded {
    steps: Vec<Arc<RunStep>>,
    signals: Vec<Signal>,
    cancelled_by: Option<Actor>,
    seq: u32,
}

impl State {
    pub(crate) fn run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError> {
        let row = self.runs.get(workspace, &run_id).ok_or_else(|| StoreError::no_run(run_id))?;
        Ok(row.run())
    }

    pub(crate) fn list_runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Vec<Run> {
        let matches = |row: &&RunRow| is_listed(row, filter);
        if let Some(orchestra) = &filter.orchestra_id {
            let runs = self.index.runs_before(workspace, orchestra, before);
            let rows = runs.filter_map(|run_id| self.runs.get(workspace, &run_id)).map(Box::as_ref);
            return rows.filter(matches).take(limit as usize).map(RunRow::run).collect();
        }
        let rows = self.runs.range(workspace, (Unbounded, before.map_or(Unbounded, Excluded)));
        let rows = rows.rev().map(|(_, row)| row.as_ref());
        rows.filter(matches).take(limit as usize).map(RunRow::run).collect()
    }

    pub(crate) fn list_steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<Arc<RunStep>>, StoreError> {
        let row = self.runs.get(workspace, &run_id).ok_or_else(|| StoreError::no_run(run_id))?;
        Ok(row.steps.list(query, limit))
    }

    pub(crate) fn recorded(&self, run: &RunRef) -> Recorded {
        let row = self.runs.get(&run.workspace, &run.run_id).filter(|row| row.live.run == *run);
        row.map_or_else(Recorded::default, |row| Recorded {
            steps: row.steps.all(),
            signals: row.signals.clone(),
            cancelled_by: row.live.cancel.clone(),
            seq: row.live.seq,
        })
    }
}

impl From<Recorded> for RunHistory {
    fn from(recorded: Recorded) -> Self {
        let Recorded { steps, signals, cancelled_by, seq } = recorded;
        Self { steps: copied(&steps), signals, cancelled_by, seq }
    }
}

/// Copies rows that are shared with the store.
pub(crate) fn copied<T: Clone>(rows: &[Arc<T>]) -> Vec<T> {
    rows.iter().map(|row| T::clone(row)).collect()
}

fn is_listed(row: &RunRow, filter: &RunFilter) -> bool {
    (filter.statuses.is_empty() || filter.statuses.contains(&row.status()))
        && filter.trigger.as_deref().is_none_or(|trigger| row.trigger.name() == trigger)
        && filter.since.is_none_or(|since| since <= row.queued_at)
        && filter.until.is_none_or(|until| row.queued_at < until)
}
