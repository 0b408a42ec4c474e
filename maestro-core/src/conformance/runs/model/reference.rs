//! The reference: live rows in a map, changed by the pure functions of the domain and by nothing else.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        Actor, Admission, ClaimId, Disposition, LiveCount, LiveRun, LiveState, NewRun, OrchestraId,
        RunRecord, RunRef, RunStatus, Signal, SignalId, WorkerId, WorkspaceId, admit,
        live::{self, Verdict},
    },
    ports::store::{CancelAnswer, ConflictReason, DueClass, Enqueued, OwnedRun, Quota, RecordAnswer},
};

/// What the model knows of one run.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) live: LiveRun,
    /// How it ended, and when.
    pub(super) ended: Option<(RunStatus, DateTime<Utc>)>,
    /// Records that were applied, by their names.
    applied: Vec<(u32, WorkerId, u32)>,
    /// The claims that ended it before it was reopened.
    reopened: Vec<u32>,
    pub(super) signals: Vec<SignalId>,
}

/// Every run of a history.
#[derive(Debug, Default)]
pub(super) struct Reference {
    pub(super) rows: BTreeMap<RunRef, Row>,
}

impl Row {
    pub(super) fn status(&self) -> RunStatus {
        self.ended.map_or_else(|| self.live.status(), |(status, _)| status)
    }

    /// Returns how many records wrote steps: each one does.
    pub(super) fn records(&self) -> usize {
        self.applied.len()
    }

    /// Ends the run; what is left of the live row is nobody's.
    fn end(&mut self, status: RunStatus, at: DateTime<Utc>) {
        self.ended = Some((status, at));
        self.live.state = LiveState::Due { at: None };
    }

    /// Tells whether the claim ended the run and the run was reopened since: a store may forget what was recorded under it.
    pub(super) fn may_be_forgotten(&self, record: &RunRecord) -> bool {
        self.reopened.contains(&record.claim_no)
    }

    fn is_queued_by(&self, workspace: &WorkspaceId, orchestra: &OrchestraId) -> bool {
        self.ended.is_none()
            && self.live.run.workspace == *workspace
            && self.live.run.orchestra_id == *orchestra
    }

    pub(super) fn is_owned_by(&self, worker: WorkerId, claim: Option<ClaimId>) -> bool {
        matches!(&self.live.state, LiveState::Owned { worker: of, claim: by }
            if *of == worker && claim.is_none_or(|claim| claim == *by))
    }
}

impl Reference {
    pub(super) fn enqueue(&mut self, new: &NewRun) -> Enqueued {
        if self.rows.contains_key(&new.run) {
            return Enqueued::Accepted { held: false };
        }
        let count = self.count(&new.run.workspace, &new.run.orchestra_id);
        let held = admit(count, new.max_concurrent_runs) == Admission::Held;
        let due_at = new.due_at;
        let live = LiveRun {
            run: new.run.clone(),
            class: new.class,
            state: if held { LiveState::Held { due_at } } else { LiveState::Due { at: Some(due_at) } },
            claim_no: 0,
            seq: 0,
            recoveries: 0,
            signals: 0,
            cancel: None,
            started_at: None,
            exclusive: new.exclusive,
            promotes: new.promotes,
        };
        let row = Row { live, ended: None, applied: Vec::new(), reopened: Vec::new(), signals: Vec::new() };
        self.rows.insert(new.run.clone(), row);
        Enqueued::Accepted { held }
    }

