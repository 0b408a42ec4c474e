//! Enlisting: how an orchestra becomes a run in the queue.

use chrono::{DateTime, Utc};

use super::{cast::agents_of, shared::Shared};
use crate::{
    domain::{
        AgentPin, Class, EnqueueKey, NewRun, Orchestra, OrchestraId, Overlap, Payload, RunId, RunRef, Score,
        Trigger, WorkspaceId,
    },
    ports::store::StoreError,
};

/// What is particular about one run of an orchestra.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) run_id: RunId,
    pub(crate) trigger: Trigger,
    pub(crate) class: Class,
    pub(crate) input: Payload,
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) key: Option<EnqueueKey>,
}

/// Makes a run of an orchestra, with the versions pinned that it will play.
pub(crate) fn new_run(
    orchestra: &Orchestra,
    score_version: u32,
    agents: Vec<AgentPin>,
    order: Order,
) -> NewRun {
    let queues = matches!(orchestra.overlap, Overlap::QueueOne | Overlap::QueueAll);
    NewRun {
        run: RunRef {
            workspace: orchestra.workspace.clone(),
            orchestra_id: orchestra.id.clone(),
            run_id: order.run_id,
        },
        score_id: orchestra.score_id.clone(),
        score_version,
        agents,
        exclusive: queues && matches!(order.trigger, Trigger::Cron { .. }),
        trigger: order.trigger,
        class: order.class,
        due_at: order.due_at,
        input: order.input,
        key: order.key,
        max_concurrent_runs: orchestra.max_concurrent_runs,
        promotes: queues || orchestra.max_concurrent_runs.is_some() || orchestra.on_finish.is_some(),
    }
}

/// Returns the present versions of the agents that a score's nodes name.
pub(crate) async fn pins(
    shared: &Shared,
    workspace: &WorkspaceId,
    score: &Score,
) -> Result<Vec<AgentPin>, StoreError> {
    let mut pins = Vec::new();
    for agent_id in agents_of(score) {
        let agent = shared.store.agent(workspace, &agent_id, None).await?;
        pins.push(AgentPin { agent_id: agent.id, version: agent.version });
    }
    Ok(pins)
}

/// Lets held runs of an orchestra go, as far as its present settings allow.
pub(crate) async fn promote(
    shared: &Shared,
    workspace: &WorkspaceId,
    orchestra_id: &OrchestraId,
) -> Result<(), StoreError> {
    let orchestra = shared.store.bare_orchestra(workspace, orchestra_id).await?;
    let promoted = shared.store.promote(workspace, orchestra_id, orchestra.max_concurrent_runs).await?;
    if promoted > 0 {
        shared.work.notify_one();
    }
    Ok(())
}
