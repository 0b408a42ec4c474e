//! Cloning: a score of its own from another, with agents of its own.

use std::collections::BTreeMap;

use super::super::{Error, Workspace, cast::agents_of, orchestras::check_name, slugs};
use crate::domain::{Agent, AgentId, NodeKind, Score, ScoreId, slug_of};

impl Workspace {
    /// Copies the latest version of a score under a new name, with copies of the agents that it names, so that editing one
    /// of the two never changes the other. The copy is no template. Its id is the slug of the name; where that is taken,
    /// with `-2`, `-3` … behind.
    ///
    /// Agents are copied first: where this fails, or the future is dropped, copies of agents may stay that no score names.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the name makes no sense; [`Error::Score`] when the score is no longer valid, such as where an
    /// agent is gone; [`Error::Store`].
    pub async fn clone_score(&self, id: &ScoreId, new_name: &str) -> Result<Score, Error> {
        let name = check_name(new_name)?;
        let original = self.score(id, None).await?;
        self.validate_score(&Score { id: ScoreId::new(slug_of(&name, "score"))?, ..original.clone() })
            .await?;

        let agents = self.clone_agents(&original, &name).await?;
        let mut copy = Score { name, version: 1, template: false, ..original };
        for node in &mut copy.nodes {
            if let NodeKind::Llm { agent, .. } = &mut node.kind
                && let Some(cloned) = agents.get(agent)
            {
                *agent = cloned.clone();
            }
        }
        for slug in slugs::to_try(&copy.name.clone(), "score", &*self.shared.entropy) {
            copy.id = ScoreId::new(slug)?;
            if self.latest_score(&copy.id).await?.is_some() {
                continue;
            }
            match self.shared.store.save_score(&self.id, &copy, self.shared.now()).await {
                Ok(()) => return Ok(copy),
                Err(error) if error.conflict_reason().is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(too_many("score", &copy.name))
    }

    /// Copies the agents of a score; returns the copy of each.
    async fn clone_agents(&self, score: &Score, name: &str) -> Result<BTreeMap<AgentId, AgentId>, Error> {
        let mut copies = BTreeMap::new();
        for id in agents_of(score) {
            let original = self.agent(&id, None).await?;
            let label: String = format!("{} ({name})", original.name).chars().take(200).collect();
            let copy = Agent { version: 1, name: label, updated_at: self.shared.now(), ..original };
            let cloned = self.insert_agent(copy, &format!("{id} {name}")).await?;
            copies.insert(id, cloned);
        }
        Ok(copies)
    }

    /// Stores a new agent under the first free id.
    async fn insert_agent(&self, mut agent: Agent, named: &str) -> Result<AgentId, Error> {
        for slug in slugs::to_try(named, "agent", &*self.shared.entropy) {
            agent.id = AgentId::new(slug)?;
            if self.latest_agent(&agent.id).await?.is_some() {
                continue;
            }
            match self.shared.store.save_agent(&self.id, &agent).await {
                Ok(()) => return Ok(agent.id),
                Err(error) if error.conflict_reason().is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(too_many("agent", &agent.name))
    }
}

fn too_many(what: &str, name: &str) -> Error {
    let reason = "too many have names like this one; use another name".to_owned();
    Error::Conflict { what: format!("{what} {name:?}"), reason }
}
