//! Runs from their first step to their last: tries, retries, timeouts, what the record shows.

use maestro::{RunStatus, domain::StepStatus};
use serde_json::json;

use crate::house::{House, ask, edge, op, play, with};

#[tokio::test(start_paused = true)]
async fn a_chain_is_played_to_its_end_and_nothing_is_executed_twice() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo"), op("b", "flaky")]), json!([edge("a", "b")])).await;
    let maestro = house.engine().await;
    let run = play(&maestro.default_workspace(), &id, json!({"bad": 2, "x": 1})).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(run.result.unwrap().as_str(), "{\"bad\":2,\"x\":1}");
    let said = house.said(run.id).await;
    assert_eq!(said, ["a#1 succeeded", "b#1 failed", "b#2 failed", "b#3 succeeded"]);
    assert_eq!(house.executions.all().len(), 4);
    let keys: Vec<_> = house.executions.of("t.flaky").into_iter().map(|it| it.idempotency_key).collect();
    assert!(keys.iter().all(|key| *key == format!("{}/b/0", run.id)), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_a_stored_time_and_holds_no_slot() {
    let house = House::new();
    let flaky = house.deploy("Flaky", json!([op("a", "flaky")]), json!([])).await;
    let quick = house.deploy("Quick", json!([op("a", "echo")]), json!([])).await;
    let options = maestro::Options::default().with_max_runs(1);
    let maestro = house.builder(1).options(options).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &flaky, json!({})).await;
    house.until(run.id(), RunStatus::Waiting).await;
    play(&workspace, &quick, json!({})).await;
    assert!(house.passed() < 2.0, "the only slot was held: {}", house.passed());
    let ended = run.finished().await.unwrap();
    assert_eq!(ended.status, RunStatus::Succeeded);
    assert!((20.0..21.0).contains(&house.passed()), "two retries of 10 s took {}", house.passed());
    let due = house.steps(run.id()).await[0].resume_at.unwrap();
    assert_eq!(house.steps(run.id()).await[1].started_at, Some(due));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_try() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "panics")]), json!([])).await;
    let maestro = house.engine().await;
    let run = play(&maestro.default_workspace(), &id, json!({})).await;
    let error = run.error.unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("panic", "step a: boom"));
    assert_eq!(house.said(run.id).await, ["a#1 failed", "a#2 failed", "a#3 failed"]);
}

