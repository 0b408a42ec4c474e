//! The store fails: lost answers, outages, records that make no sense.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use maestro::{
    Context, Options, Payload, RunStatus, Skill, StepError, domain::Class, engine::BulkRun, ports::Entropy,
};
use maestro_core::testing::{Fault, FaultPlan, FaultStore, Method, SeededEntropy};
use serde_json::json;

use crate::{
    house::{House, ask, deploy_one, edge, op, play, with, workspace_id},
    log::Log,
};

async fn chain(house: &House) -> maestro::domain::OrchestraId {
    let nodes = json!([op("a", "echo"), op("b", "flaky"), with("c", "slow", json!({"input": {"ms": 600}}))]);
    house.deploy("S", nodes, json!([edge("a", "b"), edge("b", "c")])).await
}

/// Each call of a worker loses its answer, or is not made, or its future is dropped half-way: nothing is played twice.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_loses_nothing() {
    let methods = [
        Method::RegisterWorker,
        Method::Due,
        Method::Claim,
        Method::Claimed,
        Method::Record,
        Method::History,
        Method::Score,
        Method::RenewWorker,
        Method::Changes,
    ];
    for method in methods {
        for number in 1..=4 {
            for fault in [Fault::NotApplied, Fault::AppliedButError, Fault::DroppedAfter(1)] {
                let house = House::new();
                let id = chain(&house).await;
                let run = ask(&house.office().await, &id, json!({"bad": 1})).await;
                let (maestro, plan) = house.faulty(1, Options::default()).await;
                plan.between(method, number..=number, fault);
                if method == Method::Claimed {
                    plan.between(Method::Claim, 1..=1, Fault::AppliedButError);
                }
                let run = run.finished().await.unwrap();
                let what = format!("{method:?} {number} {fault:?}");
                assert_eq!(run.status, RunStatus::Succeeded, "{what}");
                assert_eq!(house.executions.all().len(), 4, "{what}");
                assert!(house.passed() < 14.0, "{what}: {}", house.passed());
                maestro.shutdown(std::time::Duration::ZERO).await;
            }
        }
    }
}

/// Whatever the engine is doing when the store goes away for minutes: it goes on by itself, and says once what happened.
#[tokio::test(start_paused = true)]
async fn an_outage_of_minutes_at_any_moment_is_survived_and_said_once() {
    for tenth in 0..110 {
        let house = House::new();
        let id = chain(&house).await;
        let (maestro, plan) = house.faulty(1, Options::default()).await;
        let run = ask(&house.office().await, &id, json!({"bad": 1})).await;
        house.sleep(f64::from(tenth) / 10.0).await;
        let (log, _guard) = Log::listen();
        plan.partition();
        house.sleep(300.0).await;
        assert!(log.len() < 30, "{tenth}: {:#?}", log.lines());
        assert!(log.count("the store does not answer") < 12, "{tenth}: {:#?}", log.lines());
        plan.heal();
        let ended = run.finished().await.unwrap();
        assert_eq!(ended.status, RunStatus::Succeeded, "{tenth}");
        house.sleep(30.0).await;
        let before = plan.count(Method::Claim);
        assert_eq!(
            play(&maestro.default_workspace(), &id, json!({"bad": 0})).await.status,
            RunStatus::Succeeded
        );
        assert!(plan.count(Method::Claim) > before);
        maestro.shutdown(std::time::Duration::ZERO).await;
    }
}

