//! A store of runs on the bench: short ways to enqueue, claim and record.

use std::{num::NonZeroU32, slice, sync::Arc};

use chrono::{DateTime, Utc};

use super::{TEXTS, at, orchestra_id, payloads, workspace};
use crate::{
    domain::{
        Actor, ClaimId, Class, Disposition, Failure, Finish, Money, NewRun, Payload, Run, RunId, RunRecord,
        RunRef, RunStatus, RunStep, ScoreId, Signal, SignalId, SignalKind, Totals, Trigger, WorkerId,
    },
    ports::{
        Entropy,
        store::{ClaimedRun, Enqueued, Quota, RecordAnswer, RunHistory, RunStore},
    },
    testing::SeededEntropy,
};

/// A store of runs, and ids that repeat themselves from one test run to the next.
pub(in crate::conformance) struct Bench {
    pub(in crate::conformance) store: Arc<dyn RunStore>,
    random: SeededEntropy,
}

/// A claim that is held: what a record must name.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Lease {
    pub(in crate::conformance) run: RunRef,
    pub(in crate::conformance) claim_no: u32,
    pub(in crate::conformance) worker: WorkerId,
}

impl Bench {
    /// The workspace and the orchestra of runs that name no other.
    pub(in crate::conformance) const WORKSPACE: &str = "Main_1:a.b@c-d";
    pub(in crate::conformance) const ORCHESTRA: &str = "overture";

    /// `seed` is the name of the clause.
    pub(in crate::conformance) fn new(store: Arc<dyn RunStore>, seed: &str) -> Self {
        let seed =
            seed.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        Self { store, random: SeededEntropy::new(seed) }
    }

    pub(in crate::conformance) fn worker(&self) -> WorkerId {
        WorkerId::from_u128(self.random.next_u128())
    }

    pub(in crate::conformance) fn claim_id(&self) -> ClaimId {
        ClaimId::from_u128(self.random.next_u128())
    }

    /// Returns a new run of the default orchestra that is due at once.
    pub(in crate::conformance) fn run(&self) -> NewRun {
        self.run_in(Self::WORKSPACE, Self::ORCHESTRA)
    }

    pub(in crate::conformance) fn run_in(&self, of: &str, orchestra: &str) -> NewRun {
        let run_id = RunId::at(at(0), self.random.next_u128());
        NewRun {
            run: RunRef { workspace: workspace(of), orchestra_id: orchestra_id(orchestra), run_id },
            score_id: ScoreId::new("score").expect("a good score id"),
            score_version: 1,
            agents: Vec::new(),
            trigger: Trigger::Manual,
            class: Class::Normal,
            due_at: at(0),
            input: Payload::empty_object(),
            key: None,
            max_concurrent_runs: None,
            exclusive: false,
            promotes: false,
        }
    }

    /// Returns new runs of the default orchestra in the order of their ids.
    pub(in crate::conformance) fn runs(&self, count: usize) -> Vec<NewRun> {
        let mut runs: Vec<_> = (0..count).map(|_| self.run()).collect();
        runs.sort_by_key(|run| run.run.run_id);
        runs
    }

    pub(in crate::conformance) fn wake(&self, when: DateTime<Utc>) -> Signal {
        let id = SignalId::from_u128(self.random.next_u128());
        Signal { id, kind: SignalKind::Wake, actor: Actor::new("somebody"), at: when }
    }

    pub(in crate::conformance) async fn enqueue(&self, runs: &[NewRun], now: DateTime<Utc>) -> Vec<Enqueued> {
        let answers = self.store.enqueue(runs, now).await.expect("runs are enqueued");
        assert_eq!(answers.len(), runs.len(), "enqueue answers each run");
        answers
    }

    /// Enqueues runs that must enter and be due in their time.
    pub(in crate::conformance) async fn enter(&self, runs: &[NewRun]) {
        for (answer, new) in self.enqueue(runs, at(0)).await.into_iter().zip(runs) {
            assert_eq!(answer, Enqueued::Accepted { held: false }, "enqueue of {:?}", new.run);
        }
    }

