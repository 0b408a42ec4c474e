//! Runs that have ended, and are played on or played a second time.

use std::{sync::Arc, time::Duration};

use maestro::{
    Error, Maestro, NewOrchestra, Payload, Retry, Roles, Run, RunStatus, Score, StepError, Workspace,
    domain::{Actor, Agent, OrchestraId, RunId, StepStatus, ToolCall, Trigger, Usage},
    engine::RunHandle,
    ports::store::{OrchestraStore, RunFilter},
};
use maestro_core::testing::{Executions, ScriptedModel};
use serde_json::{Value, json};

use crate::house::{House, ask, edge, op, play, with};

/// Fails for good in its first try, and in no other.
fn unlucky(id: &str) -> Value {
    with(id, "flaky", json!({"input": {"bad": 1}, "retry": {"max_attempts": 1}}))
}

fn step(key: &str) -> maestro::domain::StepKey {
    key.parse().unwrap()
}

async fn retry(workspace: &Workspace, run: RunId, retry: Retry) -> Result<RunHandle, Error> {
    workspace.retry(run, retry, &Actor::new("ann")).await
}

/// Has a run played on, and waits for its end.
async fn played_on(workspace: &Workspace, run: RunId, how: Retry) -> Run {
    retry(workspace, run, how).await.unwrap().finished().await.unwrap()
}

/// Returns what was executed, as `key/generation`.
fn executed(executions: &Executions) -> Vec<String> {
    let key = |key: String| key.split_once('/').unwrap().1.to_owned();
    executions.all().into_iter().map(|it| key(it.idempotency_key)).collect()
}