    /// Claims; returns the runs that were taken, by their names.
    pub(super) fn claim(
        &mut self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Vec<OwnedRun> {
        let mut taken = Vec::new();
        for quota in quotas {
            let mut due: Vec<_> = self.rows.values_mut().filter(|row| row.ended.is_none()).collect();
            due.retain(|row| row.live.run.workspace == quota.workspace && row.live.class == quota.class);
            due.retain(|row| row.live.is_claimable(now));
            due.sort_by_key(|row| (due_at(&row.live), row.live.run.run_id));
            for row in due.into_iter().take(quota.limit.get() as usize) {
                row.live = row.live.claimed(worker, claim, now);
                taken.push(owned(&row.live));
            }
        }
        taken
    }

    pub(super) fn record(&mut self, record: &RunRecord, now: DateTime<Utc>) -> RecordAnswer {
        let Some(row) = self.rows.get_mut(&record.run) else { return RecordAnswer::LeaseLost };
        let name = (record.claim_no, record.worker, record.seq);
        let verdict = live::apply(&row.live, record);
        let done = match verdict {
            Verdict::Repeated { done } => done,
            // A record is known again under every later claim.
            _ if row.applied.contains(&name) => true,
            Verdict::LeaseLost => return RecordAnswer::LeaseLost,
            Verdict::ParkRefused(next) => {
                row.live = next;
                row.applied.push(name);
                false
            }
            Verdict::Applied(next) => {
                row.applied.push(name);
                row.live.seq = record.seq;
                match next {
                    Some(next) => row.live = next,
                    None => row.end(final_status(record), now),
                }
                true
            }
        };
        RecordAnswer::Applied { done, signals: row.live.signals, cancel: row.live.cancel.is_some() }
    }

    /// Signals; returns false when the run has ended.
    pub(super) fn signal(&mut self, run: &RunRef, signal: &Signal) -> bool {
        let Some(row) = self.rows.get_mut(run).filter(|row| row.ended.is_none()) else { return false };
        if !row.signals.contains(&signal.id) {
            row.signals.push(signal.id);
            row.live = row.live.signalled(signal.at);
        }
        true
    }

    pub(super) fn cancel(
        &mut self,
        run: &RunRef,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Option<CancelAnswer> {
        let row = self.rows.get_mut(run)?;
        if let Some((status, _)) = row.ended {
            return Some(CancelAnswer::Ended(status));
        }
        let is_owned = matches!(row.live.state, LiveState::Owned { .. });
        if is_owned && !force {
            row.live = row.live.cancel_requested(actor);
            return Some(CancelAnswer::Requested);
        }
        row.live.claim_no += 1; // the fence
        row.end(RunStatus::Cancelled, now);
        Some(CancelAnswer::Cancelled)
    }

    /// Reopens; returns why not.
    pub(super) fn reopen(&mut self, run: &RunRef, signal: &Signal, seq: u32) -> Result<(), ConflictReason> {
        let Some(row) = self.rows.get_mut(run) else { return Ok(()) };
        if row.signals.contains(&signal.id) {
            return Ok(());
        }
        match row.ended {
            None => return Err(ConflictReason::Live),
            Some((status, _)) if status.is_good() => return Err(ConflictReason::Ended),
            Some(_) if row.live.seq != seq => return Err(ConflictReason::Changed),
            Some(_) => {}
        }
        row.ended = None;
        row.signals.push(signal.id);
        row.reopened.push(row.live.claim_no);
        row.live = row.live.reopened(signal.at);
        Ok(())
    }

    pub(super) fn promote(
        &mut self,
        workspace: &WorkspaceId,
        orchestra: &OrchestraId,
        max: Option<u32>,
    ) -> u32 {
        let mut let_go = 0;
        loop {
            let active = self.count(workspace, orchestra).active;
            let held = |row: &&mut Row| matches!(row.live.state, LiveState::Held { .. });
            let mut rows = self.rows.values_mut().filter(|row| row.is_queued_by(workspace, orchestra));
            match rows.find(held) {
                Some(row) if row.live.may_go(active, max) => row.live = row.live.promoted(),
                _ => return let_go,
            }
            let_go += 1;
        }
    }

    pub(super) fn reclaim(&mut self, dead: WorkerId, now: DateTime<Utc>) -> u32 {
        let mut count = 0;
        for row in self.rows.values_mut().filter(|row| row.is_owned_by(dead, None)) {
            row.live = row.live.reclaimed(now);
            count += 1;
        }
        count
    }

    /// Returns what `due` answers.
    pub(super) fn due(&self, now: DateTime<Utc>) -> (Vec<DueClass>, Option<DateTime<Utc>>) {
        let live = || self.rows.values().filter(|row| row.ended.is_none()).map(|row| &row.live);
        let due = live().filter(|live| live.is_claimable(now));
        let mut due: Vec<_> =
            due.map(|live| DueClass { workspace: live.run.workspace.clone(), class: live.class }).collect();
        due.sort();
        due.dedup();
        (due, live().filter_map(due_at).filter(|at| *at > now).min())
    }

    pub(super) fn held(&self) -> Vec<(WorkspaceId, OrchestraId)> {
        let held = self.rows.values().filter(|row| matches!(row.live.state, LiveState::Held { .. }));
        let mut held: Vec<_> =
            held.map(|row| (row.live.run.workspace.clone(), row.live.run.orchestra_id.clone())).collect();
        held.sort();
        held.dedup();
        held
    }

    fn count(&self, workspace: &WorkspaceId, orchestra: &OrchestraId) -> LiveCount {
        let mut count = LiveCount::default();
        for row in self.rows.values().filter(|row| row.is_queued_by(workspace, orchestra)) {
            match row.live.state {
                LiveState::Held { .. } => count.held += 1,
                LiveState::Due { .. } | LiveState::Owned { .. } => count.active += 1,
            }
        }
        count
    }
}

fn final_status(record: &RunRecord) -> RunStatus {
    match &record.disposition {
        Disposition::Finish(finish) => finish.status,
        Disposition::Continue | Disposition::Park { .. } | Disposition::Falter { .. } => RunStatus::Succeeded,
    }
}

/// Returns what an owner is told of a run.
pub(super) fn owned(live: &LiveRun) -> OwnedRun {
    OwnedRun {
        run: live.run.clone(),
        claim_no: live.claim_no,
        seq: live.seq,
        signals: live.signals,
        cancel: live.cancel.is_some(),
    }
}

fn due_at(live: &LiveRun) -> Option<DateTime<Utc>> {
    match live.state {
        LiveState::Due { at } => at,
        LiveState::Owned { .. } | LiveState::Held { .. } => None,
    }
}
