//! The store that fails on demand: without faults it is the store, with faults a caller who repeats comes through.

#![allow(clippy::unwrap_used, reason = "test code")]

use std::{collections::BTreeSet, num::NonZeroU32, sync::Arc, time::Duration};

use chrono::DateTime;
use maestro_core::{
    domain::{
        Actor, ClaimId, Class, Disposition, Finish, NewRun, OrchestraId, Payload, RunId, RunRecord, RunRef,
        RunStatus, RunStep, ScoreId, StepKind, StepStatus, Totals, Trigger, WorkerId, WorkspaceId,
    },
    ports::{
        Entropy, Store,
        store::{ClaimedRun, EventStore, Quota, RecordAnswer, RunStore, StoreError, WorkerStore},
    },
    testing::{Fault, FaultPlan, FaultRates, FaultStore, ManualClock, Method, SeededEntropy},
};
use maestro_store_memory::MemoryStore;

fn plan() -> FaultPlan {
    FaultPlan::new(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)))
}

mod without_faults {
    //! A wrapper that mixes up two methods would not pass.

    use super::*;

    async fn fresh_store() -> (Arc<dyn Store>, ()) {
        (Arc::new(FaultStore::new(Arc::new(MemoryStore::new()), plan())), ())
    }

    maestro_core::store_conformance!(fresh_store);
}

#[tokio::test]
async fn a_wrapper_of_a_trait_object_is_a_store() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let store: Arc<dyn Store> = Arc::new(FaultStore::new(inner, plan()));
    assert!(store.held(1).await.is_ok());
}

#[tokio::test]
async fn a_partition_swallows_changes_and_says_so() {
    let inner = Arc::new(MemoryStore::new());
    let store = FaultStore::new(Arc::clone(&inner), plan());
    let workspace = WorkspaceId::default();
    let mut changes = store.changes().await.unwrap();
    store.plan().partition();
    assert!(store.pause_workspace(&workspace, None).await.is_err());
    inner.pause_workspace(&workspace, Some((&Actor::host(), DateTime::UNIX_EPOCH))).await.unwrap();
    assert_eq!(changes.next().await, None, "some were missed");
    assert!(store.workspace(&workspace).await.is_err());
    store.plan().heal();
    assert!(store.workspace(&workspace).await.unwrap().paused.is_some());
    inner.pause_workspace(&workspace, None).await.unwrap();
    assert!(changes.next().await.is_some());
}

#[tokio::test]
async fn a_lost_answer_was_applied_and_a_refused_call_was_not() {
    let inner = Arc::new(MemoryStore::new());
    let store = FaultStore::new(Arc::clone(&inner), plan());
    for (fault, stays) in
        [(Fault::AppliedButError, true), (Fault::NotApplied, false), (Fault::DroppedAfter(0), false)]
    {
        let worker = WorkerId::from_u128(u128::from(store.plan().count(Method::RegisterWorker)));
        store.plan().fail_next(Method::RegisterWorker, fault);
        let answer = store.register_worker(worker, DateTime::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{fault:?}");
        let known = inner.renew_worker(worker, DateTime::UNIX_EPOCH).await.unwrap().is_some();
        assert_eq!(known, stays, "{fault:?}");
    }
}

/// Repeats a call until it is answered.
async fn until_answered<T>(mut call: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

fn new_run(random: &SeededEntropy) -> NewRun {
    let run = RunRef {
        workspace: WorkspaceId::default(),
        orchestra_id: OrchestraId::new("overture").unwrap(),
        run_id: RunId::at(DateTime::UNIX_EPOCH, random.next_u128()),
    };
    NewRun {
        run,
        score_id: ScoreId::new("score").unwrap(),
        score_version: 1,
        agents: Vec::new(),
        trigger: Trigger::Manual,
        class: Class::Normal,
        due_at: DateTime::UNIX_EPOCH,
        input: Payload::null(),
        key: None,
        max_concurrent_runs: None,
        exclusive: false,
        promotes: false,
    }
}

/// Claims as an engine must: after an uncertain answer it asks what the call took.
async fn claim(store: &dyn RunStore, worker: WorkerId, claim: ClaimId) -> Vec<ClaimedRun> {
    let limit = NonZeroU32::MIN.saturating_add(2);
    let quotas = [Quota { workspace: WorkspaceId::default(), class: Class::Normal, limit }];
    match store.claim(worker, claim, DateTime::UNIX_EPOCH, &quotas).await {
        Ok(claimed) => claimed,
        Err(_) => until_answered(async || store.claimed(worker, claim).await).await,
    }
}

#[tokio::test]
async fn who_repeats_plays_every_run_once_whatever_gets_lost() {
    for seed in 0..50 {
        let plan = plan();
        let inner = Arc::new(MemoryStore::new());
        let store = FaultStore::new(Arc::clone(&inner), plan.clone());
        let rates = FaultRates {
            not_applied: 0.15,
            applied_but_error: 0.2,
            dropped: 0.1,
            delayed: 0.0,
            longest_delay: Duration::ZERO,
        };
        plan.random(seed, rates);
        let random = SeededEntropy::new(seed);
        let runs: Vec<_> = (0..9).map(|_| new_run(&random)).collect();
        until_answered(async || store.enqueue(&runs, DateTime::UNIX_EPOCH).await).await;
        let worker = WorkerId::from_u128(random.next_u128());
        let mut played = BTreeSet::new();
        while played.len() < 9 {
            for claimed in claim(&store, worker, ClaimId::from_u128(random.next_u128())).await {
                assert!(played.insert(claimed.run.run_id), "seed {seed}: a run is claimed twice");
                let record = end(&claimed, worker);
                let answers = until_answered(async || {
                    store.record(std::slice::from_ref(&record), DateTime::UNIX_EPOCH).await
                });
                assert!(
                    matches!(answers.await[..], [RecordAnswer::Applied { done: true, .. }]),
                    "seed {seed}"
                );
            }
        }
        assert!(plan.calls().iter().any(|call| call.fault.is_some()), "seed {seed}: something failed");
        for new in &runs {
            let run = inner.run(&new.run.workspace, new.run.run_id).await.unwrap();
            assert_eq!((run.status, run.revision), (RunStatus::Succeeded, 1), "seed {seed}");
        }
    }
}

fn end(claimed: &ClaimedRun, worker: WorkerId) -> RunRecord {
    let finish = Finish {
        status: RunStatus::Succeeded,
        output: None,
        result: None,
        error: None,
        totals: Totals::default(),
    };
    let step = RunStep::new("only".parse().unwrap(), 1, StepKind::Deterministic, StepStatus::Succeeded);
    RunRecord {
        run: claimed.run.clone(),
        claim_no: claimed.claim_no,
        worker,
        seq: 1,
        steps: vec![step],
        disposition: Disposition::Finish(finish),
    }
}
