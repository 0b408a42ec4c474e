//! Pages of agents, and where one is used.

use maestro_core::{
    domain::{self, AgentId, NodeKind, Score},
    engine::Workspace,
};

use crate::{
    problem::Problem,
    wire::{Agent, AgentUsage, AgentUse, Key, Page, PageQuery, page_limit, page_of, read_cursor},
};

/// So many scores are read at once.
const BATCH: u32 = 100;

/// Returns a page of the latest versions of agents, in the order of ids.
pub(crate) async fn agents(workspace: &Workspace, asked: &PageQuery) -> Result<Page<Agent>, Problem> {
    let limit = page_limit(asked.limit)?;
    let after = read_cursor(asked.cursor.as_deref(), |key| match key {
        Key::Id(id) => id.parse().ok(),
        _ => None,
    })?;
    let found = workspace.agents(after.as_ref(), limit + 1).await?;
    let size = |agent: &domain::Agent| agent.system_prompt.len() + agent.description.len();
    Ok(page_of(found, limit, size, |agent| Key::Id(agent.id.to_string()), Agent::from))
}

/// Returns the scores whose latest version names an agent, each with the nodes that do.
pub(crate) async fn agent_usage(workspace: &Workspace, id: &AgentId) -> Result<AgentUsage, Problem> {
    workspace.agent(id, None).await?;
    let mut scores = Vec::new();
    let mut after = None;
    loop {
        let found = workspace.scores(after.as_ref(), BATCH).await?;
        after = found.last().map(|score| score.id.clone());
        scores.extend(found.iter().filter_map(|score| use_of(id, score)));
        if found.len() < BATCH as usize {
            return Ok(AgentUsage { scores });
        }
    }
}

fn use_of(id: &AgentId, score: &Score) -> Option<AgentUse> {
    let nodes =
        score.nodes.iter().filter(|node| matches!(&node.kind, NodeKind::Llm { agent, .. } if agent == id));
    let nodes: Vec<_> = nodes.map(|node| node.id.clone()).collect();
    (!nodes.is_empty()).then(|| AgentUse {
        score_id: score.id.clone(),
        name: score.name.clone(),
        version: score.version,
        nodes,
    })
}
