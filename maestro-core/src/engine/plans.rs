//! Plans: scores prepared for playing, kept while they are in use.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    domain::{ScoreId, WorkspaceId, play::Plan},
    ports::{Store, store::StoreError},
};

/// So many plans are kept.
const KEPT: usize = 1_000;

type Key = (WorkspaceId, ScoreId, u32);

/// Scores prepared for playing. Versions are immutable, so that what is kept never grows stale.
#[derive(Default)]
pub(crate) struct Plans(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    plans: BTreeMap<Key, Arc<Plan>>,
    oldest: VecDeque<Key>,
}

impl Plans {
    /// Returns the plan of a version of a score; reads it from the store the first time.
    pub(crate) async fn get(
        &self,
        store: &dyn Store,
        workspace: &WorkspaceId,
        score: &ScoreId,
        version: u32,
    ) -> Result<Arc<Plan>, StoreError> {
        let key = (workspace.clone(), score.clone(), version);
        if let Some(plan) = self.kept().plans.get(&key) {
            return Ok(Arc::clone(plan));
        }
        let read = store.score(workspace, score, Some(version)).await?;
        let plan = Plan::new(Arc::new(read)).map_err(|error| StoreError::Corrupt {
            what: "score",
            id: score.to_string(),
            reason: error.to_string(),
        })?;
        let plan = Arc::new(plan);
        let mut kept = self.kept();
        if kept.plans.insert(key.clone(), Arc::clone(&plan)).is_none() {
            kept.oldest.push_back(key);
        }
        if kept.oldest.len() > KEPT
            && let Some(oldest) = kept.oldest.pop_front()
        {
            kept.plans.remove(&oldest);
        }
        Ok(plan)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
