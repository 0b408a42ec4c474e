//! Runs to play with, at times that are made up.

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{
        ClaimId, Class, Disposition, Failure, Finish, NewRun, OrchestraId, Payload, RunId, RunRecord, RunRef,
        RunStatus, RunStep, ScoreId, StepKind, StepStatus, Totals, Trigger, WorkerId, WorkspaceId,
    },
    ports::store::{ClaimedRun, Quota, RunStore},
};
use maestro_store_postgres::PostgresStore;
use sqlx::{AssertSqlSafe, PgConnection};

pub(crate) const WORKER: WorkerId = WorkerId::from_u128(7);

/// Returns a moment so many seconds after the beginning.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

/// Returns the run with this number; ids sort by number.
pub(crate) fn new_run(number: u128) -> NewRun {
    let run = RunRef {
        workspace: WorkspaceId::default(),
        orchestra_id: OrchestraId::new("news").unwrap(),
        run_id: RunId::at(at(0), number << 56),
    };
    NewRun {
        run,
        score_id: ScoreId::new("score").unwrap(),
        score_version: 1,
        agents: Vec::new(),
        trigger: Trigger::Manual,
        class: Class::Normal,
        due_at: at(0),
        input: Payload::empty_object(),
        key: None,
        max_concurrent_runs: None,
        exclusive: false,
        promotes: false,
    }
}

/// Claims whatever is due.
pub(crate) async fn claim(store: &PostgresStore, call: u128, limit: u32) -> Vec<ClaimedRun> {
    let workspace = WorkspaceId::default();
    let quota = Quota { workspace, class: Class::Normal, limit: NonZeroU32::new(limit).unwrap() };
    store.claim(WORKER, ClaimId::from_u128(call), at(0), &[quota]).await.unwrap()
}

/// Returns a record of the first claim of a run.
pub(crate) fn record(run: &RunRef, seq: u32, steps: Vec<RunStep>, disposition: Disposition) -> RunRecord {
    RunRecord { run: run.clone(), claim_no: 1, worker: WORKER, seq, steps, disposition }
}

/// Returns a step that succeeded with this output.
pub(crate) fn step(key: &str, output: Payload) -> RunStep {
    let step = RunStep::new(key.parse().unwrap(), 1, StepKind::Deterministic, StepStatus::Succeeded);
    RunStep { output: Some(output), ..step }
}

/// Returns the end of a run.
pub(crate) fn finish(output: Option<&str>) -> Disposition {
    Disposition::Finish(Finish {
        status: RunStatus::Failed,
        output: output.map(str::to_owned),
        result: None,
        error: Some(Failure::new("stopped", "by a test")),
        totals: Totals::default(),
    })
}

/// Runs SQL that asks for no rows.
pub(crate) async fn run_sql(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.expect(sql);
}
