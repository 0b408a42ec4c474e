//! Workers: leases, deaths, what is taken from the dead, what is given back by the living.

use std::time::Duration;

use maestro::{
    Options, RunStatus,
    domain::StepStatus,
    ports::store::{Changed, WorkerStore},
};
use maestro_core::testing::{Fault, Method};
use serde_json::json;

use crate::house::{House, ask, deploy_one, edge, op, play, with};

#[tokio::test(start_paused = true)]
async fn a_run_that_kills_its_workers_is_abandoned() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "gate")]), json!([])).await;
    let office = house.office().await;
    let run = ask(&office, &id, json!({})).await;
    let sweeper = house.builder(50).roles(maestro::Roles::scheduler()).build().await.unwrap();
    for seed in 0..10 {
        let doomed = house.builder(seed).roles(maestro::Roles::none()).build().await.unwrap();
        let seen = house.executions.all().len();
        tokio::select! {
            _ = doomed.tick() => break,
            () = house.executions.reached(seen + 1) => {}
        }
        house.sleep(45.0).await;
    }
    let run = run.finished().await.unwrap();
    assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Failed, "abandoned"));
    assert_eq!(house.executions.all().len(), 4, "one play and three recoveries");
    sweeper.shutdown(Duration::ZERO).await;
}

/// A step that the record shows as running has not taken the run any further.
#[tokio::test(start_paused = true)]
async fn a_run_that_kills_its_workers_slowly_is_abandoned_too() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "gate")]), json!([])).await;
    let run = ask(&house.office().await, &id, json!({})).await;
    let sweeper = house.builder(50).roles(maestro::Roles::scheduler()).build().await.unwrap();
    for seed in 0..10 {
        let doomed = house.builder(seed).roles(maestro::Roles::none()).build().await.unwrap();
        tokio::select! {
            _ = doomed.tick() => break,
            () = house.sleep(2.0) => {}
        }
        house.until_step(run.id(), "a", StepStatus::Running).await;
        house.sleep(45.0).await;
    }
    assert_eq!(run.finished().await.unwrap().error.unwrap().code.as_str(), "abandoned");
    assert_eq!(house.executions.all().len(), 4, "one play and three recoveries");
    sweeper.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_cannot_renew_stops_its_steps_before_it_is_taken_for_dead() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow")]), json!([])).await;
    let (_maestro, plan) = house.faulty(1, Options::default()).await;
    let run = ask(&house.office().await, &id, json!({"ms": 60_000})).await;
    house.until(run.id(), RunStatus::Running).await;
    plan.between(Method::RenewWorker, 1.., Fault::NotApplied);
    house.sleep(15.0).await;
    assert_eq!(house.crowd.now("slow"), 1);
    house.sleep(6.5).await;
    assert_eq!(house.crowd.now("slow"), 0, "two thirds of 30 s are over");
    // It begins a new life, and in time takes the run from the old one.
    plan.calm();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(house.executions.all().len(), 2);
    assert_eq!(house.crowd.most("slow"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_taken_for_dead_stops_and_begins_a_new_life() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow")]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    let run = ask(&maestro.default_workspace(), &id, json!({"ms": 60_000})).await;
    house.until(run.id(), RunStatus::Running).await;
    // Another process whose clock is an hour ahead.
    let mut early = house.clone();
    early.clock = std::sync::Arc::new(crate::virtual_time::SkewedClock::starting_now(3_600_000));
    let other = early.builder(3).roles(maestro::Roles::scheduler()).build().await.unwrap();
    house.sleep(6.0).await;
    other.shutdown(Duration::ZERO).await;
    assert_eq!(plan.count(Method::RegisterWorker), 2);
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(house.crowd.most("slow"), 1, "both lives played it at once");
    play(&maestro.default_workspace(), &id, json!({"ms": 1})).await;
}

/// What an operation has begun beside itself hears of it too.
#[tokio::test(start_paused = true)]
async fn a_worker_that_loses_its_lease_fires_the_tokens_of_its_steps() {
    let house = House::new();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let beside = std::sync::Mutex::new(tokio::task::JoinSet::new());
    let skill = maestro::Skill::new("x").operation("begin", move |context: maestro::Context, (): ()| {
        let told = told.clone();
        beside.lock().unwrap().spawn(async move {
            context.cancelled().await;
            told.send(()).unwrap();
        });
        std::future::pending::<Result<(), maestro::StepError>>()
    });
    let plan = maestro_core::testing::FaultPlan::new(std::sync::Arc::clone(&house.clock));
    let store =
        maestro_core::testing::FaultStore::new(std::sync::Arc::new(house.store.clone()), plan.clone());
    let maestro = house.builder_on(std::sync::Arc::new(store), 1).skill(skill).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let node = with("a", "begin", json!({"skill": "x", "input": null}));
    let id = deploy_one(&workspace, node).await;
    ask(&workspace, &id, json!({})).await;
    house.sleep(1.0).await;
    plan.between(Method::RenewWorker, 1.., Fault::NotApplied);
    heard.recv().await.unwrap();
    assert!((20.0..21.0).contains(&house.passed()), "{}", house.passed());
}

/// Its registration was so slow that it was taken for dead before it had begun.
#[tokio::test(start_paused = true)]
async fn a_worker_whose_id_is_refused_takes_another_one() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo")]), json!([])).await;
    let run = ask(&house.office().await, &id, json!({})).await;
    let (_maestro, plan) = house.faulty(1, Options::default()).await;
    plan.between(Method::RegisterWorker, 1..=1, Fault::AppliedButError);
    plan.between(Method::RegisterWorker, 2..=8, Fault::NotApplied);
    house.sleep(0.1).await;
    let found = house.store.dead_workers(house.clock.now() + chrono::TimeDelta::hours(1)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(plan.count(Method::RegisterWorker), 10, "the ninth answer was a refusal");
    assert!(house.passed() < 10.0, "{}", house.passed());
}

/// A claim that the store carries out after its worker was told that it had not: nobody plays the run.
#[tokio::test(start_paused = true)]
async fn a_run_that_the_store_calls_ours_and_nobody_plays_is_given_back() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo")]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    let workspace = maestro.default_workspace();
    plan.fail_next(Method::Record, Fault::Corrupt); // the driver leaves its run, which stays ours
    plan.fail_next(Method::Record, Fault::Corrupt);
    let run = ask(&workspace, &id, json!({})).await;
    house.sleep(2.0).await;
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Running);
    let run = run.finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(house.passed() < 12.0, "{}", house.passed());
}

