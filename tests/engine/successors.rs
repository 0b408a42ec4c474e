//! `on_finish`: one orchestra plays on with the result of another.

use maestro::{
    Options, Orchestra, RunStatus, Workspace,
    domain::{OnFinish, OrchestraId, Trigger},
    ports::store::{OrchestraEdit, OrchestraStore, RunFilter},
};
use maestro_core::testing::{Fault, Method};
use serde_json::{Value, json};

use crate::house::{House, edge, op, play, with};

async fn followed(house: &House, name: &str, nodes: Value, next: &OrchestraId) -> OrchestraId {
    let next = next.clone();
    house.deploy_score(name, json!({"name": name, "nodes": nodes}), |new| new.on_finish(next)).await
}

async fn runs_of(workspace: &Workspace, id: &OrchestraId) -> Vec<maestro::Run> {
    let mut filter = RunFilter::default();
    filter.orchestra_id = Some(id.clone());
    workspace.runs(&filter, None, 1_000).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_result_becomes_the_input() {
    let house = House::new();
    let second = house.deploy("Second", json!([op("b", "echo")]), json!([])).await;
    let first = followed(&house, "First", json!([op("a", "echo")]), &second).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = play(&workspace, &first, json!({"x": 1})).await;
    house.sleep(1.0).await;
    let next = runs_of(&workspace, &second).await;
    assert_eq!(next.len(), 1);
    assert_eq!((next[0].status, &next[0].trigger), (RunStatus::Succeeded, &Trigger::Finish { of: run.id }));
    assert_eq!(next[0].input.as_str(), "{\"x\":1}");
}

#[tokio::test(start_paused = true)]
async fn nothing_follows_a_failure() {
    let house = House::new();
    let second = house.deploy("Second", json!([op("b", "echo")]), json!([])).await;
    let first = followed(&house, "First", json!([op("a", "fail")]), &second).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    assert_eq!(play(&workspace, &first, json!({})).await.status, RunStatus::Failed);
    house.sleep(60.0).await;
    assert!(runs_of(&workspace, &second).await.is_empty());
}

/// Every call around the end loses its answer, or is not made, or its process dies after it.
#[tokio::test(start_paused = true)]
async fn exactly_one_run_follows_whatever_is_lost() {
    let faults = [Fault::NotApplied, Fault::AppliedButError, Fault::HangAfter];
    for method in [Method::BareOrchestra, Method::Enqueue, Method::Record, Method::Score, Method::Promote] {
        for (number, fault) in
            [(1, faults[0]), (1, faults[1]), (1, faults[2]), (2, faults[1]), (2, faults[2])]
        {
            let house = House::new();
            let second = house.deploy("Second", json!([op("b", "echo")]), json!([])).await;
            let first = followed(&house, "First", json!([op("a", "echo")]), &second).await;
            let run = crate::house::ask(&house.office().await, &first, json!({})).await;
            let (_doomed, plan) = house.faulty(1, Options::default()).await;
            plan.between(method, number..=number, fault);
            house.sleep(5.0).await;
            plan.between_all(1.., Fault::HangBefore);
            let maestro = house.builder(2).build().await.unwrap();
            let workspace = maestro.default_workspace();
            assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
            house.sleep(120.0).await;
            let next = runs_of(&workspace, &second).await;
            assert_eq!(next.len(), 1, "{method:?} {number} {fault:?}");
            assert_eq!(next[0].status, RunStatus::Succeeded, "{method:?} {number} {fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_orchestras_that_follow_each_other_make_new_runs_every_time() {
    let house = House::new();
    let first =
        house.deploy("First", json!([with("a", "slow", json!({"input": {"ms": 1000}}))]), json!([])).await;
    let second =
        followed(&house, "Second", json!([with("b", "slow", json!({"input": {"ms": 1000}}))]), &first).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    // The engine refuses such an edit; two at the same time can still make one.
    let before = house.store.orchestra(workspace.id(), &first).await.unwrap().orchestra;
    let edit = OrchestraEdit {
        expected_revision: before.revision,
        expected_next_fire_at: before.next_fire_at,
        ledger: Vec::new(),
        orchestra: Orchestra {
            revision: before.revision + 1,
            on_finish: Some(OnFinish { orchestra_id: second.clone() }),
            ..before
        },
    };
    house.store.edit_orchestra(&edit).await.unwrap();
    crate::house::ask(&workspace, &first, json!({})).await;
    house.sleep(20.5).await;
    let (one, two) = (runs_of(&workspace, &first).await.len(), runs_of(&workspace, &second).await.len());
    assert_eq!((one, two), (11, 10));
}

/// The end is certain before anything follows from it: an output that cannot be kept is a failure.
#[tokio::test(start_paused = true)]
async fn nothing_follows_a_run_whose_last_output_cannot_be_kept() {
    let house = House::new();
    let second = house.deploy("Second", json!([op("b", "echo")]), json!([])).await;
    let nodes = json!({"name": "First", "nodes": [op("a", "echo"), with("z", "echo", json!({"input": "BAD"}))], "edges": [edge("a", "z")]});
    let next = second.clone();
    let first = house.deploy_score("First", nodes, |new| new.on_finish(next)).await;
    let (maestro, plan) = house.faulty(1, Options::default()).await;
    plan.refuse_values_with("BAD");
    let workspace = maestro.default_workspace();
    let run = play(&workspace, &first, json!({})).await;
    assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Failed, "output_not_storable"));
    house.sleep(60.0).await;
    assert!(runs_of(&workspace, &second).await.is_empty());
}

/// The next score takes no such input: nothing is enqueued, and the run that ended says so.
#[tokio::test(start_paused = true)]
async fn a_result_that_the_next_score_does_not_take_is_not_handed_on() {
    let house = House::new();
    let schema = json!({"type": "object", "required": ["who"]});
    let score = json!({"name": "Second", "nodes": [op("b", "echo")], "input_schema": schema});
    let second = house.deploy_score("Second", score, |new| new).await;
    let first = followed(&house, "First", json!([op("a", "echo")]), &second).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = play(&workspace, &first, json!({"x": 1})).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    let line = run.output.unwrap();
    assert!(line.contains("second cannot play on") && line.contains("who"), "{line}");
    assert!(runs_of(&workspace, &second).await.is_empty());
    let run = play(&workspace, &first, json!({"who": "ann"})).await;
    assert_eq!(run.output, None);
    house.sleep(1.0).await;
    assert_eq!(runs_of(&workspace, &second).await.len(), 1);
}
