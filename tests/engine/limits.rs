//! Limits of concurrency: runs, steps, steps of one operation.

use maestro::{Options, RunStatus};
use serde_json::json;

use crate::house::{House, op, play};

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
