//! LLM nodes, played on a model that says what a test wants.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use maestro::{
    Maestro, NewOrchestra, Payload, Run, RunStatus, Score, StepError, Workspace,
    domain::{
        Agent, ModelPricing, ModelTurn, Money, StepKind, StepStatus, ToolCall, Usage, WorkspaceSettings,
    },
    ports::{ModelCall, ModelClient},
};
use maestro_core::testing::{FaultPlan, FaultStore, ScriptedModel};
use serde_json::{Value, json};

use crate::house::{House, ask, with};

fn usage() -> Usage {
    Usage { input: Some(1_000), output: Some(100), ..Usage::default() }
}

fn tool(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: "c".to_owned(), name: name.to_owned(), arguments: Payload::from(arguments) }
}

/// A model that bills each turn, calls `t.echo` so many times, and then says how many turns that took.
fn talkative(rounds: usize) -> ScriptedModel {
    ScriptedModel::new(move |call| {
        call.meter.report(&call.model, usage());
        let turns = call.messages.len() / 2;
        match turns < rounds {
            true => Ok(ScriptedModel::calls_tools([tool("t.echo", json!({"turn": turns}))])),
            false => Ok(ScriptedModel::says(format!("{turns} tools called"))),
        }
    })
}

async fn engine(house: &House, model: ScriptedModel) -> Maestro {
    house.builder(1).model_client(Arc::new(model)).build().await.unwrap()
}

