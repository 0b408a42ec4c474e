//! Runs as a play knows them, for those who read a record without playing it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::{Agent, Run, play::PlayedRun};

/// Returns what a play knows of `run`, but for the default model: which one it is does not matter to a record.
pub(super) fn played(run: &Run, agents: Vec<Arc<Agent>>, started_at: DateTime<Utc>) -> PlayedRun {
    PlayedRun {
        workspace: run.workspace.clone(),
        orchestra_id: run.orchestra_id.clone(),
        run_id: run.id,
        score_id: run.score_id.clone(),
        score_version: run.score_version,
        agents,
        default_model: "unknown".to_owned(),
        trigger: run.trigger.clone(),
        input: run.input.clone(),
        queued_at: run.queued_at,
        started_at,
    }
}
