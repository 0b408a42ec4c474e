//! Claiming: how a worker becomes the one owner of a due run, and how runs come back or are let go.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{ClaimId, LiveRun, LiveState, OrchestraId, RunId, WorkerId, WorkspaceId},
    ports::store::{ClaimedRun, DueClass, News, OwnedRun, Quota},
};

use crate::{
    run_row::RunRow,
    state::{RunKey, State},
};

impl State {
    pub(crate) fn claim(
        &mut self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
        news: &mut News,
    ) -> Vec<ClaimedRun> {
        let mut claimed = Vec::new();
        for Quota { workspace, class, limit } in quotas {
            let queue = DueClass { workspace: workspace.clone(), class: *class };
            for run_id in self.index.queues.due_runs(&queue, now, limit.get()) {
                let row = self.change(workspace, run_id, |live| live.claimed(worker, claim, now));
                claimed.extend(row.map(|row| row.claimed()));
            }
        }
        claimed.iter().for_each(|claimed| news.run(&claimed.run));
        claimed
    }

    pub(crate) fn claimed(&self, worker: WorkerId, claim: ClaimId) -> Vec<ClaimedRun> {
        let is_of_claim =
            |row: &&RunRow| matches!(row.live.state, LiveState::Owned { claim: of, .. } if of == claim);
        self.rows_owned_by(worker).filter(is_of_claim).map(RunRow::claimed).collect()
    }

    pub(crate) fn owned(&self, worker: WorkerId) -> Vec<OwnedRun> {
        self.rows_owned_by(worker).map(RunRow::owned).collect()
    }

    pub(crate) fn reclaim(
        &mut self,
        dead: &[WorkerId],
        now: DateTime<Utc>,
        limit: u32,
        news: &mut News,
    ) -> u32 {
        let mut left = limit;
        for worker in dead {
            let lost: Vec<RunKey> = self.index.owned_by(*worker).take(left as usize).cloned().collect();
            for RunKey { workspace, id } in &lost {
                if let Some(row) = self.change(workspace, *id, |live| live.reclaimed(now)) {
                    news.run(&row.live.run);
                    news.due(&row.live.run.workspace);
                    left -= 1;
                }
            }
        }
        limit - left
    }

    pub(crate) fn promote(
        &mut self,
        workspace: &WorkspaceId,
        orchestra: &OrchestraId,
        max_concurrent_runs: Option<u32>,
        news: &mut News,
    ) -> u32 {
        let mut promoted = 0;
        while let Some(run_id) = self.index.first_held(workspace, orchestra) {
            let active = self.index.count(workspace, orchestra).active;
            let row = self.runs.get(workspace, &run_id);
            if !row.is_some_and(|row| row.live.may_go(active, max_concurrent_runs)) {
                break;
            }
            if let Some(row) = self.change(workspace, run_id, LiveRun::promoted) {
                news.run(&row.live.run);
                news.due(&row.live.run.workspace);
            }
            promoted += 1;
        }
        promoted
    }

    pub(crate) fn held(&self, limit: u32) -> Vec<(WorkspaceId, OrchestraId)> {
        let held = self.index.holding().take(limit as usize);
        held.map(|orchestra| (orchestra.workspace.clone(), orchestra.id.clone())).collect()
    }

    /// Gives a run the live row that `next` makes of the present one.
    fn change(
        &mut self,
        workspace: &WorkspaceId,
        run_id: RunId,
        next: impl FnOnce(&LiveRun) -> LiveRun,
    ) -> Option<&RunRow> {
        let row = self.runs.get_mut(workspace, &run_id)?;
        let next = next(&row.live);
        self.index.replace(row, next);
        Some(row)
    }

    fn rows_owned_by(&self, worker: WorkerId) -> impl Iterator<Item = &RunRow> {
        let runs = self.index.owned_by(worker);
        runs.filter_map(|run| self.runs.get(&run.workspace, &run.id)).map(Box::as_ref)
    }
}
