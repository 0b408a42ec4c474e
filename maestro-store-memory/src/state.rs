//! The state: every table of the store, and the keys by which one names a row of another.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use maestro_core::domain::{
    Actor, Agent, AgentId, ModelPricing, OrchestraId, RunId, RunRef, Score, ScoreId, SecretName, WorkspaceId,
    WorkspaceSettings,
};

use crate::{
    by_workspace::ByWorkspace, costs::CostRows, keys::Keys, ledger::Ledger, orchestras::Orchestras,
    run_index::RunIndex, run_row::RunRow, secrets::SecretVersions, versions::Versions, workers::Workers,
};

/// Every table.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) scores: Versions<ScoreId, Score>,
    pub(crate) agents: Versions<AgentId, Agent>,
    pub(crate) prices: ByWorkspace<(String, DateTime<Utc>), ModelPricing>,
    pub(crate) secrets: ByWorkspace<SecretName, SecretVersions>,
    pub(crate) orchestras: Orchestras,
    pub(crate) ledger: Ledger,
    pub(crate) runs: ByWorkspace<RunId, Box<RunRow>>,
    pub(crate) keys: Keys,
    /// Where runs stand; follows `runs`.
    pub(crate) index: RunIndex,
    pub(crate) workers: Workers,
    pub(crate) paused: BTreeMap<WorkspaceId, (Actor, DateTime<Utc>)>,
    pub(crate) settings: BTreeMap<WorkspaceId, WorkspaceSettings>,
    pub(crate) costs: CostRows,
    /// Runs that may wait for the budget of the day: those that began to, until somebody looks.
    pub(crate) budget_waits: BTreeSet<RunKey>,
}

/// Names an orchestra, whether or not there is one: runs may be enqueued in a store of runs alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrchestraKey {
    pub(crate) workspace: WorkspaceId,
    pub(crate) id: OrchestraId,
}

impl OrchestraKey {
    pub(crate) fn of(run: &RunRef) -> Self {
        Self { workspace: run.workspace.clone(), id: run.orchestra_id.clone() }
    }
}

/// Names a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunKey {
    pub(crate) workspace: WorkspaceId,
    pub(crate) id: RunId,
}

impl RunKey {
    pub(crate) fn of(run: &RunRef) -> Self {
        Self { workspace: run.workspace.clone(), id: run.run_id }
    }
}
