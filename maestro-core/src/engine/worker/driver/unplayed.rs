//! Runs that are left or ended without being played on.

use super::{Left, Progress, Stop};
use crate::{
    domain::{Disposition, Failure, Finish, RunRecord, RunStatus, Totals, live::MAX_RECOVERIES},
    engine::{
        shared::delta,
        worker::{life::Life, recorder::Recorded},
    },
    ports::store::{ClaimedRun, RecordAnswer, StoreError},
};

/// Leaves a run that this worker cannot play on: for a while, or for good when that has happened too often. What the store
/// refuses here too is left to the lease, which lets go what nobody plays.
pub(super) async fn leave_broken(
    life: &Life,
    claimed: &ClaimedRun,
    progress: &Progress,
    reason: &str,
) -> Result<Left, Stop> {
    if progress.recoveries >= MAX_RECOVERIES {
        return abandon(life, claimed, progress, Some(reason)).await;
    }
    tracing::error!(run_id = %claimed.run.run_id, reason, "the run cannot be played on and is left for a while");
    let wake_at = life.shared.now() + delta(life.shared.options.hand_back_delay);
    match record(life, claimed, progress, Disposition::Falter { wake_at }).await? {
        Recorded::Answer(RecordAnswer::Applied { .. }) => Ok(Left::Parked),
        Recorded::Answer(RecordAnswer::LeaseLost) => Err(Stop::Lost),
        Recorded::NotStorable(_) => {
            let reason = "not even a record without values can be stored".to_owned();
            Err(Stop::Broken(StoreError::NotStorable { reason }))
        }
        Recorded::Refused(error) => Err(Stop::Broken(error)),
    }
}

/// Fails a run that lost its workers again and again.
pub(super) async fn abandon(
    life: &Life,
    claimed: &ClaimedRun,
    progress: &Progress,
    reason: Option<&str>,
) -> Result<Left, Stop> {
    let times = MAX_RECOVERIES + 1;
    let message = match reason {
        Some(reason) => {
            format!("it broke off {times} times without getting any further, at last because {reason}")
        }
        None => format!("it lost its worker {times} times without getting any further"),
    };
    end_unplayed(life, claimed, progress, Failure::new("abandoned", message)).await
}

/// Fails a run whose score is gone or makes no sense.
pub(super) async fn give_up(
    life: &Life,
    claimed: &ClaimedRun,
    progress: &Progress,
    error: &StoreError,
) -> Result<Left, Stop> {
    tracing::error!(run_id = %claimed.run.run_id, error = error as &dyn std::error::Error, "the score cannot be read");
    let message =
        format!("the score {} v{} cannot be played: {error}", claimed.score_id, claimed.score_version);
    end_unplayed(life, claimed, progress, Failure::new("score_unreadable", message)).await
}

async fn end_unplayed(
    life: &Life,
    claimed: &ClaimedRun,
    progress: &Progress,
    failure: Failure,
) -> Result<Left, Stop> {
    let shared = &life.shared;
    let read = || shared.store.run(&claimed.run.workspace, claimed.run.run_id);
    // What cannot be read is unknown, and no reason to keep the run.
    let unknown = || Totals { has_unknown: true, ..Totals::default() };
    let totals = shared.insist("read run", read).await.map_or_else(|_| unknown(), |run| run.totals);
    let bare = Failure::new(&failure.code, "the store cannot keep the message");
    for error in [failure, bare] {
        let finish = Finish {
            status: RunStatus::Failed,
            output: None,
            result: None,
            error: Some(error),
            totals: totals.clone(),
        };
        match record(life, claimed, progress, Disposition::Finish(finish)).await? {
            Recorded::Answer(RecordAnswer::Applied { .. }) => return Ok(Left::Finished),
            Recorded::Answer(RecordAnswer::LeaseLost) => return Err(Stop::Lost),
            Recorded::NotStorable(_) => {}
            Recorded::Refused(error) => return Err(Stop::Broken(error)),
        }
    }
    let reason = "not even the bare end of the run can be stored".to_owned();
    Err(Stop::Broken(StoreError::NotStorable { reason }))
}

async fn record(
    life: &Life,
    claimed: &ClaimedRun,
    progress: &Progress,
    disposition: Disposition,
) -> Result<Recorded, Stop> {
    let record = RunRecord {
        run: claimed.run.clone(),
        claim_no: claimed.claim_no,
        worker: life.worker,
        seq: progress.seq + 1,
        steps: Vec::new(),
        disposition,
    };
    life.recorder.record(record).await.ok_or(Stop::Lost)
}
