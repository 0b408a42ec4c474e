//! Orchestras and the ledger, kept wrongly.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Firing, FiringOutcome, LiveCount, Orchestra, OrchestraId, Overlap, WorkspaceId, Zone},
    ports::store::{
        ConflictReason, DueSchedule, Fire, FireAnswer, OrchestraEdit, OrchestraState, OrchestraStore,
        SlotPlan, StoreError,
    },
};

use crate::{breach::Breach, store::BrokenStore};

impl BrokenStore {
    /// Returns the orchestra as it is kept.
    fn hide(&self, orchestra: &Orchestra) -> Orchestra {
        let mut kept = orchestra.clone();
        let name = (orchestra.workspace.clone(), orchestra.id.clone());
        if self.has(Breach::DisabledFires) && orchestra.next_fire_at.is_some() {
            match orchestra.enabled {
                true => self.memo().disabled.remove(&name),
                false => self.memo().disabled.insert(name),
            };
            kept.enabled = true;
        }
        kept
    }

    /// Returns the orchestra as it is shown.
    fn show(&self, mut orchestra: Orchestra) -> Orchestra {
        let name = (orchestra.workspace.clone(), orchestra.id.clone());
        orchestra.enabled &= !self.memo().disabled.contains(&name);
        if self.has(Breach::ZoneLost) {
            orchestra.timezone = Zone::default();
        }
        orchestra
    }

    fn show_state(&self, mut state: OrchestraState) -> OrchestraState {
        state.orchestra = self.show(state.orchestra);
        if self.has(Breach::HeldCountsActive) {
            state.live = LiveCount { active: state.live.total(), held: 0 };
        }
        if self.has(Breach::CountStopsEarly) {
            state.live.active = state.live.active.min(500);
        }
        state
    }

    /// Fires, whatever the overlap policy is.
    async fn fire_past_overlap(&self, fire: &Fire, now: DateTime<Utc>) -> Result<FireAnswer, StoreError> {
        let Ok(before) = self.inner.orchestra(&fire.workspace, &fire.orchestra_id).await else {
            return Ok(FireAnswer::Stale);
        };
        self.swap(&before.orchestra, |orchestra| {
            (orchestra.overlap, orchestra.max_concurrent_runs) = (Overlap::Allow, None);
        })
        .await?;
        let answer = self.inner.fire(std::slice::from_ref(fire), now).await?.remove(0);
        let after = self.inner.orchestra(&fire.workspace, &fire.orchestra_id).await?.orchestra;
        self.swap(&after, |orchestra| {
            orchestra.overlap = before.orchestra.overlap;
            orchestra.max_concurrent_runs = before.orchestra.max_concurrent_runs;
        })
        .await?;
        Ok(answer)
    }

    async fn swap(&self, from: &Orchestra, change: impl FnOnce(&mut Orchestra)) -> Result<(), StoreError> {
        let mut orchestra = from.clone();
        change(&mut orchestra);
        let edit = OrchestraEdit {
            orchestra,
            expected_revision: from.revision,
            expected_next_fire_at: from.next_fire_at,
            ledger: Vec::new(),
        };
        self.inner.edit_orchestra(&edit).await
    }

    async fn spoil_fire(&self, fire: &Fire) -> Fire {
        let mut fire = fire.clone();
        let now =
            self.inner.orchestra(&fire.workspace, &fire.orchestra_id).await.ok().map(|state| state.orchestra);
        if let Some(at) = now.and_then(|now| now.next_fire_at).filter(|_| self.has(Breach::SlotFiresTwice)) {
            fire.expected = at;
        }
        for entry in &mut fire.entries {
            match (self.breach, &entry.plan) {
                (Breach::LatenessCut, _) => entry.late_ms = i64::from(entry.late_ms as i32),
                (Breach::LedgerWithoutRun, SlotPlan::Play(_)) => {
                    entry.plan = SlotPlan::Note { outcome: FiringOutcome::Fired, reason: None };
                }
                _ => {}
            }
        }
        fire
    }
}

