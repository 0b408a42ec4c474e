//! Enqueuing: how a run comes to be, once.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Admission, LiveRun, LiveState, NewRun, admit},
    ports::store::{Enqueued, News, StoreError},
};

use crate::{
    run_row::{Asked, RunRow},
    state::State,
};

/// The most characters of an idempotency key.
const LONGEST_KEY: usize = 255;

impl State {
    pub(crate) fn enqueue(
        &mut self,
        runs: &[NewRun],
        now: DateTime<Utc>,
        news: &mut News,
    ) -> Result<Vec<Enqueued>, StoreError> {
        runs.iter().try_for_each(check)?;
        Ok(runs.iter().map(|new| self.enqueue_one(new, now, news)).collect())
    }

    /// Returns the answer to a run that needs no making: it is known, or its key stands for another one.
    pub(crate) fn known(&self, new: &NewRun, now: DateTime<Utc>) -> Option<Enqueued> {
        if self.runs.get(&new.run.workspace, &new.run.run_id).is_some() {
            return Some(Enqueued::Accepted { held: false });
        }
        let key = new.key.as_ref()?;
        let row = self.keys.get(&new.run, &key.key, now)?;
        let same_request = row.request_hash == key.request_hash;
        Some(Enqueued::Duplicate { run_id: row.run_id, same_request })
    }

    /// Makes a run that is not known.
    pub(crate) fn make_run(&mut self, new: &NewRun, is_held: bool, now: DateTime<Utc>) {
        let due_at = new.due_at;
        let live = LiveRun {
            run: self.index.shared(&new.run),
            class: new.class,
            state: if is_held { LiveState::Held { due_at } } else { LiveState::Due { at: Some(due_at) } },
            claim_no: 0,
            seq: 0,
            recoveries: 0,
            signals: 0,
            cancel: None,
            started_at: None,
            exclusive: new.exclusive,
            promotes: new.promotes,
        };
        let asked = Asked {
            score_id: new.score_id.clone(),
            score_version: new.score_version,
            agents: new.agents.as_slice().into(),
            trigger: new.trigger.clone(),
            input: new.input.clone(),
            key: new.key.as_ref().map(|key| self.keys.insert(&live.run, key)),
        };
        self.index.enter(&live);
        let workspace = live.run.workspace.clone();
        self.runs.insert(&workspace, new.run.run_id, Box::new(RunRow::new(asked, live, now)));
    }

    fn enqueue_one(&mut self, new: &NewRun, now: DateTime<Utc>, news: &mut News) -> Enqueued {
        if let Some(answer) = self.known(new, now) {
            return answer;
        }
        let live = self.index.count(&new.run.workspace, &new.run.orchestra_id);
        let held = admit(live, new.max_concurrent_runs) == Admission::Held;
        self.make_run(new, held, now);
        news.run(&new.run);
        if !held {
            news.due(&new.run.workspace);
        }
        Enqueued::Accepted { held }
    }
}

fn check(new: &NewRun) -> Result<(), StoreError> {
    let Some(key) = &new.key else { return Ok(()) };
    match key.key.chars().count() {
        1..=LONGEST_KEY => Ok(()),
        length => Err(StoreError::NotStorable {
            reason: format!("an idempotency key has 1 to {LONGEST_KEY} characters, not {length}"),
        }),
    }
}
