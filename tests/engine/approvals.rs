//! Approvals: runs that wait for a person, for as long as it takes.

use std::time::Duration;

use maestro::{
    Error, Payload, Roles, RunStatus, Workspace,
    domain::{Actor, OrchestraId, RunId, StepKey, StepStatus},
    ports::store::{OrchestraStore, RunFilter},
};
use serde_json::{Value, json};

use crate::house::{House, ask, edge, op};

const DAY: f64 = 86_400.0;

fn approval(more: Value) -> Value {
    let mut node = json!({"id": "ok", "kind": "approval", "title": "Send {{ input.n }}?"});
    node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    node
}

fn on(from: &str, to: &str, on: &str) -> Value {
    json!({"from": from, "to": to, "on": on})
}

/// Deploys `a`, then the approval, then `send` or, when it is rejected, `sorry`.
async fn deploy(house: &House, more: Value) -> OrchestraId {
    let nodes = json!([op("a", "echo"), approval(more), op("send", "echo"), op("sorry", "echo")]);
    let edges = json!([edge("a", "ok"), edge("ok", "send"), on("ok", "sorry", "failure")]);
    house.deploy("S", nodes, edges).await
}

async fn approve(workspace: &Workspace, run: RunId, key: &str, by: &str) -> Result<(), Error> {
    let key: StepKey = key.parse().unwrap();
    workspace.approve(run, &key, None, None, &Actor::new(by)).await
}