/// While one claim after the other is under way, strangers are told from what these claims bring.
#[tokio::test(start_paused = true)]
async fn a_stranger_is_given_back_by_a_worker_that_claims_without_pause() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow")]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    plan.between(Method::Claim, 1.., Fault::LateAnswer(Duration::from_secs(1)));
    // Whatever the first drivers write, also when they leave their runs.
    plan.between(Method::Record, 1..=10, Fault::Corrupt);
    let workspace = maestro.default_workspace();
    let first = ask(&workspace, &id, json!({"ms": 1})).await;
    for _ in 0..60 {
        ask(&workspace, &id, json!({"ms": 1})).await;
        house.sleep(0.5).await;
    }
    assert_eq!(workspace.run(first.id()).await.unwrap().status, RunStatus::Succeeded);
}

/// What a driver records slowly is neither lost nor taken for a stranger.
#[tokio::test(start_paused = true)]
async fn a_slow_store_makes_nothing_be_played_twice() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo"), op("b", "echo")]), json!([edge("a", "b")])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    plan.between(Method::Record, 1..=4, Fault::LateAnswer(Duration::from_secs(12)));
    plan.between(Method::Claim, 1..=2, Fault::LateAnswer(Duration::from_secs(12)));
    let run = play(&maestro.default_workspace(), &id, json!({})).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(house.executions.all().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn changes_tell_what_happened_to_a_run() {
    let house = House::new();
    let nodes = json!([op("s", "slow"), op("a", "flaky")]);
    let id = house.deploy("S", nodes, json!([edge("s", "a")])).await;
    let maestro = house.engine().await;
    let mut changes = maestro.changes().await.unwrap();
    let run = ask(&maestro.default_workspace(), &id, json!({"bad": 1, "ms": 100})).await;
    let mut seen = Vec::new();
    while !maestro.default_workspace().run(run.id()).await.unwrap().status.is_final() || seen.is_empty() {
        let change = changes.next().await.expect("none was missed");
        match change.changed {
            Changed::Run { run_id, .. } if run_id == run.id() => {
                let status = maestro.default_workspace().run(run_id).await.unwrap().status;
                if seen.last() != Some(&status) {
                    seen.push(status);
                }
            }
            _ => {}
        }
    }
    for status in [RunStatus::Running, RunStatus::Waiting, RunStatus::Succeeded] {
        assert!(seen.contains(&status), "{seen:?}");
    }
}
