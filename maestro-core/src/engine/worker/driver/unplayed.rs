//! Runs that are ended without being played.

use super::{Left, Stop};
use crate::{
    domain::{Disposition, Failure, Finish, RunRecord, RunStatus, Totals},
    engine::worker::{life::Life, recorder::Recorded},
    ports::store::{ClaimedRun, RecordAnswer, RunHistory, StoreError},
};

/// Fails a run whose workers died again and again.
pub(super) async fn abandon(life: &Life, claimed: &ClaimedRun, history: RunHistory) -> Result<Left, Stop> {
    let message = format!("its worker died {} times without getting any further", claimed.recoveries);
    end_unplayed(life, claimed, history, Failure::new("abandoned", message)).await
}

/// Fails a run whose score is gone or makes no sense.
pub(super) async fn give_up(
    life: &Life,
    claimed: &ClaimedRun,
    history: RunHistory,
    error: &StoreError,
) -> Result<Left, Stop> {
    tracing::error!(run_id = %claimed.run.run_id, error = error as &dyn std::error::Error, "the score cannot be read");
    let message =
        format!("the score {} v{} cannot be played: {error}", claimed.score_id, claimed.score_version);
    end_unplayed(life, claimed, history, Failure::new("score_unreadable", message)).await
}

async fn end_unplayed(
    life: &Life,
    claimed: &ClaimedRun,
    history: RunHistory,
    failure: Failure,
) -> Result<Left, Stop> {
    let mut totals = Totals::default();
    for step in &history.steps {
        if let Some(usage) = &step.usage {
            totals.add(usage, step.cost);
        }
    }
    let record = RunRecord {
        run: claimed.run.clone(),
        claim_no: claimed.claim_no,
        worker: life.worker,
        seq: history.seq + 1,
        steps: Vec::new(),
        disposition: Disposition::Finish(Finish {
            status: RunStatus::Failed,
            output: None,
            result: None,
            error: Some(failure),
            totals,
        }),
    };
    match life.recorder.record(record).await {
        Some(Recorded::Answer(RecordAnswer::Applied { .. })) => Ok(Left::Finished),
        Some(Recorded::Refused(error)) => Err(Stop::Broken(error)),
        _ => Err(Stop::Lost),
    }
}
