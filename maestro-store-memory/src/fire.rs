//! Firing: compare, move the watermark, write the ledger, enqueue the runs, all of it or nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Admission, Firing, FiringOutcome, NewRun, Orchestra, RunId, admit_slot},
    ports::store::{Fire, FireAnswer, FireEntry, News, SlotPlan},
};

use crate::{orchestras::OrchestraNo, state::State};

/// What became of a slot.
struct Outcome {
    outcome: FiringOutcome,
    run_id: Option<RunId>,
    reason: Option<String>,
}

impl State {
    pub(crate) fn fire(&mut self, fire: &Fire, now: DateTime<Utc>, news: &mut News) -> FireAnswer {
        let Some((number, orchestra)) = self.to_fire(fire) else { return FireAnswer::Stale };
        let rows = fire.entries.iter().map(|entry| self.settle(number, &orchestra, entry, now, news));
        let rows = rows.collect();
        drop(orchestra); // so that the watermark moves in place
        self.orchestras.set_watermark(number, fire.next_fire_at);
        news.orchestra(&fire.workspace, &fire.orchestra_id);
        FireAnswer::Fired(rows)
    }

    /// Returns the orchestra if it is as the scheduler has read it, its workspace included.
    fn to_fire(&self, fire: &Fire) -> Option<(OrchestraNo, Arc<Orchestra>)> {
        let (number, orchestra) = self.orchestras.find(&fire.workspace, &fire.orchestra_id)?;
        let is_as_read = orchestra.enabled
            && orchestra.schedule_rev == fire.schedule_rev
            && orchestra.next_fire_at == Some(fire.expected);
        let plays = fire.entries.iter().any(|entry| matches!(entry.plan, SlotPlan::Play(_)));
        let is_paused = plays && self.paused.contains_key(&fire.workspace);
        (is_as_read && !is_paused).then(|| (number, Arc::clone(orchestra)))
    }

    fn settle(
        &mut self,
        number: OrchestraNo,
        orchestra: &Orchestra,
        entry: &FireEntry,
        now: DateTime<Utc>,
        news: &mut News,
    ) -> Firing {
        if let Some(settled) = self.ledger.get(number, entry.slot) {
            return settled.clone();
        }
        let Outcome { outcome, run_id, reason } = match &entry.plan {
            SlotPlan::Play(new) => self.play(orchestra, new, now, news),
            SlotPlan::Note { outcome, reason } => {
                Outcome { outcome: *outcome, run_id: None, reason: reason.clone() }
            }
        };
        let FireEntry { slot, until_slot, count, late_ms, .. } = *entry;
        let firing = Firing { slot, until_slot, count, outcome, late_ms, run_id, reason };
        self.ledger.write(number, &firing);
        firing
    }

    fn play(&mut self, orchestra: &Orchestra, new: &NewRun, now: DateTime<Utc>, news: &mut News) -> Outcome {
        let is_own = new.run.workspace == orchestra.workspace && new.run.orchestra_id == orchestra.id;
        if !is_own || self.known(new, now).is_some() {
            let reason = Some(format!("the id or the key of the run {} is taken", new.run.run_id));
            return Outcome { outcome: FiringOutcome::Error, run_id: None, reason };
        }
        let live = self.index.count(&orchestra.workspace, &orchestra.id);
        let (outcome, is_held) = match admit_slot(orchestra.overlap, live, orchestra.max_concurrent_runs) {
            Admission::Due => (FiringOutcome::Fired, false),
            Admission::Held => (FiringOutcome::Buffered, true),
            Admission::Refused => {
                return Outcome { outcome: FiringOutcome::SkippedOverlap, run_id: None, reason: None };
            }
        };
        self.make_run(new, is_held, now);
        news.run(&new.run);
        if !is_held {
            news.due(&new.run.workspace);
        }
        Outcome { outcome, run_id: Some(new.run.run_id), reason: None }
    }
}
