//! Effects that may happen only once, and what a person says about them.

use std::time::Duration;

use maestro::{
    Error, Maestro, Payload, RunStatus,
    domain::{Actor, OrchestraId, Resolution, StepKey, StepStatus},
    engine::RunHandle,
};
use serde_json::{Value, json};

use crate::house::{House, ask, edge, once, op, with};

async fn deploy(house: &House, operation: &str) -> OrchestraId {
    let nodes = json!([with("pay", operation, once()), op("b", "echo")]);
    house.deploy("S", nodes, json!([edge("pay", "b")])).await
}

/// Crashes a worker while the effect is under way.
async fn crashed(house: &House, id: &OrchestraId) -> (Maestro, RunHandle) {
    house.executions.hang_after("t.echo", 1);
    let doomed = house.builder(1).roles(maestro::Roles::none()).build().await.unwrap();
    let run = ask(&doomed.default_workspace(), id, json!({"x": 1})).await;
    tokio::select! {
        _ = doomed.tick() => panic!("it hangs"),
        () = house.executions.reached(1) => {}
    }
    let maestro = house.engine().await;
    house.until_step(run.id(), "pay", StepStatus::Unknown).await;
    (maestro, run)
}

async fn resolve(maestro: &Maestro, run: &RunHandle, key: &str, with: Resolution) -> Result<(), Error> {
    let key: StepKey = key.parse().unwrap();
    maestro.default_workspace().resolve(run.id(), &key, with, None, &Actor::new("ann")).await
}

#[tokio::test(start_paused = true)]
async fn a_crash_leaves_it_unknown_and_done_goes_on() {
    let house = House::new();
    let id = deploy(&house, "echo").await;
    let (maestro, run) = crashed(&house, &id).await;
    house.until(run.id(), RunStatus::Waiting).await;
    let output = Payload::from(json!({"paid": true}));
    resolve(&maestro, &run, "pay", Resolution::Done { output }).await.unwrap();
    let ended = run.finished().await.unwrap();
    assert_eq!((ended.status, ended.result.unwrap().as_str()), (RunStatus::Succeeded, "{\"paid\":true}"));
    assert_eq!(house.executions.of("t.echo").len(), 2, "the effect once, and b");
}

#[tokio::test(start_paused = true)]
async fn a_crash_leaves_it_unknown_and_failed_fails() {
    let house = House::new();
    let id = deploy(&house, "echo").await;
    let (maestro, run) = crashed(&house, &id).await;
    resolve(&maestro, &run, "pay", Resolution::Failed { message: "no money".into() }).await.unwrap();
    let ended = run.finished().await.unwrap();
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (RunStatus::Failed, "resolved_as_failed"));
}

#[tokio::test(start_paused = true)]
async fn a_crash_leaves_it_unknown_and_again_executes_it_under_a_new_key() {
    let house = House::new();
    let id = deploy(&house, "echo").await;
    let (maestro, run) = crashed(&house, &id).await;
    resolve(&maestro, &run, "pay", Resolution::Again).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    let keys: Vec<_> = house.executions.all().into_iter().map(|it| it.idempotency_key).collect();
    let of = |key: &str| format!("{}/{key}", run.id());
    assert_eq!(keys, [of("pay/0"), of("pay/1"), of("b/0")]);
}

#[tokio::test(start_paused = true)]
async fn resolving_what_is_not_unknown_is_a_clear_conflict() {
    let house = House::new();
    let id = deploy(&house, "echo").await;
    let (maestro, run) = crashed(&house, &id).await;
    let done = || Resolution::Done { output: Payload::null() };
    assert!(matches!(resolve(&maestro, &run, "nothing", done()).await, Err(Error::Store(_))));
    resolve(&maestro, &run, "pay", done()).await.unwrap();
    run.finished().await.unwrap();
    let error = resolve(&maestro, &run, "pay", done()).await.unwrap_err();
    assert!(matches!(&error, Error::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("only a step whose outcome is unknown"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_leaves_it_unknown_unless_it_says_that_nothing_happened() {
    let house = House::new();
    let id = deploy(&house, "fail").await;
    let maestro = house.engine().await;
    let run = ask(&maestro.default_workspace(), &id, json!({})).await;
    let row = house.until_step(run.id(), "pay", StepStatus::Unknown).await;
    assert_eq!(row.error.unwrap().code, "broken");
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_leaves_an_effect_in_flight_unknown() {
    let house = House::new();
    let id = deploy(&house, "slow").await;
    let first = house.engine().await;
    let run = ask(&first.default_workspace(), &id, json!({"ms": 600_000})).await;
    house.until_step(run.id(), "pay", StepStatus::Running).await;
    first.shutdown(Duration::from_secs(1)).await;
    assert!(house.passed() < 8.0, "{}", house.passed());
    let _second = house.engine().await;
    house.until_step(run.id(), "pay", StepStatus::Unknown).await;
}

/// During a deployment only new processes have an operation: others must not spoil its effect.
#[tokio::test(start_paused = true)]
async fn a_process_that_lacks_the_operation_hands_the_run_back_untouched() {
    let house = House::new();
    let new = maestro::Skill::new("new")
        .operation("pay", async |_: maestro::Context, input: Value| Ok::<_, maestro::StepError>(input));
    let newer = house.builder(5).skill(new).roles(maestro::Roles::none()).build().await.unwrap();
    let workspace = newer.default_workspace();
    let mut pay = with("pay", "pay", once());
    pay["skill"] = json!("new");
    let score = maestro::Score::from_json(
        &json!({"name": "S", "nodes": [op("a", "echo"), pay], "edges": [edge("a", "pay")]}),
    );
    let score = workspace.save_score(score.unwrap()).await.unwrap();
    let id = workspace.create_orchestra(maestro::NewOrchestra::new("S", &score.id)).await.unwrap().id;
    let older = house.engine().await;
    let run = ask(&workspace, &id, json!({})).await;
    house.sleep(100.0).await;
    assert_eq!(house.said(run.id()).await, ["a#1 succeeded"]);
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Waiting);
    older.shutdown(Duration::ZERO).await;
    house.sleep(31.0).await;
    newer.tick().await.unwrap();
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(house.executions.of("t.echo").len(), 1, "what was done is not done again");
}
