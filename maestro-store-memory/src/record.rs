//! Recording: the one door for what workers write.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        Disposition, LiveRun, RunRecord,
        live::{self, Verdict},
    },
    ports::store::{News, RecordAnswer, StoreError},
};

use crate::{
    run_row::RunRow,
    state::{RunKey, State},
};

impl State {
    pub(crate) fn record(
        &mut self,
        records: &[RunRecord],
        now: DateTime<Utc>,
        news: &mut News,
    ) -> Result<Vec<RecordAnswer>, StoreError> {
        records.iter().try_for_each(check)?;
        Ok(records.iter().map(|record| self.record_one(record, now, news)).collect())
    }

    fn record_one(&mut self, record: &RunRecord, now: DateTime<Utc>, news: &mut News) -> RecordAnswer {
        let row = self.runs.get_mut(&record.run.workspace, &record.run.run_id);
        let Some(row) = row.filter(|row| row.live.run == record.run) else { return RecordAnswer::LeaseLost };
        let (next, done) = match live::apply(&row.live, record) {
            Verdict::Applied(next) => (next, true),
            Verdict::ParkRefused(next) => (Some(next), false),
            Verdict::Repeated { done } => return applied(row, done),
            Verdict::LeaseLost if row.was_applied(record) => return applied(row, true),
            Verdict::LeaseLost => return RecordAnswer::LeaseLost,
        };
        for step in &record.steps {
            if !row.steps.write(step, record.seq) {
                continue;
            }
            self.costs.write(&row.live.run, &row.score_id, step, now);
            if step.waits_for_budget() {
                self.budget_waits.insert(RunKey::of(&row.live.run));
            }
        }
        match (next, &record.disposition) {
            (_, Disposition::Finish(finish)) => {
                let last = LiveRun { seq: record.seq, ..row.live.clone() };
                self.index.end(row, last, finish.clone(), now);
            }
            (Some(next), _) => self.index.replace(row, next),
            (None, _) => {} // the pure model ends a run by a finish only
        }
        news.run(&row.live.run);
        if done && matches!(record.disposition, Disposition::Park { .. } | Disposition::Falter { .. }) {
            news.due(&row.live.run.workspace);
        }
        applied(row, done)
    }
}

fn applied(row: &RunRow, done: bool) -> RecordAnswer {
    RecordAnswer::Applied { done, signals: row.live.signals, cancel: row.live.cancel.is_some() }
}

fn check(record: &RunRecord) -> Result<(), StoreError> {
    match &record.disposition {
        Disposition::Finish(finish) if !finish.status.is_final() => Err(StoreError::NotStorable {
            reason: format!(
                "{} ends with the status {}, which is not final",
                record.run.run_id, finish.status
            ),
        }),
        Disposition::Finish(_)
        | Disposition::Park { .. }
        | Disposition::Falter { .. }
        | Disposition::Continue => Ok(()),
    }
}
