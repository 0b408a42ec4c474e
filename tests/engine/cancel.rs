//! Ending runs: queued, parked, running, by force.

use maestro::{
    RunStatus,
    domain::{Actor, StepStatus},
    ports::store::CancelAnswer,
};
use serde_json::json;

use crate::house::{House, ask, edge, op, with};

fn somebody() -> Actor {
    Actor::new("somebody")
}

#[tokio::test(start_paused = true)]
async fn what_does_not_run_ends_at_once() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "flaky")]), json!([])).await;
    let office = house.office().await;
    let queued = ask(&office, &id, json!({})).await;
    assert_eq!(office.cancel(queued.id(), false, &somebody()).await.unwrap(), CancelAnswer::Cancelled);
    let maestro = house.engine().await;
    let parked = ask(&maestro.default_workspace(), &id, json!({})).await;
    house.until(parked.id(), RunStatus::Waiting).await;
    assert_eq!(office.cancel(parked.id(), false, &somebody()).await.unwrap(), CancelAnswer::Cancelled);
    house.sleep(60.0).await;
    for run in [queued, parked] {
        let run = office.run(run.id()).await.unwrap();
        assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Cancelled, "cancelled"));
    }
    assert_eq!(house.executions.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_asked_to_end_and_cut_off_after_the_grace() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow"), op("b", "echo")]), json!([edge("a", "b")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({"ms": 600_000})).await;
    house.until(run.id(), RunStatus::Running).await;
    house.sleep(1.0).await;
    let answer = workspace.cancel(run.id(), false, &somebody()).await.unwrap();
    assert_eq!(answer, CancelAnswer::Requested);
    workspace.cancel(run.id(), false, &Actor::new("somebody else")).await.unwrap();
    let ended = run.finished().await.unwrap();
    assert_eq!(ended.status, RunStatus::Cancelled);
    assert_eq!(ended.error.unwrap().message, "cancelled by somebody", "who asked first");
    assert!(house.passed() < 8.0, "{}", house.passed());
    assert_eq!(house.said(run.id()).await, ["a#1 cancelled", "b#1 skipped"]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_finds_nothing_undone_changes_nothing() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "graceful")]), json!([])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({"ms": 100})).await;
    house.until(run.id(), RunStatus::Running).await;
    workspace.cancel(run.id(), false, &somebody()).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn force_ends_a_run_over_its_workers_head_and_a_late_record_is_refused() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow"), op("b", "echo")]), json!([edge("a", "b")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({"ms": 2_000})).await;
    house.until_step(run.id(), "a", StepStatus::Running).await;
    let answer = workspace.cancel(run.id(), true, &somebody()).await.unwrap();
    assert_eq!(answer, CancelAnswer::Cancelled);
    house.sleep(30.0).await;
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Cancelled);
    assert_eq!(house.said(run.id()).await, ["a#1 cancelled"]);
    assert_eq!(house.executions.of("t.echo").len(), 0);
}

/// The request stands on the live row when the run is claimed: what the play wanted to start must not start.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_claimed_with_a_cancel_request_starts_nothing() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow"), op("b", "gate")]), json!([edge("a", "b")])).await;
    let doomed = house.engine().await;
    let run = ask(&doomed.default_workspace(), &id, json!({"ms": 1_500})).await;
    house.until(run.id(), RunStatus::Running).await;
    let office = house.office().await;
    // The step ends and the next one is decided while the request is on its way.
    house.sleep(1.4).await;
    office.cancel(run.id(), false, &somebody()).await.unwrap();
    let ended = run.finished().await.unwrap();
    assert_eq!(ended.status, RunStatus::Cancelled);
    assert_eq!(ended.error.unwrap().message, "cancelled by somebody");
    assert!(house.passed() < 10.0, "{}", house.passed());
    assert_eq!(house.crowd.now("gate"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_reaches_a_run_whose_next_operation_this_process_lacks() {
    let house = House::new();
    let nodes = json!([op("a", "slow"), op("q", "echo"), with("b", "echo", json!({"skill": "other"}))]);
    let other = maestro::Skill::new("other")
        .operation("echo", async |_: maestro::Context, input: serde_json::Value| {
            Ok::<_, maestro::StepError>(input)
        });
    let full = house.builder(5).skill(other).roles(maestro::Roles::none()).build().await.unwrap();
    let workspace = full.default_workspace();
    let score = json!({"name": "S", "nodes": nodes, "edges": [edge("q", "b")]});
    let score = workspace.save_score(maestro::Score::from_json(&score).unwrap()).await.unwrap();
    let id = workspace.create_orchestra(maestro::NewOrchestra::new("S", &score.id)).await.unwrap().id;
    let _worker = house.engine().await;
    let run = ask(&workspace, &id, json!({"ms": 600_000})).await;
    house.until_step(run.id(), "a", StepStatus::Running).await;
    workspace.cancel(run.id(), false, &somebody()).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Cancelled);
    assert!(house.passed() < 10.0, "{}", house.passed());
}