async fn deploy(workspace: &Workspace, node: Value, more: Value) -> maestro::domain::OrchestraId {
    let agent: Agent = serde_json::from_value(json!({
        "id": "writer", "version": 1, "name": "Writer", "model": "m-1", "system_prompt": "You write.",
        "allowed_tools": ["t.echo"], "max_tokens": 200, "updated_at": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    workspace.save_agent(agent).await.unwrap();
    let mut write =
        json!({"id": "write", "kind": "llm", "agent": "writer", "prompt": "Write to {{ input.name }}."});
    write.as_object_mut().unwrap().extend(node.as_object().unwrap().clone());
    let mut score = json!({"name": "Letters", "nodes": [write]});
    score.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let score = workspace.save_score(Score::from_json(&score).unwrap()).await.unwrap();
    workspace.create_orchestra(NewOrchestra::new("Letters", &score.id)).await.unwrap().id
}

async fn priced(workspace: &Workspace, house: &House) {
    price(workspace, house, 15_000_000).await;
}

async fn price(workspace: &Workspace, house: &House, output: u64) {
    let price = ModelPricing {
        model: "m-1".into(),
        valid_from: house.clock.now(),
        input: 3_000_000,
        output,
        cache_read: None,
        cache_write: None,
    };
    workspace.set_prices(&[price]).await.unwrap();
}

async fn write_to_ann(workspace: &Workspace, id: &maestro::domain::OrchestraId) -> Run {
    ask(workspace, id, json!({"name": "Ann"})).await.finished().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_model_is_told_who_it_is_and_what_it_may_call_and_every_turn_is_billed() {
    let house = House::new();
    let model = talkative(2);
    let maestro = engine(&house, model.clone()).await;
    let workspace = maestro.default_workspace();
    priced(&workspace, &house).await;
    let id = deploy(&workspace, json!({}), json!({"summary": "{{ result }}"})).await;

    let run = write_to_ann(&workspace, &id).await;
    let each = Money::from_nanos(1_000 * 3_000 + 100 * 15_000);
    assert_eq!((run.status, run.totals.cost()), (RunStatus::Succeeded, Some(each.plus(each).plus(each))));
    assert_eq!(run.output.as_deref(), Some("2 tools called · 3.3K tokens · $0.01"));
    let said: Vec<_> = house.said(run.id).await;
    let expected = ["write", "write.m1", "write.m2", "write.m3", "write.t1", "write.t2"];
    assert_eq!(said, expected.map(|key| format!("{key}#1 succeeded")));
    for step in house.steps(run.id).await {
        let is_turn = step.kind == StepKind::ModelTurn;
        assert_eq!((step.cost, step.model.as_deref()), (is_turn.then_some(each), is_turn.then_some("m-1")));
    }
    let calls = model.calls();
    let first = &calls[0];
    assert_eq!(
        (first.model.as_str(), first.system.as_str(), first.max_tokens),
        ("m-1", "You write.", Some(200))
    );
    assert_eq!(first.tools.iter().map(|tool| tool.operation.to_string()).collect::<Vec<_>>(), ["t.echo"]);
    assert_eq!(first.tools[0].input_schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_plays_the_version_of_the_agent_that_it_was_enqueued_with() {
    let house = House::new();
    let model = talkative(0);
    let office = house.office().await;
    let id = {
        let maestro = engine(&house, model.clone()).await;
        let id = deploy(&maestro.default_workspace(), json!({}), json!({})).await;
        maestro.shutdown(Duration::ZERO).await;
        id
    };
    let with_client = house.builder(2).model_client(Arc::new(model.clone())).roles(maestro::Roles::none());
    let with_client = with_client.build().await.unwrap().default_workspace();
    let before = ask(&with_client, &id, json!({"name": "Ann"})).await;
    let latest = office.agent(&"writer".parse().unwrap(), None).await.unwrap();
    office.save_agent(Agent { system_prompt: "You shout.".into(), ..latest }).await.unwrap();

    let maestro = engine(&house, model.clone()).await;
    write_to_ann(&maestro.default_workspace(), &id).await;
    house.until(before.id(), RunStatus::Succeeded).await;
    let mut told: Vec<_> = model.calls().into_iter().map(|call| call.system).collect();
    told.sort();
    assert_eq!(told, ["You shout.", "You write."]);
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_busy_is_asked_again_when_it_says() {
    let house = House::new();
    let model = ScriptedModel::new(|call| match call.attempt {
        1 => Err(StepError::with_code("model_busy", "429").after(Duration::from_secs(77))),
        _ => Ok(ScriptedModel::says("at last")),
    });
    let maestro = engine(&house, model.clone()).await;
    let workspace = maestro.default_workspace();
    let id = deploy(&workspace, json!({}), json!({})).await;
    let run = write_to_ann(&workspace, &id).await;
    assert_eq!(
        (run.status, run.totals.tokens(), run.totals.cost()),
        (RunStatus::Succeeded, 0, Some(Money::ZERO))
    );
    let waited = run.finished_at.unwrap() - run.started_at.unwrap();
    assert!(waited >= chrono::TimeDelta::seconds(77), "{waited}");
    assert_eq!(model.calls()[0].idempotency_key, model.calls()[1].idempotency_key);
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_could_spend_more_than_it_may_stops_before_it_does() {
    let house = House::new();
    let model = talkative(9);
    let maestro = engine(&house, model.clone()).await;
    let workspace = maestro.default_workspace();
    priced(&workspace, &house).await;
    // A turn costs 0.45 cents, and is reckoned to cost a little over 0.3.
    let id = deploy(&workspace, json!({"max_tool_rounds": 20}), json!({"budget_cents": 1})).await;
    let run = write_to_ann(&workspace, &id).await;
    let error = run.error.unwrap();
    assert_eq!((run.status, error.code.as_str()), (RunStatus::Failed, "budget_exceeded"));
    assert!(error.message.contains("$0.01"), "{}", error.message);
    assert!(run.totals.known <= Money::from_cents(1), "{}", run.totals.known);
    assert_eq!(model.calls().len(), 2);
    let rows = house.said(run.id).await;
    assert!(rows.contains(&"write.m3#1 cancelled".to_owned()), "{rows:?}");
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_nobody_could_keep_lets_no_model_be_asked() {
    let house = House::new();
    let model = talkative(0);
    let maestro = engine(&house, model.clone()).await;
    let workspace = maestro.default_workspace();
    let id = deploy(&workspace, json!({}), json!({"budget_cents": 100})).await;
    let run = write_to_ann(&workspace, &id).await;
    assert_eq!(run.error.unwrap().code, "price_unknown");
    assert!(model.calls().is_empty());
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_client_nothing_that_asks_models_is_begun() {
    let house = House::new();
    let office = house.office().await;
    let id = deploy(&office, json!({}), json!({})).await;
    let refused = office.run_now(&id).await.unwrap_err().to_string();
    assert!(refused.contains("client for language models"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_between_any_two_turns_pays_none_of_them_twice() {
    for cut in 1..=7 {
        let house = House::new();
        let rounds = 6;
        let model = talkative(rounds);
        let id = {
            let maestro = engine(&house, model.clone()).await;
            let id = deploy(&maestro.default_workspace(), json!({}), json!({})).await;
            maestro.shutdown(Duration::ZERO).await;
            id
        };
        // The tool after turn `cut` hangs, and its process is gone for good.
        let first = house.builder(2).model_client(Arc::new(model.clone())).roles(maestro::Roles::none());
        let first = first.build().await.unwrap();
        let run = first.default_workspace().run_now(&id).input(json!({"name": "Ann"})).await.unwrap();
        if cut < 7 {
            house.executions.hang_before("t.echo", cut);
        }
        tokio::select! {
            _ = first.tick() => assert_eq!(cut, 7),
            () = house.executions.reached(cut as usize) => {}
        }
        drop(first);

        let second = engine(&house, model.clone()).await;
        let run = house.until(run.id(), RunStatus::Succeeded).await;
        assert_eq!(model.calls().len(), rounds + 1, "cut after turn {cut}");
        assert_eq!(run.totals.input_tokens, 7_000);
        second.shutdown(Duration::ZERO).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_uses_an_agent_is_known_and_keeps_it_from_being_deleted() {
    let house = House::new();
    let office = house.office().await;
    deploy(&office, json!({}), json!({"name": "Letters"})).await;
    let writer = "writer".parse().unwrap();
    let uses = office.agent_usage(&writer).await.unwrap();
    let nodes: Vec<_> = uses[0].nodes.iter().map(|node| node.as_str()).collect();
    assert_eq!((uses.len(), uses[0].score_id.as_str(), nodes), (1, "letters", vec!["write"]));
    assert!(office.delete_agent(&writer).await.is_err());
    assert_eq!(office.agent_usage(&"nobody".parse().unwrap()).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn over_the_budget_of_the_day_runs_wait_until_it_is_raised_or_the_day_ends() {
    let house = House::new();
    let model = talkative(0);
    let maestro = engine(&house, model.clone()).await;
    let workspace = maestro.default_workspace();
    priced(&workspace, &house).await;
    let id = deploy(&workspace, json!({}), json!({})).await;
    let settings = WorkspaceSettings { daily_budget_cents: Some(1), ..workspace.settings().await.unwrap() };
    workspace.set_settings(settings).await.unwrap();

    // One turn costs 0.45 cents: two are paid.
    write_to_ann(&workspace, &id).await;
    write_to_ann(&workspace, &id).await;
    let third = ask(&workspace, &id, json!({"name": "Ann"})).await;
    house.until(third.id(), RunStatus::Waiting).await;
    let fourth = ask(&workspace, &id, json!({"name": "Ann"})).await;
    let held = house.until_step(fourth.id(), "write.m1", StepStatus::Waiting).await;
    assert_eq!(held.error.unwrap().code, "daily_budget");
    assert_eq!(model.calls().len(), 2);

    let settings = WorkspaceSettings { daily_budget_cents: Some(2), ..workspace.settings().await.unwrap() };
    workspace.set_settings(settings).await.unwrap();
    let before = house.passed();
    let (third, fourth) = tokio::join!(third.finished(), fourth.finished());
    assert!(third.unwrap().status.is_good() && fourth.unwrap().status.is_good());
    assert!(house.passed() - before < 10.0, "{}", house.passed() - before);

    let fifth = ask(&workspace, &id, json!({"name": "Ann"})).await;
    let held = house.until_step(fifth.id(), "write.m1", StepStatus::Waiting).await;
    let tomorrow = held.resume_at.unwrap();
    let fifth = fifth.finished().await.unwrap();
    assert!(fifth.status.is_good() && fifth.finished_at.unwrap() >= tomorrow, "{tomorrow} {fifth:#?}");
    assert_eq!(model.calls().len(), 5);
    maestro.shutdown(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_without_a_model_uses_that_of_the_workspace() {
    let house = House::new();
    let model = talkative(0);
    let maestro = engine(&house, model.clone()).await;
    let workspace = maestro.default_workspace();
    let id = deploy(&workspace, json!({}), json!({})).await;
    let latest = workspace.agent(&"writer".parse().unwrap(), None).await.unwrap();
    workspace.save_agent(Agent { model: String::new(), ..latest }).await.unwrap();
    let run = write_to_ann(&workspace, &id).await;
    assert_eq!(run.error.unwrap().code, "no_model");

    let settings = WorkspaceSettings { default_model: "m-2".into(), ..workspace.settings().await.unwrap() };
    workspace.set_settings(settings).await.unwrap();
    assert!(write_to_ann(&workspace, &id).await.status.is_good());
    assert_eq!(model.calls().last().unwrap().model, "m-2");
    maestro.shutdown(Duration::ZERO).await;
}

/// A model that bills a turn and answers once the gate of the house is opened.
struct Slow {
    house: House,
    calls: AtomicUsize,
}

#[async_trait::async_trait]
impl ModelClient for Slow {
    async fn turn(&self, call: ModelCall) -> Result<ModelTurn, StepError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.house.gate.acquire().await.unwrap().forget();
        call.meter.report(&call.model, usage());
        Ok(ScriptedModel::says("paid"))
    }
}

/// A play is loaded anew when the store refuses a value. A turn under way is then neither reckoned a second time nor lost,
/// even when the run fails by it.
#[tokio::test(start_paused = true)]
async fn a_turn_under_way_is_paid_once_and_recorded_when_the_store_refuses_another_step() {
    for (on_error, status) in [("continue", RunStatus::Completed), ("fail", RunStatus::Failed)] {
        let house = House::new();
        let plan = FaultPlan::new(Arc::clone(&house.clock));
        plan.refuse_values_with("BAD");
        let store = Arc::new(FaultStore::new(Arc::new(house.store.clone()), plan));
        let model = Arc::new(Slow { house: house.clone(), calls: AtomicUsize::new(0) });
        let client = Arc::clone(&model) as Arc<dyn ModelClient>;
        let maestro = house.builder_on(store, 2).model_client(client).build().await.unwrap();
        let workspace = maestro.default_workspace();
        price(&workspace, &house, 30_000_000).await;
        let write = json!({"id": "write", "kind": "llm", "agent": "writer", "prompt": "Write."});
        let bad = with("bad", "slow", json!({"input": {"ms": 100, "text": "BAD"}, "on_error": on_error}));
        // A turn is reckoned to cost a little over 0.6 cents.
        let more = json!({"nodes": [write, bad], "budget_cents": 1});
        let id = deploy(&workspace, json!({}), more).await;
        let run = ask(&workspace, &id, json!({"name": "Ann"})).await;
        house.until_step(run.id(), "bad", StepStatus::Failed).await;
        house.sleep(1.0).await;
        house.gate.add_permits(1);
        let run = run.finished().await.unwrap();
        assert_eq!((run.status, run.totals.input_tokens), (status, 1_000), "{:?}", run.error);
        assert_eq!(model.calls.load(Ordering::Relaxed), 1);
        maestro.shutdown(Duration::ZERO).await;
    }
}
