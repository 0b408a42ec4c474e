//! The role that keeps orchestras, their schedules and the ledger, as the port has it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Firing, LiveCount, Orchestra, OrchestraId, WorkspaceId},
    ports::store::{
        ConflictReason, DueSchedule, Fire, FireAnswer, News, OrchestraEdit, OrchestraState, OrchestraStore,
        StoreError,
    },
};

use crate::{MemoryStore, state::State};

impl State {
    fn live_count(&self, orchestra: &Orchestra) -> LiveCount {
        self.index.count(&orchestra.workspace, &orchestra.id)
    }

    fn edit_orchestra(&mut self, edit: &OrchestraEdit, news: &mut News) -> Result<(), StoreError> {
        let OrchestraEdit { orchestra, expected_revision, expected_next_fire_at, ledger } = edit;
        let found = self.orchestras.find(&orchestra.workspace, &orchestra.id);
        let (number, present) = found.ok_or_else(|| StoreError::no_orchestra(&orchestra.id))?;
        if present.revision != *expected_revision || present.next_fire_at != *expected_next_fire_at {
            return Err(StoreError::conflict("orchestra", &orchestra.id, ConflictReason::Changed));
        }
        self.orchestras.put(number, Some(Arc::new(orchestra.clone())));
        ledger.iter().for_each(|firing| self.ledger.write(number, firing));
        news.orchestra(&orchestra.workspace, &orchestra.id);
        Ok(())
    }

    fn delete_orchestra(
        &mut self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
        news: &mut News,
    ) -> Result<(), StoreError> {
        let found = self.orchestras.find(workspace, id);
        let (number, orchestra) = found.ok_or_else(|| StoreError::no_orchestra(id))?;
        if orchestra.enabled {
            return Err(StoreError::conflict("orchestra", id, ConflictReason::Enabled));
        }
        if self.index.count(workspace, id).total() > 0 {
            return Err(StoreError::conflict("orchestra", id, ConflictReason::LiveRuns));
        }
        self.orchestras.put(number, None);
        news.orchestra(workspace, id);
        Ok(())
    }
}

#[async_trait]
impl OrchestraStore for MemoryStore {
    async fn create_orchestra(&self, orchestra: &Orchestra) -> Result<(), StoreError> {
        self.write(|state, news| {
            if !state.orchestras.create(orchestra) {
                return Err(StoreError::conflict("orchestra", &orchestra.id, ConflictReason::Taken));
            }
            news.orchestra(&orchestra.workspace, &orchestra.id);
            Ok(())
        })
    }

    async fn orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<OrchestraState, StoreError> {
        let found = self.read(|state| {
            let (_, orchestra) = state.orchestras.find(workspace, id)?;
            Some((Arc::clone(orchestra), state.live_count(orchestra)))
        });
        found.map(shown).ok_or_else(|| StoreError::no_orchestra(id))
    }

    async fn bare_orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<Orchestra, StoreError> {
        let found =
            self.read(|state| state.orchestras.find(workspace, id).map(|(_, found)| Arc::clone(found)));
        found.map(Arc::unwrap_or_clone).ok_or_else(|| StoreError::no_orchestra(id))
    }

    async fn orchestras(
        &self,
        workspace: &WorkspaceId,
        after: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Vec<OrchestraState>, StoreError> {
        let page: Vec<_> = self.read(|state| {
            let page = state.orchestras.after(workspace, after).take(limit as usize);
            page.map(|orchestra| (Arc::clone(orchestra), state.live_count(orchestra))).collect()
        });
        Ok(page.into_iter().map(shown).collect())
    }

    async fn edit_orchestra(&self, edit: &OrchestraEdit) -> Result<(), StoreError> {
        self.write(|state, news| state.edit_orchestra(edit, news))
    }

    async fn delete_orchestra(&self, workspace: &WorkspaceId, id: &OrchestraId) -> Result<(), StoreError> {
        self.write(|state, news| state.delete_orchestra(workspace, id, news))
    }

    async fn due_schedules(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<DueSchedule>, Option<DateTime<Utc>>), StoreError> {
        let (due, next): (Vec<_>, _) = self.read(|state| {
            let is_paused = |orchestra: &Orchestra| state.paused.contains_key(&orchestra.workspace);
            let due = state.orchestras.due(now).take(limit as usize);
            let due = due.map(|orchestra| (Arc::clone(orchestra), is_paused(orchestra)));
            (due.collect(), state.orchestras.next_moment(now))
        });
        let due = due
            .into_iter()
            .map(|(orchestra, paused)| DueSchedule { orchestra: Arc::unwrap_or_clone(orchestra), paused });
        Ok((due.collect(), next))
    }

    async fn fire(&self, fires: &[Fire], now: DateTime<Utc>) -> Result<Vec<FireAnswer>, StoreError> {
        Ok(self.write(|state, news| fires.iter().map(|fire| state.fire(fire, now, news)).collect()))
    }

    async fn firings(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        let page = self.read(|state| {
            let number = state.orchestras.number(workspace, orchestra_id)?;
            Some(state.ledger.before(number, before).take(limit as usize).cloned().collect())
        });
        page.ok_or_else(|| StoreError::no_orchestra(orchestra_id))
    }

    async fn prune_firings(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(self.write(|state, _| state.ledger.prune(before, limit)))
    }
}

fn shown((orchestra, live): (Arc<Orchestra>, LiveCount)) -> OrchestraState {
    OrchestraState { orchestra: Arc::unwrap_or_clone(orchestra), live }
}
