//! Readiness: whether an orchestra could play, checked before it is enabled and before it is asked to play.

use super::{Error, cast::Cast, secrets, shared::Shared};
use crate::domain::{Orchestra, Score, WorkspaceId};

/// Returns everything that `orchestra` lacks to play `score`, each with what to do; nothing when it is ready.
pub(crate) async fn check(
    shared: &Shared,
    workspace: &WorkspaceId,
    orchestra: &Orchestra,
    score: &Score,
) -> Result<Vec<String>, Error> {
    let cast = Cast::read(shared, workspace, score).await?;
    let mut missing = cast.missing(&orchestra.secret_bindings);
    for (slot, secret) in cast.bound(&orchestra.secret_bindings) {
        missing.extend(secrets::problem(shared, workspace, slot, secret).await?);
    }
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