#[tokio::test(start_paused = true)]
async fn an_output_that_is_too_large_fails_its_step_and_nobody_is_asked() {
    for operation in ["huge", "huge-blocking"] {
        let house = House::new();
        let nodes = json!([with("a", operation, json!({"effect": "once", "retry": {"max_attempts": 3}}))]);
        let id = house.deploy("S", nodes, json!([])).await;
        let maestro = house.engine().await;
        let run = play(&maestro.default_workspace(), &id, json!({})).await;
        let error = run.error.unwrap();
        assert_eq!((run.status, error.code.as_str()), (RunStatus::Failed, "value_too_large"));
        assert!(error.message.contains("the output has more than 262144 bytes"), "{}", error.message);
        assert_eq!(house.executions.all().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_takes_too_long_is_tried_again() {
    let house = House::new();
    let nodes = json!([with("a", "slow", json!({"timeout_s": 2}))]);
    let id = house.deploy("S", nodes, json!([])).await;
    let maestro = house.engine().await;
    let run = play(&maestro.default_workspace(), &id, json!({"ms": 60_000})).await;
    assert_eq!(run.error.unwrap().code, "timeout");
    assert_eq!(house.executions.all().len(), 3);
    assert_eq!(house.crowd.now("slow"), 0, "an aborted step goes on");
}

#[tokio::test(start_paused = true)]
async fn what_ends_well_within_the_grace_counts_also_for_once() {
    let house = House::new();
    let more = json!({"timeout_s": 2, "effect": "once", "retry": {"max_attempts": 1}});
    let id = house.deploy("S", json!([with("a", "graceful", more)]), json!([])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = play(&workspace, &id, json!({"ms": 1_000})).await;
    assert_eq!((run.status, run.result.unwrap().as_str()), (RunStatus::Succeeded, "\"late\""));
    let late = ask(&workspace, &id, json!({"ms": 60_000})).await;
    house.until_step(late.id(), "a", StepStatus::Unknown).await;
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_run_counts_active_time_alone_and_outlives_a_crash() {
    let house = House::new();
    let score = json!({
        "name": "S", "timeout_s": 10,
        "nodes": [op("a", "slow"), {"id": "nap", "kind": "delay", "for_s": 3600}, op("b", "slow")],
        "edges": [edge("a", "nap"), edge("nap", "b")]
    });
    let id = house.deploy_score("S", score, |new| new).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    // 4 s + a wait of an hour + 4 s fit into 10 s; twice 6 s do not.
    assert_eq!(play(&workspace, &id, json!({"ms": 4_000})).await.status, RunStatus::Succeeded);
    let begun = house.passed();
    let run = play(&workspace, &id, json!({"ms": 6_000})).await;
    assert_eq!(run.error.unwrap().code, "run_timeout");
    let active = house.passed() - begun - 3_600.0;
    assert!((10.0..16.5).contains(&active), "{active}");
}

#[tokio::test(start_paused = true)]
async fn the_record_shows_a_running_step_once_it_is_older_than_a_moment() {
    let house = House::new();
    let body = json!({"id": "each", "kind": "map_over", "items": "{{ input.items }}", "body": ["x"], "max_concurrency": 2});
    let id = house
        .deploy("S", json!([body, with("x", "slow", json!({"input": {"ms": "{{ item }}"}}))]), json!([]))
        .await;
    let maestro = house.engine().await;
    // One long step beside many short ones, which must not hide it.
    let mut items = vec![json!(60_000)];
    items.extend(vec![json!(100); 500]);
    let run = ask(&maestro.default_workspace(), &id, json!({ "items": items })).await;
    house.until(run.id(), RunStatus::Running).await;
    house.sleep(0.2).await;
    assert!(house.steps(run.id()).await.iter().all(|step| step.key.as_str() != "each.0.x"));
    house.sleep(0.5).await;
    let row = house.until_step(run.id(), "each.0.x", StepStatus::Running).await;
    assert!(row.started_at.is_some());
    let shown = house.steps(run.id()).await.iter().filter(|step| step.status == StepStatus::Running).count();
    assert!(shown <= 2, "{shown} rows for fast steps"); // the loop's own and the long step's
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn fail_fast_cancels_what_runs() {
    let house = House::new();
    let score = json!({"name": "S", "fail_fast": true, "nodes": [op("a", "slow"), op("b", "fail")]});
    let id = house.deploy_score("S", score, |new| new).await;
    let maestro = house.engine().await;
    let run = play(&maestro.default_workspace(), &id, json!({"ms": 600_000})).await;
    assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Failed, "broken"));
    assert_eq!(house.said(run.id).await, ["a#1 cancelled", "b#1 failed"]);
    assert!(house.passed() < 10.0);
}

#[tokio::test(start_paused = true)]
async fn a_map_of_10_000_items_and_a_fan_of_2_000_are_played() {
    let house = House::new();
    let each = json!({"id": "each", "kind": "map_over", "items": "{{ input.items }}", "body": ["x"], "max_concurrency": 500});
    let map = house.deploy("Map", json!([each, op("x", "echo")]), json!([])).await;
    let mut nodes = vec![op("root", "echo")];
    nodes.extend((0..2_000).map(|n| op(&format!("n{n}"), "echo")));
    let edges: Vec<_> = (0..2_000).map(|n| edge("root", &format!("n{n}"))).collect();
    let fan = house.deploy("Fan", json!(nodes), json!(edges)).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let items: Vec<u32> = (0..10_000).collect();
    let run = play(&workspace, &map, json!({ "items": items })).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.error);
    assert_eq!(house.executions.all().len(), 10_000);
    let run = play(&workspace, &fan, json!({})).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.error);
    assert_eq!(house.executions.all().len(), 12_001);
    maestro.shutdown(std::time::Duration::ZERO).await;
}
