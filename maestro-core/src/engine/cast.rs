//! Casts: everything that a version of a score refers to, as it is now: operations, secrets and agents.

use std::collections::{BTreeMap, BTreeSet};

use super::shared::Shared;
use crate::{
    domain::{AgentId, AgentPin, NodeKind, OperationName, Score, SkillName, WorkspaceId},
    ports::{Operation, store::StoreError},
};

/// What a score refers to.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) score_version: u32,
    /// The latest versions of its agents.
    pub(crate) agents: Vec<AgentPin>,
    absent_agents: Vec<AgentId>,
    /// Operations that this process does not have, as they are written.
    unknown_operations: BTreeSet<String>,
    /// Secret slots, each with the operations that need it.
    secrets: BTreeMap<String, BTreeSet<String>>,
    /// Whether it asks models, and this process has no client for that.
    lacks_model_client: bool,
}

impl Cast {
    /// Looks up what `score` refers to: one read per agent.
    pub(crate) async fn read(
        shared: &Shared,
        workspace: &WorkspaceId,
        score: &Score,
    ) -> Result<Self, StoreError> {
        let mut cast = Self {
            score_version: score.version,
            agents: Vec::new(),
            absent_agents: Vec::new(),
            unknown_operations: BTreeSet::new(),
            secrets: BTreeMap::new(),
            lacks_model_client: false,
        };
        for node in &score.nodes {
            match &node.kind {
                NodeKind::Deterministic { skill, operation } => cast.add_operation(shared, skill, operation),
                NodeKind::Llm { .. } => cast.lacks_model_client = shared.model.is_none(),
                _ => {}
            }
        }
        for id in agents_of(score) {
            match shared.store.agent(workspace, &id, None).await {
                Ok(agent) => {
                    for tool in &agent.allowed_tools {
                        match operation_of(tool) {
                            Some(named) => cast.add_operation(shared, &named.skill, &named.name),
                            None => _ = cast.unknown_operations.insert(tool.clone()),
                        }
                    }
                    cast.agents.push(AgentPin { agent_id: id, version: agent.version });
                }
                Err(StoreError::NotFound { .. }) => cast.absent_agents.push(id),
                Err(error) => return Err(error),
            }
        }
        Ok(cast)
    }

    /// Returns all that keeps a run from being played with these bindings, each with what to do.
    pub(crate) fn missing(&self, bindings: &BTreeMap<String, String>) -> Vec<String> {
        let unknown = self.unknown_operations.iter().map(|operation| {
            format!("this process has no operation {operation}; register it, or take it out of the score")
        });
        let client = self.lacks_model_client.then(|| {
            "this process has no client for language models; give the builder one by model_client".to_owned()
        });
        unknown.chain(client).chain(self.lacking(bindings)).collect()
    }

    /// Returns what keeps a slot from being played. An operation that this process does not have is no reason: during a
    /// deployment another one may have it, and the run waits for it.
    pub(crate) fn broken(&self, bindings: &BTreeMap<String, String>) -> Option<String> {
        let lacking: Vec<_> = self.lacking(bindings).collect();
        (!lacking.is_empty()).then(|| lacking.join("; "))
    }

    /// Returns the slots that are bound, each with the name of its secret.
    pub(crate) fn bound<'c>(
        &'c self,
        bindings: &'c BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'c str, &'c str)> + 'c {
        let bound =
            self.secrets.keys().filter_map(|slot| Some((slot.as_str(), bindings.get(slot)?.as_str())));
        bound.filter(|(_, secret)| !secret.is_empty())
    }

    fn lacking<'c>(&'c self, bindings: &'c BTreeMap<String, String>) -> impl Iterator<Item = String> + 'c {
        let agents = self
            .absent_agents
            .iter()
            .map(|agent| format!("there is no agent {agent}; create it, or name another one in the score"));
        let unbound =
            self.secrets.iter().filter(|(slot, _)| bindings.get(*slot).is_none_or(String::is_empty));
        let secrets = unbound.map(|(slot, operations)| {
            let operations: Vec<_> = operations.iter().map(String::as_str).collect();
            format!("bind the secret slot {slot} of {} in secret_bindings", operations.join(", "))
        });
        agents.chain(secrets)
    }

    fn add_operation(&mut self, shared: &Shared, skill: &SkillName, name: &OperationName) {
        let operation = Operation { skill: skill.clone(), name: name.clone() };
        if !shared.skills.knows(&operation) {
            self.unknown_operations.insert(operation.to_string());
        }
        for slot in shared.skills.secrets(skill, name) {
            self.secrets.entry(slot.clone()).or_default().insert(operation.to_string());
        }
    }
}

/// Returns the agents that the LLM nodes of a score name, each once.
pub(crate) fn agents_of(score: &Score) -> BTreeSet<AgentId> {
    let agents = score.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Llm { agent, .. } => Some(agent.clone()),
        _ => None,
    });
    agents.collect()
}

/// Reads `skill.operation`.
pub(crate) fn operation_of(text: &str) -> Option<Operation> {
    let (skill, name) = text.split_once('.')?;
    Some(Operation { skill: SkillName::new(skill).ok()?, name: OperationName::new(name).ok()? })
}
