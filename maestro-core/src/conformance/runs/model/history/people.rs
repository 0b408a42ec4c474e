//! What people tell runs, live or ended.

use super::History;
use crate::{
    domain::{Actor, RunRef, Signal, SignalKind},
    ports::store::{Reopening, StoreError},
};

impl History {
    pub(super) async fn signal(&mut self) {
        let (run, signal) = match self.news.is_empty() {
            true => return,
            false if !self.signals.is_empty() && self.random.chance(25) => self.pick(&self.signals),
            false => (self.pick(&self.news).run, self.bench.wake(self.now)),
        };
        let was_kept = self.model.rows[&run].signals.contains(&signal.id);
        let has_ended = self.model.rows[&run].ended.is_some();
        if was_kept && has_ended {
            return; // kept once, and the run has ended since: either answer is right
        }
        let answer = self.bench.store.signal(&run.workspace, run.run_id, &signal).await;
        let is_refused = matches!(answer, Err(StoreError::Conflict { .. }));
        let said = format!("signal {:?} {:?} → {answer:?}", run.run_id, signal.id);
        let expected = self.model.signal(&run, &signal);
        self.same(said, (answer.is_ok(), is_refused), (expected, !expected));
        self.compare(&run).await;
        self.signals.push((run, signal));
    }

    pub(super) async fn reopen(&mut self) {
        if self.news.is_empty() {
            return;
        }
        let run = self.pick(&self.news).run;
        let mut asked: Vec<_> = self.reopenings.iter().filter(|(of, _)| *of == run).cloned().collect();
        let signal = match asked.pop() {
            Some((_, signal)) if self.random.chance(25) => signal,
            _ => {
                let kind = SignalKind::Retry { from: Vec::new(), budget_cents: None };
                Signal { kind, ..self.bench.wake(self.now) }
            }
        };
        let seq = self.model.rows[&run].live.seq;
        let seq = if self.random.chance(20) { seq.saturating_sub(1) } else { seq };
        let reopening = Reopening { signal: signal.clone(), seq, steps: Vec::new(), agents: None };
        let answer = self.bench.store.reopen(&run.workspace, run.run_id, &reopening).await;
        let answer = answer.map_err(|error| error.conflict_reason());
        let expected = self.model.reopen(&run, &signal, seq).map_err(Some);
        self.same(format!("reopen {:?} after {seq} by {:?}", run.run_id, signal.id), answer, expected);
        self.compare(&run).await;
        self.reopenings.push((run, signal));
    }

    /// Cancels some run, or this one by force.
    pub(super) async fn cancel(&mut self, this: Option<RunRef>) {
        let force = this.is_some() || self.random.chance(40);
        let run = match this {
            Some(run) => run,
            None if self.news.is_empty() => return,
            None => self.pick(&self.news).run,
        };
        let actor = Actor::new("somebody");
        let answer = self.bench.store.cancel(&run.workspace, run.run_id, force, &actor, self.now).await;
        let expected = self.model.cancel(&run, force, &actor, self.now);
        self.same(format!("cancel {:?} force {force}", run.run_id), answer.ok(), expected);
        self.compare(&run).await;
    }
}
