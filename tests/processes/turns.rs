//! Processes that die while a model and its tools take turns: what was paid is not paid again.

use std::sync::Arc;

use maestro::{
    Maestro, NewOrchestra, Roles, Score, Skill, StepError,
    domain::{Agent, RunId, RunStep, StepKind, StepStatus},
    llm::fake::{FakeProvider, Script},
};
use maestro_core::testing::ScriptedModel;
use serde_json::{Value, json};

use crate::{
    fleet::Process,
    house::{House, TTL},
};

/// So many turns the conversation has: six calls of a tool, then the answer.
const TURNS: usize = 7;

/// A model that calls a tool until it was called six times.
fn script() -> Script {
    let script = json!({
        "models": {"claude-haiku-4-5": {"input": 1_000_000, "output": 5_000_000}},
        "replies": [
            {"when": {"turn": TURNS}, "text": "all looked up"},
            {"tool_calls": [{"name": "util.effect", "arguments": {"table": "effects", "ms": 300}}]},
        ],
    });
    Script::parse(&script.to_string()).unwrap()
}

/// Kills the worker after each turn but the last: its tool has begun, or is about to.
#[tokio::test]
async fn a_worker_that_is_killed_between_any_two_turns_pays_none_of_them_twice() {
    let house = House::new().await;
    let provider = FakeProvider::start(script()).await.unwrap();
    let address = provider.endpoint().replace("/v1/", "");
    let environment = [("ANTHROPIC_API_KEY", "none"), ("ANTHROPIC_BASE_URL", address.as_str())];
    let start = || Process::start_in(house.database.url(), &["--ttl-s", TTL], &environment);
    let run = ask(&house).await;
    for turn in 1..TURNS {
        let worker = start();
        let is_taken =
            |step: &&RunStep| step.kind == StepKind::ModelTurn && step.status == StepStatus::Succeeded;
        house.until_steps(run, |steps| steps.iter().filter(is_taken).count() >= turn).await;
        worker.kill();
    }
    let last = start();
    let run = house.finished(run).await;
    assert!(run.status.is_good(), "{run:#?}");

    let billed = provider.billed();
    assert_eq!((billed.calls as usize, run.totals.tokens()), (TURNS, billed.tokens));
    assert_eq!(run.totals.cost(), Some(billed.cost));
    // A tool whose process died may have had its effect: under the same key, so that nobody has to guess.
    assert_eq!(house.effects().await.len(), TURNS - 1);
    last.ask_to_end();
    provider.stop().await;
}

/// Asks for a run of the conversation.
async fn ask(house: &House) -> RunId {
    let util =
        Skill::new("util").operation("effect", |_, input: Value| async move { Ok::<_, StepError>(input) });
    let model = ScriptedModel::new(|_| Ok(ScriptedModel::says("never asked")));
    let builder = Maestro::builder(house.database.store().await).skill(util).roles(Roles::none());
    let maestro = builder.model_client(Arc::new(model)).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let agent: Agent = serde_json::from_value(json!({
        "id": "looker", "version": 1, "name": "Looker", "model": "claude-haiku-4-5", "system_prompt": "You look up.",
        "allowed_tools": ["util.effect"], "updated_at": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    workspace.save_agent(agent).await.unwrap();
    let node = json!({"id": "look", "kind": "llm", "agent": "looker", "prompt": "Look six things up.", "max_tool_rounds": 8});
    let score = Score::from_json(&json!({"name": "Looking", "nodes": [node]})).unwrap();
    let score = workspace.save_score(score).await.unwrap();
    let orchestra = workspace.create_orchestra(NewOrchestra::new("Looking", &score.id)).await.unwrap();
    workspace.run_now(&orchestra.id).await.unwrap().id()
}
