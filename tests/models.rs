//! LLM nodes played over real sockets: the engine, the client and a provider that counts by itself agree.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{sync::Arc, time::Duration};

use maestro::{
    Context, Maestro, MemoryStore, NewOrchestra, Run, RunStep, Score, Skill, StepError,
    domain::{Agent, ModelPricing, StepStatus},
    llm::{
        Key, Provider, ProviderClient,
        fake::{FakeProvider, Script},
    },
    ports::store::StepQuery,
};
use serde_json::{Value, json};

/// The same model in both formats that the fake provider speaks.
const MODELS: [&str; 2] = ["anthropic/small", "openai/small"];

async fn find(_: Context, lead: Value) -> Result<Value, StepError> {
    match lead["name"].as_str() {
        Some("ada") => Ok(json!({"name": "Ada", "city": "London"})),
        _ => Err(StepError::with_code("not_found", "nobody has that name").permanent()),
    }
}

/// Plays an LLM node once, on a provider that plays `replies`.
async fn play(model: &str, replies: Value, node: Value) -> (Run, Vec<RunStep>, FakeProvider) {
    let rates =
        json!({"input": 3_000_000, "output": 15_000_000, "cache_read": 300_000, "cache_write": 3_750_000});
    let script = json!({"models": {"small": rates}, "replies": replies}).to_string();
    let fake = FakeProvider::start(Script::parse(&script).unwrap()).await.unwrap();
    let providers = [Provider::anthropic(Key::none()), Provider::openai(Key::none())];
    let client =
        ProviderClient::new(providers.map(|provider| provider.with_endpoint(fake.endpoint()))).unwrap();
    let maestro = Maestro::builder(MemoryStore::new())
        .skill(Skill::new("crm").operation("find", find))
        .model_client(Arc::new(client))
        .build()
        .await
        .unwrap();
    let workspace = maestro.default_workspace();
    let price = json!({"model": model, "valid_from": "2026-01-01T00:00:00Z", "input": 3_000_000,
                       "output": 15_000_000, "cache_read": 300_000, "cache_write": 3_750_000});
    workspace.set_prices(&[serde_json::from_value::<ModelPricing>(price).unwrap()]).await.unwrap();
    let agent = json!({"id": "writer", "version": 1, "name": "Writer", "model": model, "system_prompt": "You write.",
                       "allowed_tools": ["crm.find"], "max_tokens": 200, "updated_at": "2026-01-01T00:00:00Z"});
    workspace.save_agent(serde_json::from_value::<Agent>(agent).unwrap()).await.unwrap();
    let mut write = json!({"id": "write", "kind": "llm", "agent": "writer", "prompt": "Write to {{ input }}.",
                           "retry": {"initial_s": 0.001, "jitter": 0}});
    write.as_object_mut().unwrap().extend(node.as_object().unwrap().clone());
    let score = Score::from_json(&json!({"name": "Letters", "nodes": [write]})).unwrap();
    let score = workspace.save_score(score).await.unwrap();
    let orchestra = workspace.create_orchestra(NewOrchestra::new("Letters", &score.id)).await.unwrap();
    let run = workspace.run_now(&orchestra.id).input(json!({"name": "ada"})).await.unwrap();
    let id = run.id();
    let run = run.finished().await.unwrap();
    let steps = workspace.steps(id, &StepQuery::default(), 100).await.unwrap();
    maestro.shutdown(Duration::ZERO).await;
    (run, steps, fake)
}

fn tries(steps: &[RunStep]) -> Vec<String> {
    let shown = |step: &RunStep| format!("{}#{} {}", step.key, step.attempt, step.status.name());
    steps.iter().map(shown).collect()
}

#[tokio::test]
async fn a_tool_loop_costs_what_the_provider_counts_to_the_last_nano_dollar() {
    for model in MODELS {
        let usage =
            json!({"input": 1_001, "output": 33, "cache_read": 700, "cache_write": 1, "reasoning": 20});
        let calls = json!([{"name": "crm.find", "arguments": "{{ data }}"}, {"name": "crm.find"}]);
        let replies = json!([
            {"when": {"turn": 1}, "tool_calls": calls, "usage": usage},
            {"when": {"turn": 2}, "json": {"text": "Hello {{ results[0].city }}, {{ results[1].error.code }}"}},
        ]);
        let schema =
            json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]});
        let (run, steps, fake) = play(model, replies, json!({"output_schema": schema})).await;
        assert!(run.status.is_good(), "{run:?}");
        assert_eq!(
            run.result.as_ref().unwrap().value().unwrap(),
            &json!({"text": "Hello London, not_found"})
        );
        assert_eq!(run.totals.cost(), Some(fake.billed().cost));
        assert_eq!((run.totals.tokens(), fake.billed().calls), (fake.billed().tokens, 2));
        assert!(fake.billed().cost.nanos() > 0);
        assert!(steps.iter().all(|step| step.status != StepStatus::Running), "{:?}", tries(&steps));
    }
}

#[tokio::test]
async fn a_provider_in_trouble_is_asked_again_and_every_answer_that_it_bills_counts() {
    for model in MODELS {
        let limited = json!({"status": {"status": 429, "retry_after_ms": 1}});
        let replies = json!([
            {"times": 1, "fault": limited},
            {"times": 1, "text": "Hello", "fault": "malformed"},
            {"text": "Hello Ada"},
        ]);
        let (run, steps, fake) = play(model, replies, json!({})).await;
        assert!(run.status.is_good(), "{run:?}");
        let expected =
            ["write#1 succeeded", "write.m1#1 failed", "write.m1#2 failed", "write.m1#3 succeeded"];
        assert_eq!(tries(&steps), expected);
        assert_eq!((run.totals.cost(), fake.billed().calls), (Some(fake.billed().cost), 2));
        let keys: Vec<_> = fake.calls().into_iter().map(|call| call.asked.idempotency_key).collect();
        assert_eq!(keys, vec![Some(format!("{}/write.m1/0", run.id)); 3], "one key for all tries of a turn");
    }
}

#[tokio::test]
async fn an_answer_of_the_wrong_form_is_mended_in_a_turn_of_its_own() {
    for model in MODELS {
        let replies =
            json!([{"when": {"turn": 1}, "text": "seven"}, {"when": {"turn": 2}, "json": {"number": 7}}]);
        let schema =
            json!({"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]});
        let (run, steps, fake) = play(model, replies, json!({"output_schema": schema})).await;
        assert_eq!(
            run.result.as_ref().unwrap().value().unwrap(),
            &json!({"number": 7}),
            "{:?}",
            tries(&steps)
        );
        assert_eq!((run.totals.cost(), fake.billed().calls), (Some(fake.billed().cost), 2));
    }
}

#[tokio::test]
async fn a_provider_that_refuses_for_good_fails_the_run_and_is_not_asked_again() {
    for model in MODELS {
        let refused = json!({"status": {"status": 400, "message": "prompt is too long"}});
        let (run, _, fake) = play(model, json!([{"fault": refused}]), json!({})).await;
        let error = run.error.unwrap();
        assert_eq!(error.code, "model_refused_request");
        assert!(error.message.contains("prompt is too long"), "{error:?}");
        assert_eq!(fake.calls().len(), 1);
    }
}
