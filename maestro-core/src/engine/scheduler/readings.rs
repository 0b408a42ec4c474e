//! Readings: what one pass has looked up of scores, each once however many orchestras play it.

use std::collections::BTreeMap;

use super::super::{cast::Cast, shared::Shared};
use crate::{
    domain::{Orchestra, ScoreId, WorkspaceId},
    ports::store::StoreError,
};

/// The scores of one pass; forgotten with it, so that the next one sees new versions.
#[derive(Default)]
pub(super) struct Readings(BTreeMap<(WorkspaceId, ScoreId), Reading>);

/// The latest version of a score with what it refers to, or why there is none.
pub(super) type Reading = Result<Cast, String>;

impl Readings {
    /// Reads what an orchestra plays. A score that is gone or makes no sense is an answer, not an error.
    pub(super) async fn of(
        &mut self,
        shared: &Shared,
        orchestra: &Orchestra,
    ) -> Result<&Reading, StoreError> {
        let key = (orchestra.workspace.clone(), orchestra.score_id.clone());
        if !self.0.contains_key(&key) {
            let reading = match read(shared, orchestra).await {
                Err(error) if error.is_retryable() => return Err(error),
                Err(error) => Err(error.to_string()),
                Ok(cast) => Ok(cast),
            };
            self.0.insert(key.clone(), reading);
        }
        Ok(&self.0[&key])
    }
}

async fn read(shared: &Shared, orchestra: &Orchestra) -> Result<Cast, StoreError> {
    let score = shared.store.score(&orchestra.workspace, &orchestra.score_id, None).await?;
    Cast::read(shared, &orchestra.workspace, &score).await
}