#[async_trait]
impl OrchestraStore for BrokenStore {
    async fn create_orchestra(&self, orchestra: &Orchestra) -> Result<(), StoreError> {
        self.memo().homes.entry(orchestra.id.clone()).or_insert_with(|| orchestra.workspace.clone());
        let answer = self.inner.create_orchestra(&self.hide(orchestra)).await;
        self.forgive(answer, Breach::OrchestraTwice, ConflictReason::Taken)
    }

    async fn orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<OrchestraState, StoreError> {
        let mut found = self.inner.orchestra(workspace, id).await;
        let home = self.memo().homes.get(id).cloned();
        if let (Err(_), Some(home)) = (&found, home.filter(|_| self.has(Breach::OrchestraFoundAnywhere))) {
            found = self.inner.orchestra(&home, id).await;
        }
        Ok(self.show_state(found?))
    }

    async fn bare_orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<Orchestra, StoreError> {
        let mut orchestra = self.show(self.inner.bare_orchestra(workspace, id).await?);
        if self.has(Breach::BareOrchestraUnlimited) {
            orchestra.max_concurrent_runs = None;
        }
        Ok(orchestra)
    }

    async fn orchestras(
        &self,
        workspace: &WorkspaceId,
        after: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Vec<OrchestraState>, StoreError> {
        let limit = if self.has(Breach::OrchestraPagesShort) { limit - 1 } else { limit };
        let states = self.inner.orchestras(workspace, after, limit).await?;
        Ok(states.into_iter().map(|state| self.show_state(state)).collect())
    }

    async fn edit_orchestra(&self, edit: &OrchestraEdit) -> Result<(), StoreError> {
        let mut edit = edit.clone();
        if self.has(Breach::EditUncompared) {
            let OrchestraEdit { orchestra, .. } = &edit;
            let now = self.inner.orchestra(&orchestra.workspace, &orchestra.id).await?.orchestra;
            (edit.expected_revision, edit.expected_next_fire_at) = (now.revision, now.next_fire_at);
        }
        if self.has(Breach::EditLosesLedger) {
            edit.ledger.clear();
        }
        edit.orchestra = self.hide(&edit.orchestra);
        self.inner.edit_orchestra(&edit).await
    }

    async fn delete_orchestra(&self, workspace: &WorkspaceId, id: &OrchestraId) -> Result<(), StoreError> {
        let answer = self.inner.delete_orchestra(workspace, id).await;
        self.forgive(answer, Breach::BusyDeleted, ConflictReason::LiveRuns)
    }

    async fn due_schedules(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<DueSchedule>, Option<DateTime<Utc>>), StoreError> {
        let (mut due, mut next) = self.inner.due_schedules(now, limit).await?;
        due.iter_mut().for_each(|due| due.orchestra = self.show(due.orchestra.clone()));
        if self.has(Breach::DisabledFires) {
            due.retain(|due| due.orchestra.enabled);
            let hidden = self.inner.due_schedules(now, u32::MAX).await?;
            next = hidden.1.filter(|_| self.memo().disabled.is_empty());
        }
        if self.has(Breach::SchedulesUnsorted) {
            due.reverse();
        }
        Ok((due, next))
    }

    async fn fire(&self, fires: &[Fire], now: DateTime<Utc>) -> Result<Vec<FireAnswer>, StoreError> {
        let mut answers = Vec::new();
        for asked in fires {
            let fire = self.spoil_fire(asked).await;
            let mut answer = if self.has(Breach::OverlapIgnored) {
                self.fire_past_overlap(&fire, now).await?
            } else {
                self.inner.fire(&[fire], now).await?.remove(0)
            };
            if let (FireAnswer::Fired(rows), true) = (&mut answer, self.has(Breach::LedgerWithoutRun)) {
                for (row, entry) in rows.iter_mut().zip(&asked.entries) {
                    if let SlotPlan::Play(new) = &entry.plan {
                        row.run_id = Some(new.run.run_id);
                    }
                }
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn firings(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        let mut rows = self.inner.firings(workspace, orchestra_id, before, limit).await?;
        if self.has(Breach::LedgerOldestFirst) {
            rows.reverse();
        }
        Ok(rows)
    }

    async fn prune_firings(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let early = self.has(Breach::LedgerPrunedEarly);
        let before = if early { before + chrono::TimeDelta::minutes(1) } else { before };
        self.inner.prune_firings(before, limit).await
    }
}
