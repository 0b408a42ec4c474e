//! Reopening: an ended run becomes live again.

use maestro_core::{
    domain::{RunId, WorkspaceId},
    ports::store::{ConflictReason, News, Reopening, StoreError},
};

use crate::state::State;

impl State {
    pub(crate) fn reopen(
        &mut self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
        news: &mut News,
    ) -> Result<(), StoreError> {
        let Reopening { signal, seq, steps, agents } = reopening;
        let row = self.runs.get_mut(workspace, &run_id).ok_or_else(|| StoreError::no_run(run_id))?;
        if row.signals.iter().any(|known| known.id == signal.id) {
            return Ok(());
        }
        let in_the_way = match &row.end {
            None => Some(ConflictReason::Live),
            Some(end) if end.finish.status.is_good() => Some(ConflictReason::Ended),
            Some(_) if row.live.seq != *seq => Some(ConflictReason::Changed),
            Some(_) => None,
        };
        if let Some(reason) = in_the_way {
            return Err(StoreError::conflict("run", run_id, reason));
        }
        let next = row.live.reopened(signal.at);
        for step in steps {
            row.steps.write(step, next.seq);
        }
        row.signals.push(signal.clone());
        agents.iter().for_each(|agents| row.agents = agents.as_slice().into());
        self.index.reopen(row, next);
        news.run(&row.live.run);
        news.signal(&row.live.run);
        news.due(&row.live.run.workspace);
        Ok(())
    }
}
