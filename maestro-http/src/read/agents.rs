//! Pages of agents, and where one is used.

use maestro_core::{
    domain::{self, AgentId},
    engine::Workspace,
};

use crate::{
    problem::Problem,
    wire::{Agent, AgentUsage, AgentUse, Key, Page, PageQuery, page_limit, page_of, read_cursor},
};

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
    let scores = workspace.agent_usage(id).await?.into_iter().map(AgentUse::from).collect();
    Ok(AgentUsage { scores })
}
