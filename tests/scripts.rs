//! The scripts of the examples: a fake provider plays with them what the templates ask.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{fs, sync::Arc, time::Duration};

use maestro::{
    Context, Maestro, MemoryStore, NewOrchestra, Run, RunStatus, RunStep, Skill, StepError,
    engine::ScoreTemplate,
    llm::{
        Key, Provider, ProviderClient,
        fake::{FakeProvider, Script},
        prices::shipped,
    },
    ports::store::StepQuery,
    templates,
};
use serde_json::{Value, json};

/// Answers every operation of the templates with what their next nodes need.
fn skills() -> [Skill; 6] {
    async fn answer(ctx: Context, input: Value) -> Result<Value, StepError> {
        let lead = |n: usize| json!({"id": format!("l{n}"), "name": format!("Firm {n}"), "email": format!("ann@firm{n}.example"), "contact": "Ann"});
        let replies = ["Tell me more.", "Does it speak SQL?", "Please stop writing."];
        let reply = |(at, text)| json!({"id": at, "from": "bob@example.com", "text": text});
        Ok(match ctx.operation().to_string().as_str() {
            "leads.find" => json!({"leads": (1..=8).map(lead).collect::<Vec<_>>()}),
            "leads.enrich" => lead(input["id"].as_str().unwrap().trim_start_matches('l').parse().unwrap()),
            "inbox.fetch" => {
                json!({"replies": replies.into_iter().enumerate().map(reply).collect::<Vec<_>>()})
            }
            "crm.lookup" => json!({"name": "Bob", "email": input["email"]}),
            "web.search" => json!({"questions": [input["query"], "How long does it take?"]}),
            _ => input,
        })
    }
    let skill = |name: &str, operations: &[&str]| {
        operations.iter().fold(Skill::new(name), |skill, operation| skill.operation(*operation, answer))
    };
    [
        skill("leads", &["find", "enrich"]),
        skill("crm", &["save", "lookup"]),
        skill("mail", &["send"]),
        skill("inbox", &["fetch", "label"]),
        skill("web", &["search"]),
        skill("docs", &["save"]),
    ]
}

/// Plays a template until it ends or waits for a person.
async fn play(name: &str, template: ScoreTemplate) -> (Run, Vec<RunStep>, FakeProvider) {
    let text = fs::read_to_string(format!("{}/examples/scripts/{name}.json", env!("CARGO_MANIFEST_DIR")));
    let script = Script { latency_ms: 0, ..Script::parse(&text.unwrap()).unwrap() };
    let fake = FakeProvider::start(script).await.unwrap();
    let providers = [Provider::anthropic(Key::none()), Provider::openai(Key::none())];
    let client =
        ProviderClient::new(providers.map(|provider| provider.with_endpoint(fake.endpoint()))).unwrap();
    let builder = Maestro::builder(MemoryStore::new()).model_client(Arc::new(client)).price_book(shipped());
    let maestro = skills().into_iter().fold(builder, |all, skill| all.skill(skill)).build().await.unwrap();
    let workspace = maestro.default_workspace();
    let score = workspace.ensure_template(&template).await.unwrap();
    let orchestra = workspace.create_orchestra(NewOrchestra::new(name, &score.id)).await.unwrap();
    let run = workspace.run_now(&orchestra.id).input(template.input.clone()).await.unwrap();
    let id = run.id();
    let mut run = workspace.run(id).await.unwrap();
    while !run.status.is_final() && run.status != RunStatus::Waiting {
        tokio::task::yield_now().await;
        run = workspace.run(id).await.unwrap();
    }
    let steps = workspace.steps(id, &StepQuery::default(), 200).await.unwrap();
    maestro.shutdown(Duration::ZERO).await;
    assert_eq!(
        run.totals.cost(),
        Some(fake.billed().cost),
        "the script has the prices that we ship: {run:?}"
    );
    (run, steps, fake)
}

fn outputs<'a>(steps: &'a [RunStep], end: &str) -> Vec<&'a Value> {
    let ended = steps.iter().filter(|step| step.key.to_string().ends_with(end));
    ended.map(|step| step.output.as_ref().unwrap().value().unwrap()).collect()
}

#[tokio::test]
async fn cold_leads_are_chosen_and_written_to_until_a_person_is_asked() {
    let (run, steps, fake) = play("cold-leads", templates::cold_leads()).await;
    assert_eq!(run.status, RunStatus::Waiting, "{run:?}");
    let drafts = outputs(&steps, ".draft");
    assert_eq!(drafts.len(), 3);
    assert_eq!((&drafts[2]["to"], fake.billed().calls), (&json!("ann@firm3.example"), 4));
}

#[tokio::test]
async fn replies_are_looked_up_and_sorted() {
    let (run, steps, fake) = play("reply-triage", templates::reply_triage()).await;
    assert!(run.status.is_good(), "{run:?}");
    let intents: Vec<_> = outputs(&steps, ".label").into_iter().map(|output| &output["intent"]).collect();
    assert_eq!(intents, ["interested", "question", "no"]);
    let looked_up = outputs(&steps, ".t1");
    assert!(looked_up.iter().all(|found| found["email"] == "bob@example.com"), "{looked_up:?}");
    assert_eq!(fake.billed().calls, 6);
}

#[tokio::test]
async fn a_brief_is_written_again_until_it_is_good() {
    let (run, steps, fake) = play("content-brief", templates::content_brief()).await;
    assert!(run.status.is_good(), "{run:?}");
    let saved = outputs(&steps, "save");
    assert_eq!(saved[0]["brief"]["title"], "What closing the books in a day takes");
    assert_eq!(fake.billed().calls, 2 + 2 * 2);
}
