//! Readiness: what an orchestra lacks before it can play.

use super::{Error, shared::Shared};
use crate::domain::{Catalog, NodeKind, Orchestra, Score, WorkspaceId};

/// Returns everything that an orchestra lacks, each with what to do.
pub(crate) async fn check(
    shared: &Shared,
    workspace: &WorkspaceId,
    orchestra: &Orchestra,
    score: &Score,
) -> Result<Vec<String>, Error> {
    let mut missing = Vec::new();
    for node in &score.nodes {
        match &node.kind {
            NodeKind::Deterministic { skill, operation } => {
                if !shared.skills.has_operation(skill, operation) {
                    missing.push(format!(
                        "node {} needs the operation {skill}.{operation}; register it",
                        node.id
                    ));
                }
                for slot in shared.skills.secrets(skill, operation) {
                    if !orchestra.secret_bindings.contains_key(slot) {
                        let needs = format!("{skill}.{operation} needs the secret slot {slot:?}");
                        missing.push(format!("{needs}; bind it to a secret of the workspace"));
                    }
                }
            }
            NodeKind::Llm { agent, .. } => match shared.store.agent(workspace, agent, None).await {
                Ok(_) => {}
                Err(error) if super::runs::is_absent(&error) => {
                    missing.push(format!("node {} needs the agent {agent}; create it", node.id));
                }
                Err(error) => return Err(error.into()),
            },
            _ => {}
        }
    }
    missing.dedup();
    Ok(missing)
}

/// Refuses an orchestra that cannot play yet.
pub(crate) async fn demand(
    shared: &Shared,
    workspace: &WorkspaceId,
    orchestra: &Orchestra,
    score: &Score,
) -> Result<(), Error> {
    let missing = check(shared, workspace, orchestra, score).await?;
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::NotReady { orchestra: orchestra.id.to_string(), missing }),
    }
}
