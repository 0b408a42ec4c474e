//! The outbox: what other processes shall hear, each change once however often it came, until it is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use maestro_core::{
    domain::{AgentId, OrchestraId, RunId, ScoreId, WorkspaceId},
    ports::store::{Change, Changed},
};
use tokio::sync::Notify;
use uuid::Uuid;

/// So many runs are named between two notifications; beyond that, others read everything anew.
const MOST_RUNS: usize = 1_000;

/// What is to be told.
pub(super) struct Outbox {
    /// Tells the notifications of this store from those of others.
    pub(super) origin: Uuid,
    letter: Mutex<Letter>,
    filled: Notify,
}

/// Changes, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) due: BTreeSet<WorkspaceId>,
    pub(super) workspaces: BTreeSet<WorkspaceId>,
    pub(super) orchestras: BTreeSet<(WorkspaceId, OrchestraId)>,
    pub(super) scores: BTreeSet<(WorkspaceId, ScoreId)>,
    pub(super) agents: BTreeSet<(WorkspaceId, AgentId)>,
    pub(super) signals: BTreeMap<(WorkspaceId, OrchestraId), BTreeSet<RunId>>,
    pub(super) runs: BTreeMap<(WorkspaceId, OrchestraId), BTreeSet<RunId>>,
    run_count: usize,
    /// Some changes are not named here.
    pub(super) has_gap: bool,
}

impl Outbox {
    pub(super) fn new(origin: Uuid) -> Self {
        Self { origin, letter: Mutex::default(), filled: Notify::new() }
    }

    pub(super) fn put(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let mut letter = self.lock();
        changes.into_iter().for_each(|change| letter.put(change));
        drop(letter);
        self.filled.notify_one();
    }

    /// Says that changes were lost on the way: whoever hears of it reads everything anew.
    pub(super) fn put_gap(&self) {
        self.lock().has_gap = true;
        self.filled.notify_one();
    }

    /// Waits until there is something to tell.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    pub(super) fn take(&self) -> Letter {
        std::mem::take(&mut *self.lock())
    }

    /// A panic elsewhere must not take the changes along.
    fn lock(&self) -> MutexGuard<'_, Letter> {
        self.letter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Letter {
    pub(super) fn put(&mut self, Change { workspace, changed }: Change) {
        match changed {
            Changed::Due => _ = self.due.insert(workspace),
            Changed::Workspace => _ = self.workspaces.insert(workspace),
            Changed::Orchestra(id) => _ = self.orchestras.insert((workspace, id)),
            Changed::Score(id) => _ = self.scores.insert((workspace, id)),
            Changed::Agent(id) => _ = self.agents.insert((workspace, id)),
            Changed::Signal { orchestra_id, run_id } => {
                self.signals.entry((workspace, orchestra_id)).or_default().insert(run_id);
            }
            Changed::Run { .. } if self.run_count >= MOST_RUNS => self.forget_runs(),
            Changed::Run { orchestra_id, run_id } => {
                let is_new = self.runs.entry((workspace, orchestra_id)).or_default().insert(run_id);
                self.run_count += usize::from(is_new);
            }
        }
    }

    /// Names no run any more, because naming some of them helps nobody who must read all anew.
    pub(super) fn forget_runs(&mut self) {
        self.runs.clear();
        self.has_gap = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u128) -> Change {
        let orchestra_id = OrchestraId::new("overture").unwrap();
        let changed = Changed::Run { orchestra_id, run_id: RunId::from_u128(number) };
        Change { workspace: WorkspaceId::default(), changed }
    }

    #[test]
    fn a_change_is_told_once_and_a_flood_of_runs_not_one_by_one() {
        let outbox = Outbox::new(Uuid::nil());
        assert_eq!(outbox.take(), Letter::default());
        outbox.put(vec![run(1), run(1), run(2)]);
        let letter = outbox.take();
        assert_eq!(letter.runs.values().map(BTreeSet::len).sum::<usize>(), 2);
        assert!(!letter.has_gap);
        assert_eq!(outbox.take(), Letter::default());

        let due = Change { workspace: WorkspaceId::default(), changed: Changed::Due };
        outbox.put((0..5_000).map(run).chain([due]).collect());
        let letter = outbox.take();
        assert!(letter.has_gap && letter.runs.is_empty());
        assert_eq!(letter.due.len(), 1, "what workers wait for is told all the same");
    }
}
