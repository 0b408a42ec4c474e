//! Runs, written wrongly.

use async_trait::async_trait;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use maestro_core::{
    domain::{
        Actor, ClaimId, Class, NewRun, OrchestraId, Run, RunId, RunRecord, RunRef, RunStep, Signal, SignalId,
        WorkerId, WorkspaceId,
    },
    ports::store::{
        Backlog, CancelAnswer, ClaimedRun, CostStore, DueClass, Enqueued, Quota, RecordAnswer, Reopening,
        RunFilter, RunHistory, RunStore, StepQuery, StoreError,
    },
};

use crate::{breach::Breach, store::BrokenStore};

const TICK: TimeDelta = TimeDelta::microseconds(1);

#[async_trait]
impl RunStore for BrokenStore {
    async fn enqueue(&self, runs: &[NewRun], now: DateTime<Utc>) -> Result<Vec<Enqueued>, StoreError> {
        self.tell_early(runs).await;
        let mut runs = runs.to_vec();
        self.spoil_new(&mut runs);
        let known: Vec<_> = runs.iter().map(|new| self.memo().runs.contains_key(&new.run.run_id)).collect();
        if self.has(Breach::EnqueueMakesAnother) {
            for (new, _) in runs.iter_mut().zip(&known).filter(|(_, known)| **known) {
                new.run.run_id = RunId::from_u128(new.run.run_id.as_u128() ^ 1);
            }
        }
        let mut answers = Vec::new();
        if self.has(Breach::BatchInPieces) {
            for new in &runs {
                answers.extend(self.inner.enqueue(std::slice::from_ref(new), now).await?);
                tokio::task::yield_now().await;
            }
        } else {
            answers = self.inner.enqueue(&runs, now).await?;
        }
        for ((answer, new), known) in answers.iter_mut().zip(&runs).zip(known) {
            self.memo().runs.insert(new.run.run_id, new.run.clone());
            match answer {
                Enqueued::Accepted { held: true } => drop(self.memo().held.insert(new.run.run_id)),
                Enqueued::Accepted { held } if known && self.has(Breach::EnqueueTellsHeldAgain) => {
                    *held = self.memo().held.contains(&new.run.run_id);
                }
                Enqueued::Duplicate { same_request, .. } if self.has(Breach::KeyHashIgnored) => {
                    *same_request = true
                }
                _ => {}
            }
        }
        Ok(answers)
    }

