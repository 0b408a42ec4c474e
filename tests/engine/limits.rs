//! Limits: of concurrency, of runs, steps and steps of one operation; of spans.

use std::time::Duration;

use maestro::{Context, Options, RunStatus, Skill, StepError};
use serde_json::json;

use crate::house::{House, ask, deploy_one, op, play, with};

async fn crowd(operation: &str, options: Options, width: usize) -> usize {
    let house = House::new();
    let nodes: Vec<_> = (0..width).map(|n| op(&format!("n{n}"), operation)).collect();
    let id = house.deploy("S", json!(nodes), json!([])).await;
    let maestro = house.builder(1).options(options).build().await.unwrap();
    let run = play(&maestro.default_workspace(), &id, json!({"ms": 100})).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    house.crowd.most(operation)
}

#[tokio::test(start_paused = true)]
async fn no_more_steps_are_executed_at_once_than_allowed() {
    assert_eq!(crowd("slow", Options::default().with_max_steps(7), 40).await, 7);
    assert_eq!(crowd("slow", Options::default(), 40).await, 40);
}

#[tokio::test(start_paused = true)]
async fn an_operation_may_have_a_limit_of_its_own() {
    assert_eq!(crowd("limited", Options::default(), 20).await, 3);
}

#[tokio::test(start_paused = true)]
async fn no_more_runs_are_played_at_once_than_allowed() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "slow")]), json!([])).await;
    let maestro = house.builder(1).options(Options::default().with_max_runs(5)).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let run = maestro::engine::BulkRun {
        input: maestro::Payload::from(json!({"ms": 100})),
        class: maestro::domain::Class::Normal,
    };
    let handles = workspace.enqueue_many(&id, vec![run; 50]).await.unwrap();
    for handle in handles {
        handle.finished().await.unwrap();
    }
    assert_eq!(house.crowd.most("slow"), 5);
    assert!(house.passed() < 1.2, "slots stood empty: {}", house.passed());
}

/// Spans without end are the longest there are, not a panic.
#[tokio::test(start_paused = true)]
async fn spans_without_end_harm_nothing() {
    let house = House::new();
    let skill = Skill::new("x").operation("never", async |_: Context, (): ()| {
        Err::<(), _>(StepError::new("not yet").after(Duration::MAX))
    });
    let options = Options::default().with_retention(Duration::MAX);
    let maestro = house.builder(1).skill(skill).options(options).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let id = deploy_one(&workspace, with("a", "never", json!({"skill": "x", "input": null}))).await;
    let run = ask(&workspace, &id, json!({})).await;
    let far = workspace.run_now(&id).run_at(chrono::DateTime::<chrono::Utc>::MAX_UTC).await.unwrap();
    house.until(run.id(), RunStatus::Waiting).await;
    house.sleep(100_000.0).await;
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Waiting);
    assert_eq!(workspace.run(far.id()).await.unwrap().status, RunStatus::Queued);
    maestro.shutdown(Duration::MAX).await;
}
