//! Snapshots: how things are when a stream begins.

use std::sync::Arc;

use axum::body::Bytes;
use maestro_core::{
    domain::{OrchestraId, RunId},
    engine::Workspace,
};
use serde::Serialize;

use super::{Live, Topic, event::event};
use crate::{
    problem::Problem,
    read::{self, RunsQuery, StepsQuery},
    wire::{Orchestra, Page, PageQuery, Run, RunStep, RunSummary, WorkspaceState},
};

/// How many orchestras or steps a snapshot shows; the rest can be listed.
const MANY: u32 = 200;

#[derive(Serialize)]
struct OfWorkspace {
    workspace: WorkspaceState,
    orchestras: Page<Orchestra>,
    runs: Page<RunSummary>,
}

#[derive(Serialize)]
struct OfOrchestra {
    orchestra: Orchestra,
    runs: Page<RunSummary>,
}

#[derive(Serialize)]
struct OfRun {
    run: Run,
    steps: Page<RunStep>,
}

/// Returns the snapshot of a topic, the one that was read last if nothing was told since.
pub(super) async fn of(live: &Live, topic: &Topic) -> Result<Bytes, Problem> {
    let kept = live.channels().get(topic).map(|channel| Arc::clone(&channel.snapshot));
    let Some(kept) = kept else { return read(live, topic).await };
    let mut kept = kept.lock().await;
    let told = live.channels().get(topic).map(super::Channel::told);
    if let Some((then, snapshot)) = &*kept
        && Some(*then) == told
    {
        return Ok(snapshot.clone());
    }
    let snapshot = read(live, topic).await?;
    *kept = told.map(|told| (told, snapshot.clone()));
    Ok(snapshot)
}

async fn read(live: &Live, topic: &Topic) -> Result<Bytes, Problem> {
    let workspace = live.0.maestro.workspace(topic.workspace());
    let written = match topic {
        Topic::Workspace(_) => event("snapshot", &of_workspace(&workspace).await?),
        Topic::Orchestra(_, id) => event("snapshot", &of_orchestra(&workspace, id).await?),
        Topic::Run(_, id) => {
            let found = of_run(&workspace, *id).await?;
            if let Some(channel) = live.channels().get_mut(topic) {
                channel.steps_told.get_or_insert(found.run.summary.revision);
            }
            event("snapshot", &found)
        }
    };
    written.ok_or_else(Problem::internal)
}

async fn of_workspace(workspace: &Workspace) -> Result<OfWorkspace, Problem> {
    let all = PageQuery { limit: Some(MANY), cursor: None };
    Ok(OfWorkspace {
        workspace: read::workspace(workspace).await?,
        orchestras: read::orchestras(workspace, &all).await?,
        runs: read::runs(workspace, &RunsQuery::default()).await?,
    })
}

async fn of_orchestra(workspace: &Workspace, id: &OrchestraId) -> Result<OfOrchestra, Problem> {
    let of_it = RunsQuery { orchestra_id: Some(id.clone()), ..RunsQuery::default() };
    Ok(OfOrchestra {
        orchestra: workspace.orchestra(id).await?.into(),
        runs: read::runs(workspace, &of_it).await?,
    })
}

/// Reads the run before its steps: what is recorded between the two shows in the steps, and is told again.
async fn of_run(workspace: &Workspace, id: RunId) -> Result<OfRun, Problem> {
    let run = read::run(workspace, id).await?;
    let steps =
        read::steps(workspace, id, &StepsQuery { limit: Some(MANY), ..StepsQuery::default() }).await?;
    Ok(OfRun { run, steps })
}
