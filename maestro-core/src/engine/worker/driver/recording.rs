//! Recording: what a driver writes, and what the store answers.

use std::collections::HashSet;

use super::{Driver, Left, Stop, successor};
use crate::{
    domain::{Disposition, RunRecord, RunStep},
    engine::worker::recorder::Recorded,
    ports::store::RecordAnswer,
};

impl Driver<'_> {
    /// Writes what there is to write. Returns how the run was left, when that was its end.
    pub(super) async fn commit(&mut self) -> Result<Option<Left>, Stop> {
        if self.rows.is_empty() && self.finish.is_none() {
            return Ok(None);
        }
        let mut rows = last_words(std::mem::take(&mut self.rows));
        let mut finish = self.finish.take();
        if let Some(finish) =
            finish.as_mut().filter(|finish| finish.status.is_good() && self.claimed.promotes)
            && let Some(next) = successor::of(self.life, &self.claimed.run).await?
        {
            // That it ended well must be certain before anything follows from it.
            if !rows.is_empty() && !self.write(std::mem::take(&mut rows)).await? {
                return Ok(None);
            }
            let remark = successor::enqueue(self.life, self.claimed, &next, finish).await;
            finish.output = joined(finish.output.take(), remark);
        }
        let Some(finish) = finish else { return self.write(rows).await.map(|_| None) };
        let has_rows = !rows.is_empty();
        match self.record(rows, Disposition::Finish(finish.clone())).await? {
            Recorded::NotStorable(rows) if has_rows => self.refuse(rows).await.map(|()| None),
            Recorded::NotStorable(_) => self.finish_plainly(finish).await.map(Some),
            _ => Ok(Some(Left::Finished)),
        }
    }

    /// Writes rows. False when the store refused some of them, and the play was loaded anew.
    async fn write(&mut self, rows: Vec<RunStep>) -> Result<bool, Stop> {
        if let Recorded::NotStorable(rows) = self.record(rows, Disposition::Continue).await? {
            self.refuse(rows).await?;
            return Ok(false);
        }
        self.unrecorded.clear();
        self.settled.clear();
        Ok(true)
    }

    /// Writes one record; what the answer tells of signals is noted.
    pub(super) async fn record(
        &mut self,
        steps: Vec<RunStep>,
        disposition: Disposition,
    ) -> Result<Recorded, Stop> {
        let record = RunRecord {
            run: self.claimed.run.clone(),
            claim_no: self.claimed.claim_no,
            worker: self.life.worker,
            seq: self.progress.seq + 1,
            steps,
            disposition,
        };
        let goes_on = record.goes_on();
        let recorded = self.life.recorder.record(record).await.ok_or(Stop::Lost)?;
        match recorded {
            Recorded::Answer(RecordAnswer::Applied { signals, cancel, .. }) => {
                self.progress.seq += 1;
                if goes_on {
                    self.progress.recoveries = 0;
                }
                self.note(signals, cancel);
                Ok(recorded)
            }
            Recorded::Answer(RecordAnswer::LeaseLost) => Err(Stop::Lost),
            Recorded::NotStorable(_) => Ok(recorded),
            Recorded::Refused(error) => Err(Stop::Broken(error)),
        }
    }
}

/// Adds a remark to the line for people.
fn joined(line: Option<String>, remark: Option<String>) -> Option<String> {
    let parts: Vec<_> = line.into_iter().chain(remark).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Keeps of each step and try the last row: a record says everything once.
fn last_words(mut rows: Vec<RunStep>) -> Vec<RunStep> {
    if rows.len() > 1 {
        let mut said = HashSet::new();
        rows.reverse();
        rows.retain(|row| said.insert((row.key.clone(), row.attempt)));
        rows.reverse();
    }
    rows
}
