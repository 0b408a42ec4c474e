//! Shutdown, ticks, and that nothing is left behind.

use std::time::Duration;

use maestro::{Error, Options, Roles, RunStatus, domain::StepStatus};
use maestro_core::testing::{Fault, Method};
use serde_json::json;

use crate::house::{House, ask, edge, once, op, play, with};

/// Returns the tasks of the runtime, once what was aborted had a chance to go.
async fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn what_ends_within_the_grace_ends_and_every_task_is_joined() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow"), op("b", "echo")]), json!([edge("a", "b")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({"ms": 3_000})).await;
    house.until(run.id(), RunStatus::Running).await;
    maestro.shutdown(Duration::from_secs(10)).await;
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Succeeded);
    assert!(house.passed() < 4.0, "it ends as soon as it can: {}", house.passed());
    assert_eq!(tasks().await, 0);
    assert!(matches!(workspace.run_now(&id).await, Err(Error::ShuttingDown)));
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_given_back_uncounted_and_another_process_finishes_it() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo"), op("b", "slow")]), json!([edge("a", "b")])).await;
    let first = house.engine().await;
    let run = ask(&first.default_workspace(), &id, json!({"ms": 20_000})).await;
    for _ in 0..6 {
        let engine = house.engine().await;
        house.until(run.id(), RunStatus::Running).await;
        engine.shutdown(Duration::from_secs(1)).await;
    }
    first.shutdown(Duration::from_secs(1)).await;
    assert_eq!(tasks().await, 0);
    assert_eq!(house.crowd.now("slow"), 0);
    assert!(matches!(run.finished().await, Err(Error::ShuttingDown)));
    let last = house.engine().await;
    let run = last.default_workspace().handle(run.id());
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded, "nobody died");
    assert_eq!(house.executions.of("t.echo").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_although_the_store_does_not_answer() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow")]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    let run = ask(&maestro.default_workspace(), &id, json!({"ms": 500})).await;
    house.until(run.id(), RunStatus::Running).await;
    plan.partition();
    house.sleep(2.0).await;
    let before = house.passed();
    maestro.shutdown(Duration::from_secs(2)).await;
    assert!(house.passed() - before < 20.0, "{}", house.passed() - before);
    assert_eq!(tasks().await, 0);
    plan.heal();
    let other = house.engine().await;
    let run = other.default_workspace().handle(run.id());
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
}

/// Whatever call of the store never comes back: the shutdown ends within its grace, that of steps, and 10 s more.
#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_although_some_call_never_comes_back() {
    let methods = [
        Method::RegisterWorker,
        Method::Due,
        Method::Claim,
        Method::Record,
        Method::History,
        Method::Score,
        Method::BareOrchestra,
        Method::Enqueue,
        Method::Promote,
        Method::Prices,
        Method::RenewWorker,
        Method::Changes,
        Method::DeadWorkers,
        Method::ForgetWorkers,
        Method::DueSchedules,
    ];
    for method in methods {
        for from in [1, 2] {
            let house = House::new();
            let next = house.deploy("Next", json!([op("a", "echo")]), json!([])).await;
            let score =
                json!({"name": "S", "nodes": [op("a", "slow"), op("b", "flaky")], "edges": [edge("a", "b")]});
            let id = house.deploy_score("S", score, |new| new.on_finish(next)).await;
            let office = house.office().await;
            let (maestro, plan) = house.faulty(1, Options::default()).await;
            plan.between(method, from.., Fault::HangAfter);
            for ms in [100, 2_000, 4_000] {
                ask(&office, &id, json!({"ms": ms, "bad": 0})).await;
            }
            house.sleep(3.0).await;
            let before = house.passed();
            maestro.shutdown(Duration::from_secs(2)).await;
            let passed = house.passed() - before;
            assert!(passed < 2.0 + 5.0 + 10.0 + 1.0, "{method:?} from {from}: {passed}");
            assert_eq!(tasks().await, 0, "{method:?} from {from}");
        }
    }
}