    async fn claim(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Result<Vec<ClaimedRun>, StoreError> {
        let mut quotas = quotas.to_vec();
        if self.has(Breach::QuotaExceeded) {
            quotas.iter_mut().for_each(|quota| quota.limit = quota.limit.saturating_add(1));
        }
        if self.has(Breach::ClassIgnored) {
            let all = quotas
                .iter()
                .flat_map(|quota| Class::ALL.iter().map(|class| Quota { class: *class, ..quota.clone() }));
            quotas = all.collect();
        }
        let now = if self.has(Breach::ClaimEarly) { now + TICK } else { now };
        let mut again = Vec::new();
        if self.has(Breach::ClaimTakesOwned) {
            let claims = self.memo().claims.clone();
            for (worker, claim) in claims {
                again.extend(self.inner.claimed(worker, claim).await?);
            }
        }
        let mut claimed = self.inner.claim(worker, claim, now, &quotas).await?;
        for one in &claimed {
            self.memo().leases.insert(one.run.clone(), (one.claim_no, worker, claim));
        }
        self.memo().claims.insert((worker, claim));
        claimed.extend(again);
        claimed.iter_mut().for_each(|one| self.spoil_claimed(one));
        Ok(claimed)
    }

    async fn claimed(&self, worker: WorkerId, claim: ClaimId) -> Result<Vec<ClaimedRun>, StoreError> {
        let mut claimed = Vec::new();
        match self.breach {
            Breach::ClaimedForgets => {}
            Breach::ClaimedIgnoresId => {
                let claims = self.memo().claims.clone();
                for (_, call) in claims.into_iter().filter(|(by, _)| *by == worker) {
                    claimed.extend(self.inner.claimed(worker, call).await?);
                }
            }
            _ => claimed = self.inner.claimed(worker, claim).await?,
        }
        claimed.iter_mut().for_each(|one| self.spoil_claimed(one));
        Ok(claimed)
    }

    async fn due(
        &self,
        now: DateTime<Utc>,
        after: Option<&DueClass>,
        limit: u32,
    ) -> Result<(Vec<DueClass>, Option<DateTime<Utc>>), StoreError> {
        let after = after.filter(|_| !self.has(Breach::DueNeverGoesRound));
        let (due, mut next) = self.inner.due(now, after, limit).await?;
        if self.has(Breach::DueTellsNow) {
            next = self.inner.due(now - TICK, after, limit).await?.1;
        }
        Ok((due, next))
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let mut backlog = self.inner.backlog(now).await?;
        if self.has(Breach::BacklogTellsNoAge) {
            backlog.oldest_due_at = backlog.oldest_due_at.map(|_| now);
        }
        Ok(backlog)
    }

    async fn record(
        &self,
        records: &[RunRecord],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordAnswer>, StoreError> {
        let mut sent = Vec::new();
        for record in records {
            sent.push(self.spoil_record(record).await?);
        }
        let mut answers = self.inner.record(&sent, now).await?;
        if self.has(Breach::BatchFailsTogether) {
            let lost = answers.iter().position(|answer| *answer == RecordAnswer::LeaseLost);
            answers
                .iter_mut()
                .skip(lost.unwrap_or(usize::MAX))
                .for_each(|answer| *answer = RecordAnswer::LeaseLost);
        }
        for (answer, record) in answers.iter_mut().zip(records) {
            self.settle(answer, record, now).await?;
        }
        Ok(answers)
    }

    async fn history(&self, runs: &[RunRef]) -> Result<Vec<RunHistory>, StoreError> {
        let mut histories = self.inner.history(runs).await?;
        for (history, run) in histories.iter_mut().zip(runs) {
            self.spoil_steps(run, &mut history.steps);
            if self.has(Breach::HistorySorted) {
                history.signals.sort_by_key(|signal| signal.at);
            }
        }
        Ok(histories)
    }

    async fn signal(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        signal: &Signal,
    ) -> Result<(), StoreError> {
        let mut signal = signal.clone();
        let known = self.memo().runs.get(&run_id).cloned();
        if let Some(run) = known.filter(|_| self.has(Breach::SignalTwice)) {
            let kept = self.inner.history(&[run]).await?.remove(0).signals.len();
            signal.id = SignalId::from_u128(signal.id.as_u128() ^ kept as u128);
        }
        match self.inner.signal(workspace, run_id, &signal).await {
            Err(StoreError::Conflict { .. }) if self.has(Breach::SignalAfterEnd) => Ok(()),
            answer => answer,
        }
    }

    async fn cancel(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<CancelAnswer, StoreError> {
        let (force, nobody) = (force && !self.has(Breach::ForceOnlyAsks), Actor::engine());
        let actor = if self.has(Breach::CancelForgetsActor) { &nobody } else { actor };
        self.inner.cancel(workspace, run_id, force, actor, now).await
    }

    async fn reopen(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError> {
        let mut sent = reopening.clone();
        let seen = self.inner.run(workspace, run_id).await?;
        match self.breach {
            Breach::ReopenUncompared => sent.seq = seen.revision,
            Breach::ReopenForgetsRows => sent.steps.clear(),
            Breach::ReopenForgetsAgents => sent.agents = None,
            Breach::ReopenLate => sent.signal.at += TICK,
            Breach::ReopenTwice => {
                sent.signal.id = SignalId::from_u128(sent.signal.id.as_u128() ^ u128::from(seen.revision));
            }
            _ => {}
        }
        self.inner.reopen(workspace, run_id, &sent).await?;
        if seen.status.is_final() {
            self.memo().ends.insert(run_id, seen);
        }
        Ok(())
    }

    async fn promote(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        max_concurrent_runs: Option<u32>,
    ) -> Result<u32, StoreError> {
        let max = max_concurrent_runs.filter(|_| !self.has(Breach::PromoteAll));
        self.inner.promote(workspace, orchestra_id, max).await
    }

    async fn held(&self, limit: u32) -> Result<Vec<(WorkspaceId, OrchestraId)>, StoreError> {
        let mut held = self.inner.held(limit).await?;
        if self.has(Breach::HeldRepeats) {
            held.extend(held.clone());
        }
        Ok(held)
    }

    async fn reclaim(&self, dead: &[WorkerId], now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let mut dead = dead.to_vec();
        if self.has(Breach::ReclaimTakesAll) {
            dead.extend(self.memo().claims.iter().map(|(worker, _)| *worker));
        }
        self.inner.reclaim(&dead, now, limit).await
    }

    async fn run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError> {
        let home = self.memo().runs.get(&run_id).map(|run| run.workspace.clone());
        let anywhere = home.filter(|_| self.has(Breach::RunFoundAnywhere));
        let mut run = self.inner.run(anywhere.as_ref().unwrap_or(workspace), run_id).await?;
        self.spoil_run(&mut run);
        Ok(run)
    }

    async fn runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let mut runs = self.list(workspace, filter, before, limit).await?;
        runs.iter_mut().for_each(|run| self.spoil_run(run));
        Ok(runs)
    }

    async fn steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError> {
        let mut steps = if self.has(Breach::PrefixIsPattern) {
            self.like(workspace, run_id, query, limit).await?
        } else {
            self.inner.steps(workspace, run_id, query, limit).await?
        };
        let run = self.memo().runs.get(&run_id).cloned();
        run.iter().for_each(|run| self.spoil_steps(run, &mut steps));
        Ok(steps)
    }

    async fn prune_runs(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let before = if self.has(Breach::PruneYoung) { before + TICK } else { before };
        if self.has(Breach::PruneLive) {
            let runs: Vec<_> = self.memo().runs.values().cloned().collect();
            for run in runs {
                let early = before - TICK;
                drop(self.inner.cancel(&run.workspace, run.run_id, true, &Actor::engine(), early).await);
            }
        }
        if self.has(Breach::CostsDieWithRuns) {
            self.inner.prune_costs(before, u32::MAX).await?;
        }
        self.inner.prune_runs(before, now, limit).await
    }
}

impl BrokenStore {
    fn spoil_new(&self, runs: &mut [NewRun]) {
        for new in runs {
            match self.breach {
                Breach::KeyIgnored => new.key = None,
                Breach::KeyForEver => {
                    new.key.iter_mut().for_each(|key| key.expires_at = DateTime::<Utc>::MAX_UTC)
                }
                Breach::LimitIgnored => new.max_concurrent_runs = None,
                Breach::TimeCut => {
                    new.due_at = new.due_at.duration_trunc(TimeDelta::milliseconds(1)).unwrap();
                }
                _ => {}
            }
        }
    }
}
