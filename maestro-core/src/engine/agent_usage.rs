//! Who uses an agent: what people look at before they change one.

use super::{Error, Workspace};
use crate::domain::{AgentId, NodeId, NodeKind, ScoreId};

/// So many scores are read at a time.
const PAGE: u32 = 200;

/// A score whose latest version names an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentUse {
    /// The score.
    pub score_id: ScoreId,
    /// The name that people read.
    pub score_name: String,
    /// Its latest version.
    pub score_version: u32,
    /// The nodes that name the agent, in the order of the score.
    pub nodes: Vec<NodeId>,
}

impl Workspace {
    /// Returns the scores whose latest versions name an agent, in the order of their ids. Reads every score of the
    /// workspace.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn agent_usage(&self, id: &AgentId) -> Result<Vec<AgentUse>, Error> {
        let (mut uses, mut after) = (Vec::new(), None);
        loop {
            let page = self.scores(after.as_ref(), PAGE).await?;
            for score in &page {
                let names = |kind: &NodeKind| matches!(kind, NodeKind::Llm { agent, .. } if agent == id);
                let nodes: Vec<_> = score.nodes.iter().filter(|node| names(&node.kind)).collect();
                if !nodes.is_empty() {
                    uses.push(AgentUse {
                        score_id: score.id.clone(),
                        score_name: score.name.clone(),
                        score_version: score.version,
                        nodes: nodes.into_iter().map(|node| node.id.clone()).collect(),
                    });
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = Some(last.id.clone()),
                _ => return Ok(uses),
            }
        }
    }
}
