//! Bad data harms no other: outputs that are too large, too deep, no JSON, or that the store refuses.

use maestro::{Options, RunStatus, domain::StepStatus};
use maestro_core::testing::{Fault, Method};
use serde_json::json;

use crate::house::{House, ask, edge, op, play, with};

#[tokio::test(start_paused = true)]
async fn a_step_whose_output_cannot_be_kept_fails_alone() {
    let house = House::new();
    let bad = maestro::Skill::new("bad")
        .operation("large", async |_: maestro::Context, _: serde_json::Value| {
            Ok::<_, maestro::StepError>("x".repeat(300_000))
        })
        .operation("deep", async |_: maestro::Context, _: serde_json::Value| {
            let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
            Ok::<_, maestro::StepError>(deep)
        })
        .operation("odd", async |_: maestro::Context, _: serde_json::Value| {
            Ok::<_, maestro::StepError>(std::collections::BTreeMap::from([(vec![1_u8], 1_u8)]))
        });
    let maestro = house.builder(1).skill(bad).build().await.unwrap();
    let workspace = maestro.default_workspace();
    for (operation, code) in
        [("large", "value_too_large"), ("deep", "output_not_storable"), ("odd", "output_not_storable")]
    {
        let mut node = with("a", operation, json!({"on_error": "continue"}));
        node["skill"] = json!("bad");
        let score = json!({"name": operation, "nodes": [node, op("b", "echo")]});
        let score = workspace.save_score(maestro::Score::from_json(&score).unwrap()).await.unwrap();
        let id =
            workspace.create_orchestra(maestro::NewOrchestra::new(operation, &score.id)).await.unwrap().id;
        let run = play(&workspace, &id, json!({})).await;
        assert_eq!(run.status, RunStatus::Completed, "{operation}: {:?}", run.error);
        let rows = house.steps(run.id).await;
        assert_eq!((rows[0].status, rows[1].status), (StepStatus::Failed, StepStatus::Succeeded));
        assert_eq!(rows.len(), 2, "it is not tried again");
        assert_eq!(rows[0].error.as_ref().unwrap().code, code, "{operation}");
    }
}

/// Steps that end in one record, and runs that share a batch: one bad output harms its step alone.
#[tokio::test(start_paused = true)]
async fn an_output_that_the_store_refuses_harms_neither_its_run_nor_its_neighbours() {
    let house = House::new();
    let mut nodes: Vec<_> = (0..40)
        .map(|n| with(&format!("n{n}"), "slow", json!({"input": {"ms": 100, "text": if n == 17 { "BAD" } else { "good" }}, "on_error": "continue"})))
        .collect();
    nodes.push(op("end", "echo"));
    let edges: Vec<_> = (0..40).map(|n| edge(&format!("n{n}"), "end")).collect();
    let fan = house.deploy("Fan", json!(nodes), json!(edges)).await;
    let plain =
        house.deploy("Plain", json!([with("a", "slow", json!({"input": {"ms": 100}}))]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    plan.refuse_values_with("BAD");
    let workspace = maestro.default_workspace();
    let bad = ask(&workspace, &fan, json!({})).await;
    let mut good = Vec::new();
    for _ in 0..20 {
        good.push(ask(&workspace, &plain, json!({})).await);
    }
    for run in good {
        assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    }
    let run = bad.finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Completed, "{:?}", run.error);
    let failed: Vec<_> =
        house.steps(run.id).await.into_iter().filter(|row| row.status == StepStatus::Failed).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (failed[0].key.as_str(), failed[0].error.as_ref().unwrap().code.as_str()),
        ("n17", "output_not_storable")
    );
    assert_eq!(house.executions.of("t.slow").len(), 60, "nothing is executed again");
    assert_eq!(house.executions.of("t.echo").len(), 1);
}

/// What no step returned can be refused too: the input of a wait, the line of the run.
#[tokio::test(start_paused = true)]
async fn a_refused_wait_fails_and_a_refused_end_is_left_out() {
    let house = House::new();
    let nap = json!({"id": "nap", "kind": "delay", "for_s": 5, "input": {"note": "BAD"}});
    let waits = house.deploy("Waits", json!([nap]), json!([])).await;
    let score = json!({"name": "Says", "nodes": [op("a", "echo")], "summary": "BAD line"});
    let says = house.deploy_score("Says", score, |new| new).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    plan.refuse_values_with("BAD");
    let workspace = maestro.default_workspace();
    let run = play(&workspace, &waits, json!({})).await;
    assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Failed, "output_not_storable"));
    let run = play(&workspace, &says, json!({"x": 1})).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(run.output.as_deref(), Some("the store cannot keep the result"));
    assert!(plan.count(Method::Record) < 40, "{}", plan.count(Method::Record));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_everything_is_not_asked_without_pause() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo")]), json!([])).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    plan.between(Method::Record, 1.., Fault::NotStorable);
    let run = ask(&maestro.default_workspace(), &id, json!({})).await;
    house.sleep(60.0).await;
    assert!(plan.count(Method::Record) < 200, "{} calls in a minute", plan.count(Method::Record));
    plan.calm();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
}