    /// Claims up to `limit` runs of every class of the default workspace.
    pub(in crate::conformance) async fn claim(
        &self,
        worker: WorkerId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Vec<ClaimedRun> {
        self.claim_in(Self::WORKSPACE, worker, now, limit).await
    }

    pub(in crate::conformance) async fn claim_in(
        &self,
        of: &str,
        worker: WorkerId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Vec<ClaimedRun> {
        let quotas = Class::ALL.iter().map(|class| quota(of, *class, limit)).collect::<Vec<_>>();
        self.store.claim(worker, self.claim_id(), now, &quotas).await.expect("runs are claimed")
    }

    /// Claims the one run that is due in the default workspace.
    pub(in crate::conformance) async fn take(&self, worker: WorkerId, now: DateTime<Utc>) -> Lease {
        let claimed = self.claim(worker, now, 9).await;
        assert_eq!(claimed.len(), 1, "one run is due and can be claimed at {now}: {claimed:?}");
        Lease { run: claimed[0].run.clone(), claim_no: claimed[0].claim_no, worker }
    }

    /// Enqueues a run and claims it.
    pub(in crate::conformance) async fn started(&self) -> Lease {
        self.enter(&[self.run()]).await;
        self.take(self.worker(), at(0)).await
    }

    /// Demands that nothing of the default workspace can be claimed.
    pub(in crate::conformance) async fn assert_nothing_to_claim(&self, now: DateTime<Utc>, what: &str) {
        let claimed = self.claim(self.worker(), now, 999).await;
        assert!(claimed.is_empty(), "{what}, yet a claim at {now} took {claimed:?}");
    }

    pub(in crate::conformance) async fn record(
        &self,
        record: &RunRecord,
        now: DateTime<Utc>,
    ) -> RecordAnswer {
        let answers = self.store.record(slice::from_ref(record), now).await.expect("a record is answered");
        assert_eq!(answers.len(), 1, "record answers each record");
        answers[0]
    }

    /// Records what must be applied and done.
    pub(in crate::conformance) async fn apply(&self, record: &RunRecord, now: DateTime<Utc>) {
        let answer = self.record(record, now).await;
        assert!(matches!(answer, RecordAnswer::Applied { done: true, .. }), "{answer:?} for {record:?}");
    }

    /// Demands that a record is refused.
    pub(in crate::conformance) async fn refuse(&self, record: &RunRecord, now: DateTime<Utc>, why: &str) {
        let answer = self.record(record, now).await;
        assert_eq!(answer, RecordAnswer::LeaseLost, "{why}: {record:?}");
    }

    pub(in crate::conformance) async fn seen(&self, run: &RunRef) -> Run {
        self.store.run(&run.workspace, run.run_id).await.expect("a run that was enqueued is found")
    }

    pub(in crate::conformance) async fn history(&self, run: &RunRef) -> RunHistory {
        let mut histories = self.store.history(slice::from_ref(run)).await.expect("a history is read");
        assert_eq!(histories.len(), 1, "history answers each run");
        histories.remove(0)
    }

    /// Returns every step of a run, as it is listed.
    pub(in crate::conformance) async fn steps(&self, run: &RunRef) -> Vec<RunStep> {
        let steps = self.store.steps(&run.workspace, run.run_id, &Default::default(), 1_000).await;
        steps.expect("steps of a run are listed")
    }
}

impl Lease {
    /// Returns a record without steps.
    pub(in crate::conformance) fn record(&self, seq: u32, disposition: Disposition) -> RunRecord {
        let Self { run, claim_no, worker } = self.clone();
        RunRecord { run, claim_no, worker, seq, steps: Vec::new(), disposition }
    }

    /// Returns a record that writes steps and goes on.
    pub(in crate::conformance) fn writes(&self, seq: u32, steps: &[RunStep]) -> RunRecord {
        RunRecord { steps: steps.to_vec(), ..self.record(seq, Disposition::Continue) }
    }
}

/// Returns a quota; a limit of 0 counts as 1.
pub(in crate::conformance) fn quota(of: &str, class: Class, limit: u32) -> Quota {
    Quota { workspace: workspace(of), class, limit: NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN) }
}

/// Returns the disposition of a worker that has seen so many signals.
pub(in crate::conformance) fn park(wake_at: Option<DateTime<Utc>>, signals_seen: u32) -> Disposition {
    Disposition::Park { wake_at, signals_seen }
}

/// Returns the end of a run that failed.
pub(in crate::conformance) fn failed() -> Disposition {
    Disposition::Finish(Finish {
        status: RunStatus::Failed,
        output: Some(TEXTS[5].to_owned()),
        result: payloads().into_iter().nth(12),
        error: Some(Failure::new("broken", TEXTS[3])),
        totals: Totals {
            input_tokens: 7,
            known: Money::from_nanos(9),
            has_unknown: true,
            ..Totals::default()
        },
    })
}

/// Returns the end of a run that went well and says nothing more.
pub(in crate::conformance) fn succeeded() -> Disposition {
    Disposition::Finish(Finish {
        status: RunStatus::Succeeded,
        output: None,
        result: None,
        error: None,
        totals: Totals::default(),
    })
}
