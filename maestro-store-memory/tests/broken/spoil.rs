//! What is done to runs, records and rows on their way.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Disposition, Payload, Run, RunId, RunRecord, RunRef, RunStep, Totals, WorkspaceId},
    ports::store::{ClaimedRun, RecordAnswer, RunFilter, RunStore, StepQuery, StoreError},
};

use crate::{breach::Breach, store::BrokenStore};

impl BrokenStore {
    pub(crate) fn spoil_claimed(&self, claimed: &mut ClaimedRun) {
        match self.breach {
            Breach::ClaimNoStays => claimed.claim_no = 1,
            Breach::RecoveriesForgotten => claimed.recoveries = 0,
            Breach::RecordsForgotten => claimed.seq = 0,
            Breach::PayloadParsed => claimed.input = parsed(&claimed.input),
            _ => {}
        }
    }

    pub(crate) fn spoil_run(&self, run: &mut Run) {
        match self.breach {
            Breach::PayloadParsed => {
                run.input = parsed(&run.input);
                run.result = run.result.as_ref().map(parsed);
            }
            Breach::FinishLosesResult => run.result = None,
            Breach::LiveTotalsMissing if !run.status.is_final() => run.totals = Totals::default(),
            Breach::ReopenKeepsFinish if !run.status.is_final() => {
                if let Some(ended) = self.memo().ends.get(&run.id) {
                    (run.output, run.result, run.error) =
                        (ended.output.clone(), ended.result.clone(), ended.error.clone());
                }
            }
            Breach::FinishAgain => {
                let name = self.memo().runs.get(&run.id).cloned();
                let finish = name.and_then(|name| self.memo().finishes.get(&name).cloned());
                if let Some(finish) = finish.filter(|_| run.status.is_final()) {
                    (run.status, run.output, run.result) = (finish.status, finish.output, finish.result);
                    run.error = finish.error;
                }
            }
            _ => {}
        }
    }

    pub(crate) fn spoil_steps(&self, run: &RunRef, steps: &mut [RunStep]) {
        if self.has(Breach::FinalRowReplaced) {
            for step in steps {
                let last = self.memo().rows.get(&(run.clone(), step.key.clone(), step.attempt)).cloned();
                *step = last.unwrap_or_else(|| step.clone());
            }
        }
    }

    /// Returns the record as it is handed on.
    pub(crate) async fn spoil_record(&self, record: &RunRecord) -> Result<RunRecord, StoreError> {
        let mut record = record.clone();
        let Some((claim_no, worker, claim)) = self.memo().leases.get(&record.run).copied() else {
            return Ok(record);
        };
        match self.breach {
            Breach::ClaimNoStays if record.claim_no == 1 => record.claim_no = claim_no,
            Breach::FenceIgnored => (record.claim_no, record.worker) = (claim_no, worker),
            Breach::FenceIgnoresWorker => record.worker = worker,
            Breach::OpenRowKept => {
                let memo = self.memo();
                let is_new = |step: &RunStep| {
                    !memo.rows.contains_key(&(record.run.clone(), step.key.clone(), step.attempt))
                };
                record.steps.retain(is_new);
            }
            Breach::ParkIgnoresSignals => {
                let owned = self.inner.claimed(worker, claim).await?;
                let signals = owned.iter().find(|one| one.run == record.run).map(|one| one.signals);
                if let (Disposition::Park { signals_seen, .. }, Some(signals)) =
                    (&mut record.disposition, signals)
                {
                    *signals_seen = signals;
                }
            }
            Breach::FalterUncounted => {
                let owned = self.inner.claimed(worker, claim).await?;
                let signals = owned.iter().find(|one| one.run == record.run).map(|one| one.signals);
                if let (Disposition::Falter { wake_at }, Some(signals_seen)) = (&record.disposition, signals)
                {
                    record.disposition = Disposition::Park { wake_at: Some(*wake_at), signals_seen };
                }
            }
            Breach::ParkForgetsForEver => {
                if let Disposition::Park { wake_at, .. } = &mut record.disposition {
                    *wake_at = wake_at.or(Some(DateTime::<Utc>::UNIX_EPOCH));
                }
            }
            _ => {}
        }
        Ok(record)
    }

    /// Remembers what became of a record, and spoils the answer.
    pub(crate) async fn settle(
        &self,
        answer: &mut RecordAnswer,
        record: &RunRecord,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if *answer == RecordAnswer::LeaseLost {
            return self.write_all_the_same(record, now).await;
        }
        let name = (record.run.clone(), record.claim_no, record.worker, record.seq);
        let is_new = self.memo().applied.insert(name);
        if !is_new && self.has(Breach::RepeatRefused) {
            *answer = RecordAnswer::LeaseLost;
        }
        if is_new {
            for step in &record.steps {
                let place = (record.run.clone(), step.key.clone(), step.attempt);
                let before = self.memo().rows.insert(place, step.clone());
                self.bill_again(record, step, before, now);
            }
        }
        if let Disposition::Finish(finish) = &record.disposition {
            self.memo().finishes.insert(record.run.clone(), finish.clone());
        }
        Ok(())
    }

    async fn write_all_the_same(&self, record: &RunRecord, now: DateTime<Utc>) -> Result<(), StoreError> {
        let lease = self.memo().leases.get(&record.run).copied();
        if let Some((claim_no, worker, _)) = lease.filter(|_| self.has(Breach::RefusedWritesSteps)) {
            let disposition = Disposition::Continue;
            let forced = RunRecord { claim_no, worker, disposition, ..record.clone() };
            self.inner.record(&[forced], now).await?;
        }
        Ok(())
    }

    pub(crate) async fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let (mut filter, mut before) = (filter.clone(), before);
        match self.breach {
            Breach::PagesRepeatRows => before = before.map(|id| RunId::from_u128(id.as_u128() + 1)),
            Breach::UntilIncluded => {
                filter.until = filter.until.map(|until| until + chrono::TimeDelta::microseconds(1));
            }
            Breach::FilterAfterLimit => {
                let mut page = self.inner.runs(workspace, &RunFilter::default(), before, limit).await?;
                let fitting = self.inner.runs(workspace, &filter, before, u32::MAX).await?;
                page.retain(|run| fitting.iter().any(|one| one.id == run.id));
                return Ok(page);
            }
            _ => {}
        }
        self.inner.runs(workspace, &filter, before, limit).await
    }

    /// Lists steps by a pattern in which `_` stands for any character.
    pub(crate) async fn like(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError> {
        let mut all = query.clone();
        let prefix = all.prefix.take().unwrap_or_default();
        let mut steps = self.inner.steps(workspace, run_id, &all, u32::MAX).await?;
        steps.retain(|step| {
            let key = step.key.as_str().bytes().map(Some).chain(std::iter::repeat(None));
            prefix
                .bytes()
                .zip(key)
                .all(|(wanted, found)| found.is_some() && (wanted == b'_' || found == Some(wanted)))
        });
        steps.truncate(limit as usize);
        Ok(steps)
    }
}

fn parsed(payload: &Payload) -> Payload {
    Payload::from(payload.value().unwrap().clone())
}
