//! Live runs: the queue row of a run that has not ended, and every change it can undergo.
//!
//! All functions are pure: no I/O, no clock. A store that does the same in its own language is proven equal to
//! them by the conformance suite.

use chrono::{DateTime, Utc};

use super::{Actor, ClaimId, Class, Disposition, RunRecord, RunRef, RunStatus, WorkerId};

/// How often in a row a run may lose its worker, or its worker may falter, without a new durable step before it is given up.
pub const MAX_RECOVERIES: u32 = 3;

/// Where a live run stands; data lives in the state it belongs to.
// Not `non_exhaustive`, on purpose: a new state must stop every store from compiling until it is handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveState {
    /// May be claimed from `at` on; `None` means that only a signal can wake it.
    Due {
        /// When.
        at: Option<DateTime<Utc>>,
    },
    /// A worker plays it.
    Owned {
        /// Who.
        worker: WorkerId,
        /// By which call of claim.
        claim: ClaimId,
    },
    /// Waits for other runs of its orchestra to end.
    Held {
        /// When it is due once it is let go.
        due_at: DateTime<Utc>,
    },
}

/// The queue row of a run that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRun {
    /// The run.
    pub run: RunRef,
    /// Its queue.
    pub class: Class,
    /// Where it stands.
    pub state: LiveState,
    /// The fence: grows by one with every claim, and when a person ends the run over its worker's head.
    pub claim_no: u32,
    /// The last record that was applied.
    pub seq: u32,
    /// How often in a row its worker died or faltered without a new durable step; a step that only began is none.
    pub recoveries: u32,
    /// How often it was signalled.
    pub signals: u32,
    /// Who asked for its end first, if anybody did.
    pub cancel: Option<Actor>,
    /// When it was first claimed.
    pub started_at: Option<DateTime<Utc>>,
    /// Whether, once held, it plays alone.
    pub exclusive: bool,
    /// Whether whoever ends it must promote runs of its orchestra.
    pub promotes: bool,
}

/// What a record does to the row that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its steps are written and the row becomes this; `None` means that the run has ended.
    Applied(Option<LiveRun>),
    /// Its steps are written, but the run was signalled meanwhile and is not parked.
    ParkRefused(LiveRun),
    /// It was applied before; nothing changes.
    Repeated {
        /// Whether what it asked for was done then: false for a park that was refused.
        done: bool,
    },
    /// The worker owns the run no longer; nothing is written.
    LeaseLost,
}

/// Decides what `record` does to `row`. The one place where workers' writes meet the fence.
pub fn apply(row: &LiveRun, record: &RunRecord) -> Verdict {
    let is_owner = matches!(&row.state, LiveState::Owned { worker, .. } if *worker == record.worker);
    if row.claim_no != record.claim_no {
        return Verdict::LeaseLost;
    }
    if record.seq <= row.seq {
        let lets_go = matches!(record.disposition, Disposition::Park { .. } | Disposition::Falter { .. });
        let done = !(is_owner && lets_go);
        return Verdict::Repeated { done };
    }
    if !is_owner {
        return Verdict::LeaseLost;
    }
    let recoveries = if record.goes_on() { 0 } else { row.recoveries };
    let written = LiveRun { seq: record.seq, recoveries, ..row.clone() };
    match &record.disposition {
        Disposition::Continue => Verdict::Applied(Some(written)),
        Disposition::Finish(_) => Verdict::Applied(None),
        Disposition::Falter { wake_at } => Verdict::Applied(Some(written.reclaimed(*wake_at))),
        Disposition::Park { signals_seen, .. } if *signals_seen != row.signals => {
            Verdict::ParkRefused(written)
        }
        Disposition::Park { wake_at, .. } => {
            Verdict::Applied(Some(LiveRun { state: LiveState::Due { at: *wake_at }, ..written }))
        }
    }
}

impl LiveRun {
    /// Tells whether a claim at `now` may take the run.
    pub fn is_claimable(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, LiveState::Due { at: Some(at) } if at <= now)
    }

    /// Returns the row after `worker` claimed it at `now`.
    #[must_use]
    pub fn claimed(&self, worker: WorkerId, claim: ClaimId, now: DateTime<Utc>) -> Self {
        Self {
            state: LiveState::Owned { worker, claim },
            claim_no: self.claim_no.saturating_add(1),
            started_at: self.started_at.or(Some(now)),
            ..self.clone()
        }
    }

    /// Returns the row after a signal at `now`: who waits wakes, who plays or is held only hears of it.
    #[must_use]
    pub fn signalled(&self, now: DateTime<Utc>) -> Self {
        let state = match &self.state {
            // A run that never started waits for its own time, not for signals.
            LiveState::Due { at } if self.started_at.is_some() && at.is_none_or(|at| at > now) => {
                LiveState::Due { at: Some(now) }
            }
            state => state.clone(),
        };
        Self { state, signals: self.signals.saturating_add(1), ..self.clone() }
    }

    /// Returns the row after `actor` asked its owner to end it.
    #[must_use]
    pub fn cancel_requested(&self, actor: &Actor) -> Self {
        let cancel = self.cancel.clone().or_else(|| Some(actor.clone()));
        Self { cancel, signals: self.signals.saturating_add(1), ..self.clone() }
    }

    /// Returns the row after its worker was found dead or faltered: due at `at`, the recovery counted.
    #[must_use]
    pub fn reclaimed(&self, at: DateTime<Utc>) -> Self {
        Self {
            state: LiveState::Due { at: Some(at) },
            recoveries: self.recoveries.saturating_add(1),
            ..self.clone()
        }
    }

    /// Returns the live row of an ended run after a person had it played on at `now`; `self` is its last one. It is due at
    /// once, whatever the limits of its orchestra are.
    #[must_use]
    pub fn reopened(&self, now: DateTime<Utc>) -> Self {
        Self {
            state: LiveState::Due { at: Some(now) },
            seq: self.seq.saturating_add(1),
            recoveries: 0,
            signals: self.signals.saturating_add(1),
            cancel: None,
            ..self.clone()
        }
    }

    /// Tells whether a held run may go while `active` runs of its orchestra are due, played or parked.
    pub fn may_go(&self, active: u64, max_concurrent_runs: Option<u32>) -> bool {
        let gate = if self.exclusive { Some(1) } else { max_concurrent_runs };
        gate.is_none_or(|gate| active < u64::from(gate))
    }

    /// Returns the row after a held run was let go; any other row as it is.
    #[must_use]
    pub fn promoted(&self) -> Self {
        let state = match &self.state {
            LiveState::Held { due_at } => LiveState::Due { at: Some(*due_at) },
            state => state.clone(),
        };
        Self { state, ..self.clone() }
    }

    /// Returns the status that people see.
    pub fn status(&self) -> RunStatus {
        match (&self.state, self.started_at) {
            (LiveState::Owned { .. }, _) => RunStatus::Running,
            (LiveState::Due { .. }, Some(_)) => RunStatus::Waiting,
            (LiveState::Due { .. }, None) | (LiveState::Held { .. }, _) => RunStatus::Queued,
        }
    }
}