/// Two effects and room for one: the other has not begun, whatever the record says of its start.
#[tokio::test(start_paused = true)]
async fn an_effect_that_never_began_is_not_unknown_after_a_shutdown() {
    let house = House::new();
    let nodes = json!([op("a", "slow"), with("pay", "echo", once())]);
    let id = house.deploy("S", nodes, json!([])).await;
    let first = house.builder(1).options(Options::default().with_max_steps(1)).build().await.unwrap();
    let run = ask(&first.default_workspace(), &id, json!({"ms": 20_000})).await;
    house.until_step(run.id(), "pay", StepStatus::Running).await;
    house.sleep(1.0).await;
    first.shutdown(Duration::ZERO).await;
    assert_eq!(house.executions.of("t.echo").len(), 0);
    let second = house.engine().await;
    let run = second.default_workspace().handle(run.id()).finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Succeeded);
    let paid = house.executions.of("t.echo");
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0].idempotency_key, format!("{}/pay/0", run.id));
    assert!(house.said(run.id).await.contains(&"pay#1 succeeded".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_tick_plays_what_is_due_and_leaves_no_task() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "flaky")]), json!([])).await;
    let maestro = house.builder(1).roles(Roles::none()).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    for tries in 1..=3 {
        assert_eq!(maestro.tick().await.unwrap().played, 1);
        assert_eq!(house.executions.all().len(), tries);
        assert_eq!(maestro.tick().await.unwrap().played, 0);
        assert_eq!(tasks().await, 0);
        house.sleep(10.0).await;
    }
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn ticks_repeat_themselves() {
    let mut all = Vec::new();
    for _ in 0..2 {
        let house = House::new();
        let nodes = json!([op("a", "flaky"), op("b", "slow"), op("c", "fail")]);
        let id = house.deploy("S", nodes, json!([edge("a", "b")])).await;
        let maestro = house.builder(1).roles(Roles::none()).build().await.unwrap();
        let run = ask(&maestro.default_workspace(), &id, json!({"bad": 1})).await;
        for _ in 0..5 {
            maestro.tick().await.unwrap();
            house.sleep(10.0).await;
        }
        all.push((run.id(), house.steps(run.id()).await));
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_tick_stops_its_tasks_and_the_run_is_taken_over() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "gate")]), json!([])).await;
    let maestro = house.builder(1).roles(Roles::none()).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    tokio::select! {
        _ = maestro.tick() => panic!("it waits for the gate"),
        () = house.executions.reached(1) => {}
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!((tasks().await, house.crowd.now("gate")), (0, 0));
    house.gate.add_permits(1);
    house.sleep(40.0).await;
    maestro.tick().await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_what_a_tick_plays() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow")]), json!([])).await;
    let maestro = house.builder(1).roles(Roles::none()).build().await.unwrap();
    let run = ask(&maestro.default_workspace(), &id, json!({"ms": 600_000})).await;
    let tick = async { maestro.tick().await };
    let stop = async {
        house.executions.reached(1).await;
        maestro.shutdown(Duration::from_secs(1)).await;
    };
    let (ticked, ()) = tokio::join!(tick, stop);
    assert_eq!(ticked.unwrap().played, 1);
    assert!(house.passed() < 8.0);
    assert_eq!((tasks().await, house.crowd.now("slow")), (0, 0));
    house.until(run.id(), RunStatus::Waiting).await;
    assert!(matches!(maestro.tick().await, Err(Error::ShuttingDown)));
}

#[tokio::test(start_paused = true)]
async fn an_idle_engine_leaves_the_store_in_peace() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo")]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    play(&maestro.default_workspace(), &id, json!({})).await;
    let before = plan.calls().len();
    house.sleep(60.0).await;
    let calls = plan.calls().len() - before;
    assert!(calls < 260, "{calls} calls a minute"); // a look and a scheduler's a second, renewals, sweeps
}