async fn end(maestro: Maestro) {
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_is_executed_anew_and_the_run_is_the_same() {
    let house = House::new();
    let nodes = json!([op("a", "echo"), unlucky("b"), op("c", "echo")]);
    let id = house.deploy("S", nodes, json!([edge("a", "b"), edge("b", "c")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({"n": 1})).await;
    assert_eq!(failed.status, RunStatus::Failed);

    let handle = retry(&workspace, failed.id, Retry::default()).await.unwrap();
    let live = workspace.run(failed.id).await.unwrap();
    assert_eq!((live.error, live.finished_at, live.started_at), (None, None, failed.started_at));
    let ended = handle.finished().await.unwrap();
    assert_eq!((ended.id, ended.status), (failed.id, RunStatus::Succeeded));
    assert_eq!((ended.trigger, ended.queued_at), (failed.trigger, failed.queued_at));
    assert_eq!(executed(&house.executions), ["a/0", "b/0", "b/1", "c/1"]);
    let said = house.said(failed.id).await;
    assert_eq!(said, ["a#1 succeeded", "b#1 failed", "b#2 succeeded", "c#1 skipped", "c#2 succeeded"]);
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_items_only_the_failed_one_is_executed_again() {
    let house = House::new();
    let one = json!({
        "input": {"bad": "{{ 1 if item == 57 else 0 }}", "n": "{{ item }}"}, "retry": {"max_attempts": 1}
    });
    let nodes = json!([
        {"id": "each", "kind": "map_over", "items": "{{ range(100) | list }}", "body": ["x", "y"],
         "max_concurrency": 100},
        with("x", "flaky", one), op("y", "echo"), op("end", "echo")
    ]);
    let id = house.deploy("S", nodes, json!([edge("x", "y"), edge("each", "end")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    assert_eq!(failed.status, RunStatus::Failed);

    let ended = played_on(&workspace, failed.id, Retry::default()).await;
    assert_eq!(ended.status, RunStatus::Succeeded);
    let all = executed(&house.executions);
    let of = |node: &str| -> Vec<_> { all.iter().filter(|key| key.contains(node)).collect() };
    let again: Vec<_> = of(".x/").into_iter().filter(|key| !key.ends_with("/0")).collect();
    assert_eq!(again, ["each.57.x/1"]);
    assert_eq!((of(".x/").len(), of(".y/").len()), (101, 100), "99 items were not executed again");
    let result = ended.result.unwrap();
    let items = result.value().unwrap()["each"].as_array().unwrap();
    assert_eq!((items.len(), &items[57]["n"], &items[99]["n"]), (100, &json!(57), &json!(99)));
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_chosen_step_and_what_follows_are_executed_anew() {
    let house = House::new();
    let nodes = json!([op("a", "echo"), op("b", "echo"), op("aside", "echo"), unlucky("c")]);
    let id = house.deploy("S", nodes, json!([edge("a", "b"), edge("a", "aside"), edge("b", "c")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    let absent = retry(&workspace, failed.id, Retry::default().with_from([step("none")])).await;
    assert!(matches!(absent, Err(Error::Store(_))));
    let ended = played_on(&workspace, failed.id, Retry::default().with_from([step("b")])).await;
    assert_eq!(ended.status, RunStatus::Succeeded);
    let mut all = executed(&house.executions);
    assert_eq!(all.split_off(4), ["b/1", "c/1"]);
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_goes_on_where_it_was_left() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo"), op("b", "gate")]), json!([edge("a", "b")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    house.until_step(run.id(), "b", StepStatus::Running).await;
    workspace.cancel(run.id(), false, &Actor::new("bob")).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Cancelled);

    let handle = retry(&workspace, run.id(), Retry::default()).await.unwrap();
    house.gate.add_permits(1);
    let ended = handle.finished().await.unwrap();
    assert_eq!((ended.status, ended.error), (RunStatus::Succeeded, None), "the wish that it ends is gone");
    assert_eq!(executed(&house.executions), ["a/0", "b/0", "b/1"]);
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_was_cut_off_by_force_waits_for_a_person() {
    let house = House::new();
    let pay = with("pay", "gate", crate::house::once());
    let id = house.deploy("S", json!([pay]), json!([])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    house.until_step(run.id(), "pay", StepStatus::Running).await;
    workspace.cancel(run.id(), true, &Actor::new("bob")).await.unwrap();
    retry(&workspace, run.id(), Retry::default()).await.unwrap();
    house.until(run.id(), RunStatus::Waiting).await;
    assert_eq!(house.said(run.id()).await, ["pay#1 cancelled", "pay#2 unknown"]);
    let done = maestro::domain::Resolution::Done { output: Payload::null() };
    workspace.resolve(run.id(), &step("pay"), done, None, &Actor::new("ann")).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(house.executions.all().len(), 1);
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn only_a_run_that_ended_badly_is_played_on_and_two_who_ask_have_it_played_on_once() {
    let house = House::new();
    let id = house.deploy("S", json!([op("g", "gate"), unlucky("a")]), json!([edge("g", "a")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    house.until(run.id(), RunStatus::Running).await;
    let error = retry(&workspace, run.id(), Retry::default()).await.unwrap_err().to_string();
    assert!(error.contains("it is running") && error.contains("wait for its end"), "{error}");
    house.gate.add_permits(1);
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Failed);

    let twice = tokio::join!(
        retry(&workspace, run.id(), Retry::default()),
        retry(&workspace, run.id(), Retry::default())
    );
    let answers = [twice.0, twice.1];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().any(|answer| matches!(answer, Err(Error::Conflict { .. }))), "{answers:?}");
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(executed(&house.executions), ["g/0", "a/0", "a/1"]);
    let error = retry(&workspace, run.id(), Retry::default()).await.unwrap_err().to_string();
    assert!(error.contains("it is succeeded") && error.contains("rerun it"), "{error}");
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_would_only_end_as_before_is_refused() {
    let house = House::new();
    let stop = json!({"id": "enough", "kind": "stop", "status": "failed", "reason": "no leads"});
    let id = house.deploy("S", json!([op("a", "echo"), stop]), json!([edge("a", "enough")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    let error = retry(&workspace, failed.id, Retry::default()).await.unwrap_err().to_string();
    assert!(error.contains("no leads") && error.contains("name earlier steps"), "{error}");
    assert_eq!(workspace.run(failed.id).await.unwrap(), failed);
    let again = played_on(&workspace, failed.id, Retry::default().with_from([step("a")])).await;
    assert_eq!((again.status, house.executions.all().len()), (RunStatus::Failed, 2));
    end(maestro).await;
}

/// Otherwise a run that took too long could never be played on.
#[tokio::test(start_paused = true)]
async fn the_time_that_a_run_may_take_begins_anew() {
    let house = House::new();
    let score = json!({"name": "S", "timeout_s": 10, "nodes": [
        with("a", "slow", json!({"input": {"ms": 8_000}})), with("b", "slow", json!({"input": {"ms": 8_000}}))
    ], "edges": [edge("a", "b")]});
    let id = house.deploy_score("S", score, |new| new).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    assert_eq!(failed.error.unwrap().code, "run_timeout");
    let ended = played_on(&workspace, failed.id, Retry::default()).await;
    assert_eq!(ended.status, RunStatus::Succeeded, "{:?}", ended.error);
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_is_to_ask_again_cannot_be_answered_before() {
    let house = House::new();
    let nodes = json!([op("g", "gate"), {"id": "ok", "kind": "approval", "title": "Go on?"}]);
    let id = house.deploy("S", nodes, json!([edge("g", "ok")])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    house.gate.add_permits(1);
    let run = ask(&workspace, &id, json!({})).await;
    house.until_step(run.id(), "ok", StepStatus::Waiting).await;
    let (ok, ann) = (step("ok"), Actor::new("ann"));
    workspace.reject(run.id(), &ok, None, None, &ann).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Failed);

    retry(&workspace, run.id(), Retry::default().with_from([step("g")])).await.unwrap();
    house.until(run.id(), RunStatus::Running).await;
    let error = workspace.approve(run.id(), &ok, None, None, &ann).await.unwrap_err();
    assert!(error.to_string().contains("it has not asked yet"), "{error}");
    house.gate.add_permits(1);
    house.until(run.id(), RunStatus::Waiting).await;
    workspace.approve(run.id(), &ok, None, None, &ann).await.unwrap();
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    end(maestro).await;
}

/// Returns a house whose agent asks a model for two turns with a tool between them; the second turn fails until it is told
/// otherwise, by its prompt or by its try.
async fn writing(house: &House, budget_cents: Option<u64>) -> (Maestro, ScriptedModel, OrchestraId) {
    let model = ScriptedModel::new(|call| {
        call.meter.report(&call.model, Usage { input: Some(1_000), output: Some(100), ..Usage::default() });
        let tool = ToolCall { id: "c".into(), name: "t.echo".into(), arguments: Payload::from(json!({})) };
        match call.messages.len() {
            1 => Ok(ScriptedModel::calls_tools([tool])),
            _ if call.system == "You fail." && call.attempt == 1 => Err(StepError::new("no").permanent()),
            _ => Ok(ScriptedModel::says(call.system.clone())),
        }
    });
    let maestro = house.builder(1).model_client(Arc::new(model.clone())).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let agent: Agent = serde_json::from_value(json!({
        "id": "writer", "version": 1, "name": "Writer", "model": "m-1", "system_prompt": "You fail.",
        "allowed_tools": ["t.echo"], "max_tokens": 200, "updated_at": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    workspace.save_agent(agent).await.unwrap();
    let price = maestro::domain::ModelPricing {
        model: "m-1".into(),
        valid_from: house.clock.now(),
        input: 3_000_000,
        output: 15_000_000,
        cache_read: None,
        cache_write: None,
    };
    workspace.set_prices(&[price]).await.unwrap();
    let node = json!({"id": "write", "kind": "llm", "agent": "writer", "prompt": "Write."});
    let mut score = json!({"name": "Letters", "nodes": [node]});
    budget_cents.into_iter().for_each(|cents| score["budget_cents"] = json!(cents));
    let score = workspace.save_score(Score::from_json(&score).unwrap()).await.unwrap();
    let id = workspace.create_orchestra(NewOrchestra::new("Letters", &score.id)).await.unwrap().id;
    (maestro, model, id)
}

#[tokio::test(start_paused = true)]
async fn turns_that_were_paid_are_not_asked_for_again() {
    let house = House::new();
    let (maestro, model, id) = writing(&house, None).await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    assert_eq!((failed.status, failed.totals.input_tokens), (RunStatus::Failed, 2_000));
    let ended = played_on(&workspace, failed.id, Retry::default()).await;
    assert_eq!((ended.status, ended.totals.input_tokens), (RunStatus::Succeeded, 3_000), "all are counted");
    let key = |call: &maestro::ports::ModelCall| call.idempotency_key.split_once('/').unwrap().1.to_owned();
    let keys: Vec<_> = model.calls().iter().map(key).collect();
    assert_eq!(keys, ["write.m1/0", "write.m2/0", "write.m2/1"]);
    assert_eq!(executed(&house.executions), ["write.t1/0"]);
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_is_played_on_with_the_agents_that_it_has_or_with_the_latest() {
    let house = House::new();
    let (maestro, _, id) = writing(&house, None).await;
    let workspace = maestro.default_workspace();
    let (one, two) = (play(&workspace, &id, json!({})).await, play(&workspace, &id, json!({})).await);
    let agent = workspace.agent(&"writer".parse().unwrap(), None).await.unwrap();
    workspace.save_agent(Agent { system_prompt: "You mend.".into(), ..agent }).await.unwrap();
    for (run, latest, said, version) in [(one, false, "You fail.", 1), (two, true, "You mend.", 2)] {
        let ended = played_on(&workspace, run.id, Retry::default().with_latest_agents(latest)).await;
        assert_eq!(ended.result.unwrap().value().unwrap(), &json!(said));
        assert_eq!(ended.agents[0].version, version);
    }
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_had_no_money_left_is_played_on_with_more() {
    let house = House::new();
    // A turn costs 0.45 cents, and is reckoned to cost a little over 0.3; the second one is too much.
    let (maestro, model, id) = writing(&house, Some(0)).await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    assert_eq!((failed.error.unwrap().code.as_str(), model.calls().len()), ("budget_exceeded", 0));
    let same = played_on(&workspace, failed.id, Retry::default()).await;
    assert_eq!((same.error.unwrap().code.as_str(), model.calls().len()), ("budget_exceeded", 0));
    let more = played_on(&workspace, failed.id, Retry::default().with_budget_cents(Some(1))).await;
    assert_eq!(model.calls().len(), 2, "{more:?}");
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_of_an_orchestra_that_is_gone_is_neither_played_on_nor_again() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "fail")]), json!([])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let failed = play(&workspace, &id, json!({})).await;
    workspace.delete_orchestra(&id).await.unwrap();
    let played_on = retry(&workspace, failed.id, Retry::default()).await.unwrap_err();
    let again = workspace.rerun(failed.id, &Actor::new("ann")).await.unwrap_err();
    for error in [played_on, again] {
        assert!(matches!(&error, Error::Conflict { .. }), "{error}");
        assert!(error.to_string().contains("its orchestra s was deleted"), "{error}");
    }
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_rerun_is_a_new_run_with_the_same_input_and_the_present_score() {
    let house = House::new();
    let id = house.deploy("S", json!([op("a", "echo")]), json!([])).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let first = play(&workspace, &id, json!({"n": 1})).await;
    let schema = json!({"type": "object", "required": ["n"]});
    let second = json!({"id": "s", "name": "S", "input_schema": schema, "nodes": [op("b", "echo")]});
    workspace.save_score(Score::from_json(&second).unwrap()).await.unwrap();

    let rerun = workspace.rerun(first.id, &Actor::new("ann")).await.unwrap().finished().await.unwrap();
    assert_ne!(rerun.id, first.id);
    assert_eq!((&rerun.trigger, rerun.score_version), (&Trigger::Rerun { of: first.id }, 2));
    assert_eq!((rerun.input, rerun.status), (first.input, RunStatus::Succeeded));
    assert_eq!(executed(&house.executions), ["a/0", "b/0"]);
    let mut reruns = RunFilter::default();
    reruns.trigger = Some("rerun".to_owned());
    assert_eq!(workspace.runs(&reruns, None, 9).await.unwrap().len(), 1);

    let stricter =
        json!({"id": "s", "name": "S", "input_schema": {"required": ["m"]}, "nodes": [op("b", "echo")]});
    workspace.save_score(Score::from_json(&stricter).unwrap()).await.unwrap();
    let refused = workspace.rerun(first.id, &Actor::new("ann")).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
    end(maestro).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_to_be_played_on_waits_for_a_worker_and_counts_as_live() {
    let house = House::new();
    let id = house.deploy("S", json!([unlucky("a")]), json!([])).await;
    let office = house.builder(1).roles(Roles::none()).build().await.unwrap();
    let workspace = office.default_workspace();
    let run = ask(&workspace, &id, json!({})).await;
    office.tick().await.unwrap();
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Failed);
    retry(&workspace, run.id(), Retry::default()).await.unwrap();
    assert_eq!(house.store.orchestra(workspace.id(), &id).await.unwrap().live.active, 1);
    assert!(workspace.delete_orchestra(&id).await.is_err(), "a run of it is live");
    house.sleep(40.0 * 86_400.0).await;
    office.tick().await.unwrap();
    let ended = workspace.run(run.id()).await.unwrap();
    assert_eq!(ended.status, RunStatus::Succeeded, "retention left it alone");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_called_off_before_it_began_keeps_to_the_budget_that_it_is_played_on_with() {
    let house = House::new();
    let (maestro, model, id) = writing(&house, None).await;
    let workspace = maestro.default_workspace();
    let tomorrow = house.clock.now() + chrono::TimeDelta::days(1);
    let run = workspace.run_now(&id).run_at(tomorrow).await.unwrap();
    workspace.cancel(run.id(), false, &Actor::new("bob")).await.unwrap();
    let ended = played_on(&workspace, run.id(), Retry::default().with_budget_cents(Some(0))).await;
    assert_eq!((ended.error.unwrap().code.as_str(), model.calls().len()), ("budget_exceeded", 0));
    end(maestro).await;
}
