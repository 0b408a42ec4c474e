//! Agents and the prices of models, as hosts and people keep them.

use super::{Error, Workspace, cast::operation_of, orchestras, scores::refuse_reserved};
use crate::{
    domain::{Agent, AgentId, ModelPricing},
    ports::store::StoreError,
};

/// How often a version is tried whose number others take first.
const TRIES: u32 = 20;
const LONGEST_PROMPT: usize = 200_000; // bytes
const LONGEST_MODEL: usize = 200; // characters
const MOST_TOOLS: usize = 200;

impl Workspace {
    /// Saves an agent as the next version of its id and returns it as it is stored. An agent that is the same as its latest
    /// version makes none. The number and the time in `agent` do not matter.
    ///
    /// Dropping the future leaves the version saved or not.
    ///
    /// # Errors
    /// [`Error::Invalid`] says which field makes no sense; [`Error::Store`], a conflict when the id was deleted.
    pub async fn save_agent(&self, agent: Agent) -> Result<Agent, Error> {
        self.save_agent_version(agent, None).await
    }

    /// Saves an agent like [`save_agent`](Self::save_agent), but only if nobody saved it since version `expected` was read;
    /// 0 means that there is none yet.
    ///
    /// # Errors
    /// [`Error::Revision`] when the latest version is another one; otherwise as [`save_agent`](Self::save_agent).
    pub async fn save_agent_over(&self, agent: Agent, expected: u32) -> Result<Agent, Error> {
        self.save_agent_version(agent, Some(expected)).await
    }

    async fn save_agent_version(&self, agent: Agent, expected: Option<u32>) -> Result<Agent, Error> {
        let agent = checked(agent)?;
        for _ in 0..TRIES {
            let latest = self.latest_agent(&agent.id).await?;
            let version = latest.as_ref().map_or(0, |latest| latest.version);
            if let Some(expected) = expected.filter(|expected| *expected != version) {
                return Err(Error::Revision {
                    what: format!("agent {}", agent.id),
                    expected,
                    present: version,
                });
            }
            if let Some(latest) = latest
                && (Agent { version, updated_at: latest.updated_at, ..agent.clone() }) == latest
            {
                return Ok(latest);
            }
            let (version, updated_at) = (version.saturating_add(1), self.shared.now());
            let next = Agent { version, updated_at, ..agent.clone() };
            match self.shared.store.save_agent(&self.id, &next).await {
                Ok(()) => return Ok(next),
                // Somebody took the number, or the id was deleted: then the latest stays away.
                Err(error) if error.conflict_reason().is_some() => {
                    if self.latest_agent(&agent.id).await?.is_none() {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let reason = "others save it all the time; try again".to_owned();
        Err(Error::Conflict { what: format!("agent {}", agent.id), reason })
    }

    /// Saves an agent unless there is one with its id: that one is left as people have made it. Returns what is stored.
    ///
    /// # Errors
    /// As [`save_agent`](Self::save_agent).
    pub async fn ensure_agent(&self, agent: Agent) -> Result<Agent, Error> {
        if let Some(there) = self.latest_agent(&agent.id).await? {
            return Ok(there);
        }
        let first = Agent { version: 1, updated_at: self.shared.now(), ..checked(agent)? };
        match self.shared.store.save_agent(&self.id, &first).await {
            Ok(()) => Ok(first),
            Err(error) => match self.latest_agent(&first.id).await? {
                Some(there) => Ok(there),
                None => Err(error.into()),
            },
        }
    }

    /// Returns a version of an agent, the latest when none is named.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn agent(&self, id: &AgentId, version: Option<u32>) -> Result<Agent, Error> {
        Ok(self.shared.store.agent(&self.id, id, version).await?)
    }

    /// Lists the latest versions of agents in the order of ids, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn agents(&self, after: Option<&AgentId>, limit: u32) -> Result<Vec<Agent>, Error> {
        Ok(self.shared.store.agents(&self.id, after, limit).await?)
    }

    /// Deletes an agent that the latest version of no score names. Its versions stay readable by number.
    ///
    /// # Errors
    /// [`Error::Store`], a conflict while a score names it.
    pub async fn delete_agent(&self, id: &AgentId) -> Result<(), Error> {
        Ok(self.shared.store.delete_agent(&self.id, id).await?)
    }

    /// Returns every price of the workspace, by model, then by the moment from which it is valid.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn prices(&self) -> Result<Vec<ModelPricing>, Error> {
        Ok(self.shared.store.prices(&self.id).await?)
    }

    /// Stores prices; one of the same model and moment is replaced. What was played before keeps its cost.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a model without a name; [`Error::Store`].
    pub async fn set_prices(&self, prices: &[ModelPricing]) -> Result<(), Error> {
        if prices.iter().any(|price| price.model.trim().is_empty() || !is_model(&price.model)) {
            return Err(Error::invalid("model", "use 1 to 200 characters on one line"));
        }
        Ok(self.shared.store.set_prices(&self.id, prices).await?)
    }

    pub(super) async fn latest_agent(&self, id: &AgentId) -> Result<Option<Agent>, Error> {
        match self.shared.store.agent(&self.id, id, None).await {
            Ok(agent) => Ok(Some(agent)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Checks an agent. Whether its tools are registered is for readiness: another process may have them.
fn checked(agent: Agent) -> Result<Agent, Error> {
    refuse_reserved("id", agent.id.as_str())?;
    let name = orchestras::check_name(&agent.name)?;
    let description = orchestras::check_description(agent.description)?;
    if !is_model(&agent.model) {
        return Err(Error::invalid("model", "use at most 200 characters on one line"));
    }
    let prompt = &agent.system_prompt;
    if prompt.trim().is_empty() || prompt.len() > LONGEST_PROMPT || prompt.contains('\0') {
        return Err(Error::invalid(
            "system_prompt",
            "say who the agent is and what it does, in at most 200 kB",
        ));
    }
    if agent.allowed_tools.len() > MOST_TOOLS {
        return Err(Error::invalid("allowed_tools", "allow at most 200 tools"));
    }
    if let Some(tool) = agent.allowed_tools.iter().find(|tool| operation_of(tool).is_none()) {
        return Err(Error::invalid(
            "allowed_tools",
            format!("{tool:?} is no operation; write `skill.operation`"),
        ));
    }
    if agent.max_tokens == Some(0) {
        return Err(Error::invalid("max_tokens", "use at least 1, or null to leave it to the provider"));
    }
    Ok(Agent { name, description, ..agent })
}

pub(super) fn is_model(model: &str) -> bool {
    model.chars().count() <= LONGEST_MODEL && !model.chars().any(char::is_control)
}
