//! One random history: each call goes to the store and to the reference, and both must say the same.

mod people;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::reference::{Reference, owned};
use crate::{
    conformance::kit::{
        Bench, Lease, at, failed, orchestra_id, park, quota, sorted, step, succeeded, workspace,
    },
    domain::{
        ClaimId, Class, Disposition, LiveState, NewRun, RunRecord, RunRef, Signal, StepStatus, WorkerId,
    },
    ports::store::{OwnedRun, Quota, RecordAnswer, RunStore},
    testing::SeededEntropy,
};

/// A history that is being played.
pub(super) struct History {
    pub(super) seed: u64,
    random: SeededEntropy,
    pub(super) bench: Bench,
    pub(super) model: Reference,
    pub(super) now: DateTime<Utc>,
    workspaces: [String; 2],
    workers: Vec<WorkerId>,
    news: Vec<NewRun>,
    pub(super) claims: Vec<(WorkerId, ClaimId)>,
    records: Vec<RunRecord>,
    signals: Vec<(RunRef, Signal)>,
    reopenings: Vec<(RunRef, Signal)>,
    pub(super) log: Vec<String>,
}

impl History {
    pub(super) fn new(store: Arc<dyn RunStore>, seed: u64) -> Self {
        let bench = Bench::new(store, &format!("history {seed}"));
        Self {
            seed,
            random: SeededEntropy::new(seed),
            workers: (0..3).map(|_| bench.worker()).collect(),
            bench,
            model: Reference::default(),
            now: at(0),
            workspaces: ["a", "b"].map(|name| format!("history-{seed}-{name}")),
            news: Vec::new(),
            claims: Vec::new(),
            records: Vec::new(),
            signals: Vec::new(),
            reopenings: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Plays so many calls, then ends what is left, so that the next history finds an empty queue.
    pub(super) async fn play(mut self, calls: u32) {
        for number in 0..calls {
            self.now +=
                TimeDelta::microseconds(i64::try_from(self.random.below(3)).expect("small") * 700_001);
            match self.random.below(100) {
                0..22 => self.enqueue().await,
                22..42 => self.claim().await,
                42..66 => self.record().await,
                66..72 => self.repeat().await,
                72..78 => self.intrude().await,
                78..86 => self.signal().await,
                86..90 => self.cancel(None).await,
                90..93 => self.reopen().await,
                93..96 => self.promote().await,
                _ => self.reclaim().await,
            }
            if number % 8 == 7 {
                self.compare_all().await;
            }
        }
        for run in self.model.rows.keys().cloned().collect::<Vec<_>>() {
            self.cancel(Some(run)).await;
        }
        self.compare_all().await;
    }

    async fn enqueue(&mut self) {
        if !self.news.is_empty() && self.random.chance(15) {
            let new = self.pick(&self.news);
            return self.send_new(new).await;
        }
        let of = self.pick(&self.workspaces);
        let orchestra = self.pick(&["x", "y"]);
        let new = NewRun {
            class: self.pick(Class::ALL),
            due_at: self.now + TimeDelta::seconds(self.pick(&[-2, 0, 0, 3])),
            max_concurrent_runs: self.pick(&[None, None, Some(1), Some(2), Some(3)]),
            exclusive: self.random.chance(20),
            promotes: self.random.chance(50),
            ..self.bench.run_in(&of, orchestra)
        };
        self.news.push(new.clone());
        self.send_new(new).await;
    }

    async fn send_new(&mut self, new: NewRun) {
        let said = format!("enqueue {:?} max {:?}", new.run.run_id, new.max_concurrent_runs);
        let answer = self.bench.enqueue(std::slice::from_ref(&new), self.now).await.remove(0);
        let expected = self.model.enqueue(&new);
        self.same(said, answer, expected);
        self.compare(&new.run).await;
    }

    async fn claim(&mut self) {
        let (worker, claim) = (self.pick(&self.workers), self.bench.claim_id());
        let mut quotas: Vec<Quota> = Vec::new();
        for of in &self.workspaces {
            for class in Class::ALL {
                if self.random.chance(60) {
                    quotas.push(quota(of, *class, 1 + self.random.below(2) as u32));
                }
            }
        }
        let said = format!("claim {claim:?} by {worker:?} of {} quotas", quotas.len());
        let claimed =
            self.bench.store.claim(worker, claim, self.now, &quotas).await.expect("runs are claimed");
        let recoveries = sorted(claimed.iter().map(|one| (one.run.clone(), one.recoveries, one.started_at)));
        let found = claimed.into_iter().map(|one| OwnedRun {
            run: one.run,
            claim_no: one.claim_no,
            seq: one.seq,
            signals: one.signals,
            cancel: one.cancel,
        });
        let found = by_run(found.collect());
        let expected = by_run(self.model.claim(worker, claim, self.now, &quotas));
        let told = expected.iter().map(|one| &self.model.rows[&one.run].live);
        let told =
            told.map(|live| (live.run.clone(), live.recoveries, live.started_at.expect("it was claimed")));
        let told = told.collect();
        self.same(said, found, expected);
        self.agree(format_args!("recoveries and started_at"), recoveries, told);
        self.claims.push((worker, claim));
    }

    /// An owner writes its next record; where nobody owns anything, nothing is written.
    async fn record(&mut self) {
        let Some(lease) = self.pick_owned() else { return };
        let row = &self.model.rows[&lease.run].live;
        let (seq, signals) = (row.seq + 1, row.signals);
        let seen = if self.random.chance(30) { signals.saturating_sub(1) } else { signals };
        let wake_at = self.pick(&[None, Some(-1), Some(0), Some(2)]);
        let wake_at = wake_at.map(|seconds| self.now + TimeDelta::seconds(seconds));
        let disposition = match self.random.below(12) {
            0..5 => Disposition::Continue,
            5..9 => park(wake_at, seen),
            9 => Disposition::Falter { wake_at: wake_at.unwrap_or(self.now) },
            _ => self.pick(&[succeeded(), failed()]),
        };
        let status = self.pick(&[StepStatus::Succeeded, StepStatus::Running]);
        let steps = vec![step(&format!("s{seq}"), 1, status, seq)];
        let record = RunRecord { steps, ..lease.record(seq, disposition) };
        self.records.push(record.clone());
        self.send_record("record", record).await;
    }

    /// Some record that was sent before is sent again.
    async fn repeat(&mut self) {
        if !self.records.is_empty() {
            let record = self.pick(&self.records);
            if !self.model.rows[&record.run].may_be_forgotten(&record) {
                self.send_record("repeat", record).await;
            }
        }
    }

    /// Somebody writes under a claim that is not theirs, or that is theirs no more.
    async fn intrude(&mut self) {
        if self.news.is_empty() {
            return;
        }
        if !self.records.is_empty() && self.random.chance(30) {
            return self.imitate().await;
        }
        let run = self.pick(&self.news).run;
        let row = &self.model.rows[&run].live;
        let older = row.claim_no.saturating_sub(1);
        let (claim_no, worker) = match row.state {
            LiveState::Owned { worker, .. } if self.random.chance(50) => (older, worker),
            _ => (self.pick(&[row.claim_no, row.claim_no + 1]), self.bench.worker()),
        };
        let seq = row.seq + 1;
        let lease = Lease { run, claim_no, worker };
        let disposition = self.pick(&[Disposition::Continue, park(None, 0), succeeded()]);
        let steps = vec![step("intruder", 1, StepStatus::Succeeded, seq)];
        let record = RunRecord { steps, ..lease.record(seq, disposition) };
        self.send_record("intrude", record).await;
    }

    /// A stranger sends what the owner of an earlier claim has sent.
    async fn imitate(&mut self) {
        let record = self.pick(&self.records);
        let row = &self.model.rows[&record.run];
        if row.live.claim_no != record.claim_no && !row.may_be_forgotten(&record) {
            self.send_record("imitate", RunRecord { worker: self.bench.worker(), ..record }).await;
        }
    }

    async fn send_record(&mut self, how: &str, record: RunRecord) {
        let RunRecord { run, claim_no, worker, seq, disposition, .. } = &record;
        let said = format!("{how} {:?} claim {claim_no} by {worker:?} seq {seq} {disposition:?}", run.run_id);
        let answer = self.bench.record(&record, self.now).await;
        let expected = self.model.record(&record, self.now);
        let has_ended = self.model.rows.get(run).is_some_and(|row| row.ended.is_some());
        // What is told of an ended run beside `Applied` means nothing.
        let shown = |answer| match answer {
            RecordAnswer::Applied { done, .. } if has_ended => {
                RecordAnswer::Applied { done, signals: 0, cancel: false }
            }
            answer => answer,
        };
        self.same(said, shown(answer), shown(expected));
        self.compare(run).await;
    }

    async fn promote(&mut self) {
        let (of, orchestra) = (self.pick(&self.workspaces), orchestra_id(self.pick(&["x", "y"])));
        let (of, max) = (workspace(&of), self.pick(&[None, Some(1), Some(2), Some(3)]));
        let answer = self.bench.store.promote(&of, &orchestra, max).await.expect("held runs are let go");
        let expected = self.model.promote(&of, &orchestra, max);
        self.same(format!("promote {of} {orchestra} max {max:?}"), answer, expected);
    }

    async fn reclaim(&mut self) {
        let dead = self.pick(&self.workers);
        let answer = self.bench.store.reclaim(&[dead], self.now, 1_000).await.expect("runs are reclaimed");
        let expected = self.model.reclaim(dead, self.now);
        self.same(format!("reclaim {dead:?}"), answer, expected);
    }

    fn pick_owned(&self) -> Option<Lease> {
        let rows = self.model.rows.values().map(|row| &row.live);
        let owned: Vec<_> = rows
            .filter_map(|live| match live.state {
                LiveState::Owned { worker, .. } => {
                    Some(Lease { run: owned(live).run, claim_no: live.claim_no, worker })
                }
                LiveState::Due { .. } | LiveState::Held { .. } => None,
            })
            .collect();
        (!owned.is_empty()).then(|| self.pick(&owned))
    }

    fn pick<T: Clone>(&self, from: &[T]) -> T {
        from[self.random.below(from.len() as u64) as usize].clone()
    }
}

fn by_run(mut runs: Vec<OwnedRun>) -> Vec<OwnedRun> {
    runs.sort_by(|one, two| one.run.cmp(&two.run));
    runs
}
