//! Short ways to make what a store is given.

use std::{collections::BTreeMap, num::NonZeroU32};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        ClaimId, Class, Disposition, Failure, Finish, Misfire, NewRun, Orchestra, Overlap, Payload, RunId,
        RunRecord, RunRef, RunStatus, RunStep, StepKind, StepStatus, Totals, Trigger, WorkerId, WorkspaceId,
        Zone,
    },
    ports::store::{ClaimedRun, Quota, RunStore},
};

use crate::MemoryStore;

pub(super) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

pub(super) fn workspace(name: &str) -> WorkspaceId {
    name.parse().unwrap()
}

pub(super) fn worker(number: u128) -> WorkerId {
    WorkerId::from_u128(number)
}

pub(super) fn run_ref(workspace: &str, orchestra: &str, number: u128) -> RunRef {
    RunRef {
        workspace: workspace.parse().unwrap(),
        orchestra_id: orchestra.parse().unwrap(),
        run_id: RunId::from_u128(number),
    }
}

pub(super) fn new_run(run: RunRef, due_at: DateTime<Utc>) -> NewRun {
    NewRun {
        run,
        score_id: "score".parse().unwrap(),
        score_version: 1,
        agents: Vec::new(),
        trigger: Trigger::Manual,
        class: Class::Normal,
        due_at,
        input: Payload::empty_object(),
        key: None,
        max_concurrent_runs: None,
        exclusive: false,
        promotes: false,
    }
}

pub(super) fn quota(workspace: &str, class: Class, limit: u32) -> Quota {
    Quota { workspace: workspace.parse().unwrap(), class, limit: NonZeroU32::new(limit).unwrap() }
}

/// Claims one run of the workspace `a`.
pub(super) async fn claim(store: &MemoryStore, by: WorkerId, now: DateTime<Utc>) -> ClaimedRun {
    let claim = ClaimId::from_u128(now.timestamp() as u128);
    store.claim(by, claim, now, &[quota("a", Class::Normal, 1)]).await.unwrap().remove(0)
}

pub(super) fn record(run: &ClaimedRun, by: WorkerId, seq: u32, disposition: Disposition) -> RunRecord {
    let (run, claim_no) = (run.run.clone(), run.claim_no);
    RunRecord { run, claim_no, worker: by, seq, steps: Vec::new(), disposition }
}

pub(super) fn finish() -> Disposition {
    Disposition::Finish(Finish {
        status: RunStatus::Failed,
        output: None,
        result: None,
        error: Some(Failure::new("failed", "it failed")),
        totals: Totals::default(),
    })
}

pub(super) fn step(key: &str, status: StepStatus) -> RunStep {
    RunStep::new(key.parse().unwrap(), 1, StepKind::Deterministic, status)
}

pub(super) fn orchestra(id: &str) -> Orchestra {
    Orchestra {
        workspace: workspace("a"),
        id: id.parse().unwrap(),
        name: id.to_owned(),
        tag: String::new(),
        description: String::new(),
        cron: None,
        timezone: Zone::default(),
        score_id: "score".parse().unwrap(),
        enabled: true,
        secret_bindings: BTreeMap::new(),
        overlap: Overlap::Allow,
        misfire: Misfire::FireOnce,
        catchup_window_s: 60,
        max_concurrent_runs: None,
        budget_cents: None,
        on_finish: None,
        revision: 1,
        schedule_rev: 1,
        next_fire_at: Some(at(0)),
        created_at: at(0),
        updated_at: at(0),
    }
}
