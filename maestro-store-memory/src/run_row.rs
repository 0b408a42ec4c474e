//! The row of a run: what was asked, where it stands, what was recorded.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        AgentPin, Finish, LiveRun, LiveState, Payload, Run, RunRecord, RunStatus, ScoreId, Signal, Trigger,
        WorkerId,
    },
    ports::store::{ClaimedRun, OwnedRun},
};

use crate::steps::Steps;

/// One run, live or ended.
pub(crate) struct RunRow {
    pub(crate) score_id: ScoreId,
    pub(crate) score_version: u32,
    pub(crate) agents: Box<[AgentPin]>,
    pub(crate) trigger: Trigger,
    pub(crate) input: Payload,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) queued_at: DateTime<Utc>,
    /// The row of the live queue. An ended run keeps its last one, which nobody owns: it still tells repeated
    /// records from late ones.
    pub(crate) live: LiveRun,
    pub(crate) end: Option<Box<End>>,
    pub(crate) steps: Steps,
    pub(crate) signals: Vec<Signal>,
    /// Who claimed it last.
    worker: Option<WorkerId>,
    /// The last record under each claim before the present one, for claims that recorded anything.
    earlier: Vec<LastRecord>,
}

/// How and when a run ended.
pub(crate) struct End {
    pub(crate) finish: Finish,
    pub(crate) at: DateTime<Utc>,
}

struct LastRecord {
    claim_no: u32,
    worker: Option<WorkerId>,
    seq: u32,
}

/// What a new row is made from, beside its live row.
pub(crate) struct Asked {
    pub(crate) score_id: ScoreId,
    pub(crate) score_version: u32,
    pub(crate) agents: Box<[AgentPin]>,
    pub(crate) trigger: Trigger,
    pub(crate) input: Payload,
    pub(crate) key: Option<Arc<str>>,
}

impl RunRow {
    pub(crate) fn new(asked: Asked, live: LiveRun, queued_at: DateTime<Utc>) -> Self {
        let Asked { score_id, score_version, agents, trigger, input, key } = asked;
        let (steps, signals, earlier) = (Steps::default(), Vec::new(), Vec::new());
        let (end, worker) = (None, None);
        Self {
            score_id,
            score_version,
            agents,
            trigger,
            input,
            key,
            queued_at,
            live,
            end,
            steps,
            signals,
            worker,
            earlier,
        }
    }

    /// Replaces the live row; returns the old one. Where the fence grew, what was recorded before it is kept.
    pub(crate) fn replace(&mut self, next: LiveRun) -> LiveRun {
        let last = std::mem::replace(&mut self.live, next);
        let known = self.earlier.last().map_or(0, |earlier| earlier.seq);
        if last.claim_no != self.live.claim_no && last.seq > known {
            self.earlier.push(LastRecord { claim_no: last.claim_no, worker: self.worker, seq: last.seq });
        }
        if let LiveState::Owned { worker, .. } = self.live.state {
            self.worker = Some(worker);
        }
        last
    }

    /// Makes an ended run live again by this row; returns how it had ended. Nobody has written the reopening's record under
    /// the claim that ended the run.
    pub(crate) fn reopen(&mut self, next: LiveRun) -> Option<Box<End>> {
        self.worker = None;
        self.live = next;
        self.end.take()
    }

    /// Tells whether a record under an earlier claim was applied then.
    pub(crate) fn was_applied(&self, record: &RunRecord) -> bool {
        let index = self.earlier.partition_point(|earlier| earlier.claim_no < record.claim_no);
        let before = index.checked_sub(1).map_or(0, |before| self.earlier[before].seq);
        self.earlier.get(index).is_some_and(|last| {
            (last.claim_no, last.worker) == (record.claim_no, Some(record.worker))
                && before < record.seq
                && record.seq <= last.seq
        })
    }

    pub(crate) fn is_live(&self) -> bool {
        self.end.is_none()
    }

    pub(crate) fn status(&self) -> RunStatus {
        self.end.as_ref().map_or_else(|| self.live.status(), |end| end.finish.status)
    }

    pub(crate) fn claimed(&self) -> ClaimedRun {
        ClaimedRun {
            run: self.live.run.clone(),
            claim_no: self.live.claim_no,
            seq: self.live.seq,
            recoveries: self.live.recoveries,
            signals: self.live.signals,
            cancel: self.live.cancel.is_some(),
            score_id: self.score_id.clone(),
            score_version: self.score_version,
            agents: self.agents.to_vec(),
            trigger: self.trigger.clone(),
            class: self.live.class,
            input: self.input.clone(),
            queued_at: self.queued_at,
            started_at: self.live.started_at.unwrap_or(self.queued_at),
            promotes: self.live.promotes,
        }
    }

    pub(crate) fn owned(&self) -> OwnedRun {
        OwnedRun {
            run: self.live.run.clone(),
            claim_no: self.live.claim_no,
            seq: self.live.seq,
            signals: self.live.signals,
            cancel: self.live.cancel.is_some(),
        }
    }

    /// Returns the run as people see it.
    pub(crate) fn run(&self) -> Run {
        let finish = self.end.as_ref().map(|end| &end.finish);
        Run {
            workspace: self.live.run.workspace.clone(),
            id: self.live.run.run_id,
            orchestra_id: self.live.run.orchestra_id.clone(),
            score_id: self.score_id.clone(),
            score_version: self.score_version,
            agents: self.agents.to_vec(),
            trigger: self.trigger.clone(),
            status: self.status(),
            input: self.input.clone(),
            output: finish.and_then(|finish| finish.output.clone()),
            result: finish.and_then(|finish| finish.result.clone()),
            error: finish.and_then(|finish| finish.error.clone()),
            class: self.live.class,
            idempotency_key: self.key.as_deref().map(str::to_owned),
            queued_at: self.queued_at,
            started_at: self.live.started_at,
            finished_at: self.end.as_ref().map(|end| end.at),
            totals: finish.map_or_else(|| self.steps.totals(), |finish| &finish.totals).clone(),
            revision: self.live.seq,
        }
    }
}