/// A run that makes no sense stops neither the others nor the worker, and there is time to mend it.
#[tokio::test(start_paused = true)]
async fn a_corrupt_run_stops_nothing_else_and_is_played_once_it_is_mended() {
    let house = House::new();
    let id = chain(&house).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    let workspace = maestro.default_workspace();
    let broken = ask(&workspace, &id, json!({"bad": 1})).await;
    house.until(broken.id(), RunStatus::Waiting).await;
    plan.between(Method::History, 1.., Fault::Corrupt);
    house.sleep(20.0).await;
    let echo = house.deploy("Echo", json!([op("a", "echo")]), json!([])).await;
    assert_eq!(play(&workspace, &echo, json!({})).await.status, RunStatus::Succeeded);
    assert_eq!(workspace.run(broken.id()).await.unwrap().status, RunStatus::Waiting);
    plan.calm();
    assert_eq!(broken.finished().await.unwrap().status, RunStatus::Succeeded, "it was kept for ever");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stays_corrupt_is_abandoned_and_says_why() {
    let house = House::new();
    let id = chain(&house).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    let run = ask(&maestro.default_workspace(), &id, json!({"bad": 1})).await;
    house.until(run.id(), RunStatus::Waiting).await;
    plan.between(Method::History, 1.., Fault::Corrupt);
    let (log, _guard) = Log::listen();
    let run = run.finished().await.unwrap();
    let error = run.error.unwrap();
    assert_eq!((run.status, error.code.as_str()), (RunStatus::Failed, "abandoned"));
    assert!(error.message.contains("corrupt"), "{}", error.message);
    assert!((100.0..110.0).contains(&house.passed()), "three pauses of 30 s: {}", house.passed());
    assert_eq!(plan.count(Method::History), 4);
    assert_eq!(log.count("cannot be played on"), 3, "{:#?}", log.lines());
}

/// Panics on the driver's side, not in an operation: when the first number is drawn after it was lit.
struct Bomb(SeededEntropy, Arc<AtomicBool>);

impl Entropy for Bomb {
    fn next_u128(&self) -> u128 {
        assert!(!self.1.swap(false, Ordering::SeqCst), "no number is left");
        self.0.next_u128()
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_driver_panics_is_abandoned_and_harms_no_other() {
    let house = House::new();
    let nap = json!({"id": "nap", "kind": "delay", "for_s": 200});
    let naps = house.deploy("Naps", json!([nap]), json!([])).await;
    let lit = Arc::<AtomicBool>::default();
    let bomb = Arc::new(Bomb(SeededEntropy::new(1), Arc::clone(&lit)));
    let light = house.executions.watch(Skill::new("bomb").operation("light", move |_: Context, (): ()| {
        lit.store(true, Ordering::SeqCst);
        async { Ok::<_, StepError>(()) }
    }));
    let maestro = house.builder(1).skill(light).entropy(bomb).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let id = deploy_one(&workspace, with("a", "light", json!({"skill": "bomb", "input": null}))).await;
    let (run, other) = (ask(&workspace, &id, json!({})).await, ask(&workspace, &naps, json!({})).await);
    let error = run.finished().await.unwrap().error.unwrap();
    assert_eq!(error.code, "abandoned");
    assert!(error.message.contains("no number is left"), "{}", error.message);
    assert_eq!(house.executions.all().len(), 4);
    assert!((90.0..100.0).contains(&house.passed()), "three pauses of 30 s: {}", house.passed());
    assert_eq!(other.finished().await.unwrap().status, RunStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_corrupt_record_harms_its_run_alone_and_not_its_batch() {
    let house = House::new();
    let id = house.deploy("S", json!([with("a", "slow", json!({"input": {"ms": 100}}))]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    let workspace = maestro.default_workspace();
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(ask(&workspace, &id, json!({})).await);
    }
    house.executions.reached(10).await;
    // The batch of ten, both of its halves, and so on down to one.
    for _ in 0..4 {
        plan.fail_next(Method::Record, Fault::Corrupt);
    }
    house.sleep(1.0).await;
    let mut ended = 0;
    for run in &runs {
        ended += usize::from(workspace.run(run.id()).await.unwrap().status == RunStatus::Succeeded);
    }
    assert_eq!(ended, 9);
    for run in runs {
        assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_score_is_gone_fails_and_says_so() {
    let house = House::new();
    let id = chain(&house).await;
    let run = ask(&house.office().await, &id, json!({})).await;
    let (_maestro, plan) = house.faulty(1, Options::default()).await;
    plan.between(Method::Score, 1.., Fault::Corrupt);
    let run = run.finished().await.unwrap();
    assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Failed, "score_unreadable"));
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_after_a_slow_look_is_found_all_the_same() {
    let house = House::new();
    let plan = FaultPlan::new(Arc::clone(&house.clock));
    plan.fail_next(Method::Due, Fault::LateAnswer(Duration::from_secs(60)));
    let store = FaultStore::new(Arc::new(house.store.clone()), plan);
    let busy = house.deploy("Slow", json!([op("a", "slow")]), json!([])).await;
    let run = BulkRun { input: Payload::from(json!({"ms": 100})), class: Class::Normal };
    house.office().await.enqueue_many(&busy, vec![run; 3_000]).await.unwrap();
    let options = Options::default().with_max_runs(2);
    let maestro = house.builder_on(Arc::new(store), 1).options(options).build().await.unwrap();
    house.executions.reached(10).await;

    let other = maestro.workspace(&workspace_id("other"));
    let id = deploy_one(&other, op("a", "echo")).await;
    let before = house.passed();
    play(&other, &id, json!({})).await;
    assert!(house.passed() - before < 5.0, "{}", house.passed() - before);
}
