//! What a driver reads before it begins, and what it tells a play of its run.

use super::Stop;
use crate::{
    domain::play::{PlayLimits, PlayedRun},
    engine::worker::life::Life,
    ports::store::{ClaimedRun, RunHistory, StoreError},
};

/// Reads what a play must know of its run.
pub(super) async fn played_run(life: &Life, claimed: &ClaimedRun) -> Result<PlayedRun, StoreError> {
    let shared = &life.shared;
    let read = || shared.plans.agents(&*shared.store, &claimed.run.workspace, &claimed.agents);
    let agents = shared.insist("read agents", read).await?;
    let mut default_model = shared.options.default_model.clone();
    if agents.iter().any(|agent| agent.model.trim().is_empty()) {
        let read = || shared.store.settings(&claimed.run.workspace);
        let named = shared.insist("read settings", read).await?.default_model;
        default_model = if named.trim().is_empty() { default_model } else { named };
    }
    Ok(PlayedRun {
        workspace: claimed.run.workspace.clone(),
        orchestra_id: claimed.run.orchestra_id.clone(),
        run_id: claimed.run.run_id,
        score_id: claimed.score_id.clone(),
        score_version: claimed.score_version,
        agents,
        default_model,
        trigger: claimed.trigger.clone(),
        input: claimed.input.clone(),
        queued_at: claimed.queued_at,
        started_at: claimed.started_at,
    })
}

pub(super) fn limits(life: &Life) -> PlayLimits {
    let options = &life.shared.options;
    PlayLimits { value_bytes: options.max_value_bytes, transcript_bytes: options.max_transcript_bytes }
}

pub(super) async fn read_history(life: &Life, claimed: &ClaimedRun) -> Result<RunHistory, Stop> {
    let shared = &life.shared;
    let read = || shared.store.history(std::slice::from_ref(&claimed.run));
    Ok(shared.insist("read history", read).await?.pop().unwrap_or_default())
}
