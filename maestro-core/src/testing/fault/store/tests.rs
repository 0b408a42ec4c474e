//! Tests of each fault, on a call that counts how often it was polled and whether it was applied.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;

use super::*;
use crate::testing::{FaultRates, ManualClock};

struct Bench {
    clock: Arc<ManualClock>,
    plan: FaultPlan,
    applied: AtomicU32,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(0, 0).unwrap()));
        Self { plan: FaultPlan::new(clock.clone()), clock, applied: AtomicU32::new(0) }
    }

    /// A call that is applied at its second poll.
    async fn call(&self, method: Method) -> Result<&'static str, StoreError> {
        let call = async {
            tokio::task::yield_now().await;
            self.applied.fetch_add(1, Ordering::SeqCst);
            Ok("answer")
        };
        self.plan.play(method, call).await
    }

    fn applied(&self) -> u32 {
        self.applied.swap(0, Ordering::SeqCst)
    }
}

async fn yield_often() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    let bench = Bench::new();
    let cases = [
        (Fault::NotApplied, 0),
        (Fault::AppliedButError, 1),
        (Fault::DroppedAfter(0), 0),
        (Fault::DroppedAfter(1), 0),
        (Fault::DroppedAfter(2), 1),
        (Fault::DroppedAfter(9), 1),
    ];
    for (fault, applied) in cases {
        bench.plan.fail_next(Method::Claim, fault);
        let error = bench.call(Method::Claim).await.unwrap_err();
        assert!(error.is_retryable() && !error.surely_not_applied(), "{fault:?}: {error}");
        assert_eq!(bench.applied(), applied, "{fault:?}");
        assert_eq!(bench.call(Method::Claim).await.unwrap(), "answer", "only the next call fails");
        assert_eq!(bench.applied(), 1);
    }
}

#[tokio::test]
async fn a_delay_waits_by_the_clock_before_the_call_or_after() {
    let bench = Bench::new();
    for (fault, applied_early) in
        [(Fault::Delay(Duration::from_secs(5)), 0), (Fault::LateAnswer(Duration::from_secs(5)), 1)]
    {
        bench.plan.fail_next(Method::Run, fault);
        let seen = Mutex::new(None);
        let (answer, ()) = tokio::join!(bench.call(Method::Run), async {
            while bench.clock.sleepers() == 0 {
                tokio::task::yield_now().await;
            }
            *seen.lock().unwrap() = Some(bench.applied());
            bench.clock.advance(Duration::from_secs(5));
        });
        assert_eq!(answer.unwrap(), "answer");
        assert_eq!(seen.into_inner().unwrap(), Some(applied_early), "{fault:?}");
        assert_eq!(bench.plan.calls().pop().unwrap().took, Some(Duration::from_secs(5)), "the caller waited");
        bench.applied();
    }
}

#[tokio::test]
async fn who_hangs_is_dropped_by_its_caller() {
    let bench = Bench::new();
    for (fault, applied) in [(Fault::HangBefore, 0), (Fault::HangAfter, 1)] {
        bench.plan.fail_next(Method::Record, fault);
        tokio::select! {
            biased;
            answer = bench.call(Method::Record) => panic!("{fault:?} answered {answer:?}"),
            () = yield_often() => {}
        }
        assert_eq!(bench.applied(), applied, "{fault:?}");
    }
}

#[tokio::test]
async fn ranges_count_by_method_or_among_all_and_a_partition_ends() {
    let bench = Bench::new();
    bench.plan.between(Method::Claim, 2..=3, Fault::NotApplied);
    bench.plan.between_all(5.., Fault::NotApplied);
    let mut failed = Vec::new();
    for method in [Method::Claim, Method::Run, Method::Claim, Method::Run, Method::Run] {
        failed.push(bench.call(method).await.is_err());
    }
    assert_eq!(failed, [false, false, true, false, true]);
    bench.plan.calm();
    assert!(bench.call(Method::Claim).await.is_ok());
    bench.plan.partition();
    assert!(bench.call(Method::Claim).await.is_err());
    bench.plan.heal();
    assert!(bench.call(Method::Claim).await.is_ok());
    assert_eq!(bench.plan.count(Method::Claim), 5);
    let last = bench.plan.calls().pop();
    assert_eq!(
        last,
        Some(super::super::Call {
            method: Method::Claim,
            number: 5,
            fault: None,
            took: Some(Duration::ZERO)
        })
    );
}

#[tokio::test]
async fn chance_repeats_itself_by_seed_and_keeps_to_its_rates() {
    let faults = async |seed| {
        let bench = Bench::new();
        let rates = FaultRates { not_applied: 0.2, applied_but_error: 0.1, ..FaultRates::default() };
        bench.plan.random(seed, rates);
        for _ in 0..1_000 {
            drop(bench.call(Method::Claim).await);
        }
        bench.plan.calls().iter().map(|call| call.fault).collect::<Vec<_>>()
    };
    let drawn = faults(1).await;
    assert_eq!(drawn, faults(1).await);
    assert_ne!(drawn, faults(2).await);
    let count = |fault| drawn.iter().filter(|one| **one == Some(fault)).count();
    assert!((150..250).contains(&count(Fault::NotApplied)));
    assert!((60..140).contains(&count(Fault::AppliedButError)));
}

#[test]
fn methods_have_the_names_of_the_ports() {
    let source = [
        include_str!("../../../ports/store/runs.rs"),
        include_str!("../../../ports/store/scores.rs"),
        include_str!("../../../ports/store/agents.rs"),
        include_str!("../../../ports/store/secrets.rs"),
        include_str!("../../../ports/store/orchestras.rs"),
        include_str!("../../../ports/store/costs.rs"),
        include_str!("../../../ports/store/workers.rs"),
        include_str!("../../../ports/store/events.rs"),
    ]
    .concat();
    let mut there: Vec<_> =
        source.lines().filter_map(|line| line.trim().strip_prefix("async fn ")?.split('(').next()).collect();
    let mut ours: Vec<_> = Method::ALL.iter().map(|method| method.name()).collect();
    there.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, there);
}
