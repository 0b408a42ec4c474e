//! Comparing: what can be seen of the store beside what the reference says.

use std::fmt::{Arguments, Debug};

use super::history::History;
use crate::{conformance::kit::sorted, domain::RunRef};

impl History {
    /// Compares what can be seen of one run.
    pub(super) async fn compare(&self, run: &RunRef) {
        let (seen, history) = (self.bench.seen(run).await, self.bench.history(run).await);
        let row = &self.model.rows[run];
        let found = (seen.status, seen.revision, seen.started_at, seen.finished_at);
        let expected = (row.status(), row.live.seq, row.live.started_at, row.ended.map(|(_, at)| at));
        self.agree(format_args!("then {:?} is", run.run_id), found, expected);
        if row.ended.is_none() {
            let signals: Vec<_> = history.signals.iter().map(|signal| signal.id).collect();
            let found = (history.seq, history.steps.len(), signals);
            let expected = (row.live.seq, row.records(), row.signals.clone());
            self.agree(format_args!("and its history {:?}", run.run_id), found, expected);
        }
    }

    /// Compares everything: every run, every claim, what is due and what is held.
    pub(super) async fn compare_all(&self) {
        for run in self.model.rows.keys() {
            self.compare(run).await;
        }
        for (worker, claim) in self.claims.iter().copied() {
            let claimed = self.bench.store.claimed(worker, claim).await.expect("claims are read");
            let found = sorted(claimed.into_iter().map(|one| (one.run, one.claim_no)));
            let rows = self.model.rows.values().filter(|row| row.is_owned_by(worker, Some(claim)));
            let expected = sorted(rows.map(|row| (row.live.run.clone(), row.live.claim_no)));
            self.agree(format_args!("claimed {claim:?}"), found, expected);
        }
        let due = self.bench.store.due(self.now, None, 1_000).await.expect("due classes are named");
        self.agree(format_args!("due"), due, self.model.due(self.now));
        let held = sorted(self.bench.store.held(1_000).await.expect("orchestras are named"));
        self.agree(format_args!("held"), held, self.model.held());
    }

    /// Writes down a call and demands that both answered the same.
    #[track_caller]
    pub(super) fn same<T: PartialEq + Debug>(&mut self, said: String, store: T, model: T) {
        let line = format!("{} {said} → {store:?}", self.now.format("%T%.6f"));
        self.agree(format_args!("{said}"), store, model);
        self.log.push(line);
    }

    /// Demands that both say the same. `what` is only written where they do not.
    #[track_caller]
    pub(super) fn agree<T: PartialEq + Debug>(&self, what: Arguments<'_>, store: T, model: T) {
        if store == model {
            return;
        }
        let (seed, log) = (self.seed, self.log.join("\n"));
        panic!(
            "history {seed} (play it again with MAESTRO_SEED={seed}):\n{log}\n{what}\n\
             the store says {store:?}\nthe model says {model:?}"
        );
    }
}