fn value(payload: Option<Payload>) -> Value {
    payload.unwrap().value().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_days_without_a_worker_and_through_a_restart() {
    let house = House::new();
    let id = deploy(&house, json!({})).await;
    let first = house.engine().await;
    let run = ask(&first.default_workspace(), &id, json!({"n": 3})).await;
    let asked = house.until_step(run.id(), "ok", StepStatus::Waiting).await;
    assert_eq!(value(asked.output)["approval"]["title"], "Send 3?");
    house.until(run.id(), RunStatus::Waiting).await;
    first.shutdown(Duration::ZERO).await;
    house.sleep(4.0 * DAY).await;

    let second = house.engine().await;
    house.sleep(3.0 * DAY).await;
    assert_eq!(house.until(run.id(), RunStatus::Waiting).await.revision, 2, "nobody has played it meanwhile");
    let workspace = second.default_workspace();
    let (key, note) = ("ok".parse().unwrap(), Some("go".to_owned()));
    let data = Some(Payload::from(json!({"subject": "Hello"})));
    workspace.approve(run.id(), &key, note, data, &Actor::new("ann")).await.unwrap();
    let ended = workspace.handle(run.id()).finished().await.unwrap();
    assert_eq!(ended.status, RunStatus::Succeeded);
    let sent = value(ended.result);
    assert_eq!((&sent["n"], &sent["subject"]), (&json!(3), &json!("Hello")));
    let said = json!({"title": "Send 3?", "approved": true, "by": "ann", "note": "go"});
    assert_eq!(sent["approval"], said);
    assert_eq!(house.executions.all().len(), 2, "a and send");
}

/// A limit of one worker's runs is no limit of runs that wait for people.
#[tokio::test(start_paused = true)]
async fn runs_that_wait_for_people_take_no_place_of_a_worker() {
    let house = House::new();
    let id = deploy(&house, json!({})).await;
    let options = maestro::Options::default().with_max_runs(2);
    let maestro = house.builder(1).options(options).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let mut runs = Vec::new();
    for n in 0..20 {
        runs.push(ask(&workspace, &id, json!({"n": n})).await.id());
    }
    for run in &runs {
        house.until_step(*run, "ok", StepStatus::Waiting).await;
    }
    let mut waiting = RunFilter::default();
    waiting.statuses = vec![RunStatus::Waiting];
    assert_eq!(workspace.runs(&waiting, None, 100).await.unwrap().len(), 20);
    assert_eq!(house.store.orchestra(workspace.id(), &id).await.unwrap().live.active, 20, "they are live");
    for run in runs {
        approve(&workspace, run, "ok", "ann").await.unwrap();
        assert_eq!(workspace.handle(run).finished().await.unwrap().status, RunStatus::Succeeded);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_takes_the_failure_edge_with_its_data() {
    let house = House::new();
    let id = deploy(&house, json!({})).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({"n": 3})).await;
    house.until_step(run.id(), "ok", StepStatus::Waiting).await;
    let (key, note) = ("ok".parse().unwrap(), Some("too many".to_owned()));
    let data = Some(Payload::from(json!({"at_most": 2})));
    workspace.reject(run.id(), &key, note, data, &Actor::new("bob")).await.unwrap();
    let ended = run.finished().await.unwrap();
    assert_eq!(ended.status, RunStatus::Completed);
    let told = value(ended.result);
    assert_eq!((&told["at_most"], &told["approval"]["by"]), (&json!(2), &json!("bob")));
    assert_eq!(told["error"], json!({"code": "rejected", "message": "rejected by bob: too many"}));
    assert_eq!(
        house.said(run.id()).await,
        ["a#1 succeeded", "ok#1 failed", "send#1 skipped", "sorry#1 succeeded"]
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_in_time() {
    for (on_timeout, status, code) in [
        ("approve", RunStatus::Succeeded, None),
        ("reject", RunStatus::Completed, Some("rejected")),
        ("fail", RunStatus::Completed, Some("approval_timeout")),
    ] {
        let house = House::new();
        let id = deploy(&house, json!({"timeout_s": 2.0 * DAY, "on_timeout": on_timeout})).await;
        let maestro = house.engine().await;
        let run = ask(&maestro.default_workspace(), &id, json!({"n": 3})).await;
        house.until_step(run.id(), "ok", StepStatus::Waiting).await;
        house.sleep(1.9 * DAY).await;
        house.until(run.id(), RunStatus::Waiting).await;
        assert_eq!(run.finished().await.unwrap().status, status, "{on_timeout}");
        assert!(house.passed() < 2.0 * DAY + 10.0, "{}", house.passed());
        let steps = house.steps(run.id()).await;
        let error = steps.iter().find_map(|step| step.error.as_ref());
        assert_eq!(error.map(|error| error.code.as_str()), code, "{on_timeout}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_the_first_counts_and_the_second_is_a_conflict_once_the_run_has_gone_on() {
    let house = House::new();
    let id = deploy(&house, json!({})).await;
    let office = house.builder(7).roles(Roles::none()).build().await.unwrap();
    let workspace = office.default_workspace();
    let run = ask(&workspace, &id, json!({"n": 3})).await;
    office.tick().await.unwrap();
    // Nobody plays now: both answers are kept, and the first counts.
    approve(&workspace, run.id(), "ok", "ann").await.unwrap();
    let key = "ok".parse().unwrap();
    workspace.reject(run.id(), &key, None, None, &Actor::new("bob")).await.unwrap();
    office.tick().await.unwrap();
    let ended = run.finished().await.unwrap();
    assert_eq!(ended.status, RunStatus::Succeeded);
    assert_eq!(value(ended.result)["approval"]["by"], "ann");

    let error = approve(&workspace, run.id(), "ok", "bob").await.unwrap_err();
    let expected = "step ok: it is succeeded; only an approval that waits can be answered";
    assert_eq!(error.to_string(), expected);
    let error = approve(&workspace, run.id(), "a", "bob").await.unwrap_err();
    let expected = "step a: it is of the kind deterministic; only an approval can be answered";
    assert_eq!(error.to_string(), expected);
    assert!(matches!(approve(&workspace, run.id(), "none", "bob").await, Err(Error::Store(_))));
}

#[tokio::test(start_paused = true)]
async fn data_that_no_step_could_record_is_refused_and_a_long_note_is_cut() {
    let house = House::new();
    let id = deploy(&house, json!({})).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({"n": 3})).await;
    house.until_step(run.id(), "ok", StepStatus::Waiting).await;
    let key: StepKey = "ok".parse().unwrap();
    let huge = Some(Payload::from(json!("x".repeat(300_000))));
    let error = workspace.approve(run.id(), &key, None, huge, &Actor::new("ann")).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "data", .. }), "{error}");
    let note = Some("é".repeat(10_000));
    workspace.approve(run.id(), &key, note, None, &Actor::new("ann")).await.unwrap();
    let result = value(run.finished().await.unwrap().result);
    assert_eq!(result["approval"]["note"].as_str().unwrap().chars().count(), 4_096);
}

#[tokio::test(start_paused = true)]
async fn each_item_of_a_map_is_approved_by_itself() {
    let house = House::new();
    let nodes = json!([
        {"id": "each", "kind": "map_over", "items": [1, 2, 3], "body": ["ok", "send"], "on_item_error": "drop"},
        {"id": "ok", "kind": "approval", "title": "Item {{ item }}?", "input": {"n": "{{ item }}"}},
        op("send", "echo")
    ]);
    let id = house.deploy("S", nodes, json!([edge("ok", "send")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    for key in ["each.0.ok", "each.1.ok", "each.2.ok"] {
        house.until_step(run.id(), key, StepStatus::Waiting).await;
    }
    approve(&workspace, run.id(), "each.2.ok", "ann").await.unwrap();
    house.until_step(run.id(), "each.2.send", StepStatus::Succeeded).await;
    house.until(run.id(), RunStatus::Waiting).await;
    let key = "each.1.ok".parse().unwrap();
    workspace.reject(run.id(), &key, None, None, &Actor::new("ann")).await.unwrap();
    approve(&workspace, run.id(), "each.0.ok", "ann").await.unwrap();
    let ended = run.finished().await.unwrap();
    let sent = value(ended.result);
    let items: Vec<_> = sent.as_array().unwrap().iter().map(|item| item["n"].clone()).collect();
    assert_eq!((ended.status, items), (RunStatus::Completed, vec![json!(1), json!(3)]));
}
