//! Invented operations of invented companies, and a model that answers by a script: what the shipped templates play with
//! where nothing real is at hand.

use maestro::{
    Context, Error, NewOrchestra, Score, Skill, StepError, Workspace,
    domain::{ModelPricing, Overlap},
    llm::{
        Key, Provider, ProviderClient,
        fake::{FakeProvider, Script},
        prices,
    },
    templates,
};
use serde_json::{Value, json};

/// What the invented model answers.
const SCRIPT: &str = include_str!("demo.script.json");
/// When the demo's orchestras would play, were they enabled.
const SCHEDULES: [(&str, &str); 3] =
    [("cold-leads", "0 9 * * 1-5"), ("reply-triage", "*/15 8-18 * * 1-5"), ("content-brief", "30 7 * * 1")];

/// Returns the operations that the templates name.
pub(crate) fn skills() -> [Skill; 6] {
    [
        Skill::new("leads").operation("find", find).operation("enrich", enrich),
        Skill::new("crm").operation("save", keep).operation("lookup", look_up),
        Skill::new("mail").operation("send", keep),
        Skill::new("inbox").operation("fetch", fetch).operation("label", keep),
        Skill::new("web").operation("search", search),
        Skill::new("docs").operation("save", keep),
    ]
}

/// Starts the invented model, and makes the client that asks it whatever model is named.
pub(crate) async fn model() -> Result<(FakeProvider, ProviderClient), Box<dyn std::error::Error>> {
    let fake = FakeProvider::start(Script::parse(SCRIPT)?).await?;
    let client = ProviderClient::new([
        Provider::anthropic(Key::value("demo")).with_endpoint(fake.endpoint()),
        Provider::openai(Key::value("demo")).with_endpoint(fake.endpoint()),
    ])?;
    Ok((fake, client))
}

/// Puts the templates into a workspace, a score made from each, and an orchestra that plays it once somebody enables it.
/// What is there already is left as people have made it.
pub(crate) async fn furnish(workspace: &Workspace) -> Result<(), Error> {
    if workspace.prices().await?.is_empty() {
        let prices: Vec<ModelPricing> = prices::shipped().iter().cloned().collect();
        workspace.set_prices(&prices).await?;
    }
    for template in templates::all() {
        let score = workspace.ensure_template(&template).await?;
        let name = format!("{} (demo)", score.name);
        let id = format!("{}-demo", score.id).parse()?;
        let cron = SCHEDULES.iter().find(|(id, _)| *id == score.id.as_str()).map_or("", |(_, cron)| *cron);
        let own = Score { id, name: name.clone(), template: false, ..score };
        let own = workspace.ensure_score(own).await?;
        let orchestra = NewOrchestra::new(name, &own.id).description(&own.description).cron(cron);
        workspace.ensure_orchestra(orchestra.overlap(Overlap::QueueOne)).await?;
    }
    Ok(())
}

fn companies() -> Vec<Value> {
    let company = |id, name, city, email| json!({"id": id, "name": name, "city": city, "email": email});
    vec![
        company("l1", "Nordlicht Maschinenbau", "Kiel", "info@nordlicht.example"),
        company("l2", "Alpenblick Optik", "Kempten", "post@alpenblick.example"),
        company("l3", "Hafenkante Logistik", "Hamburg", "kontakt@hafenkante.example"),
    ]
}

/// `leads.find`: invented companies.
async fn find(_ctx: Context, _input: Value) -> Result<Value, StepError> {
    Ok(json!({ "leads": companies() }))
}

/// `leads.enrich`: what is known of one of them.
async fn enrich(_ctx: Context, input: Value) -> Result<Value, StepError> {
    let company = companies().into_iter().find(|company| company["id"] == input["id"]);
    company.ok_or_else(|| StepError::with_code("no_such_lead", "there is no such company").permanent())
}

/// `crm.lookup`: who somebody is.
async fn look_up(_ctx: Context, input: Value) -> Result<Value, StepError> {
    Ok(json!({"name": "Jule Petersen", "company": "Nordlicht Maschinenbau", "asked_for": input}))
}

/// `inbox.fetch`: invented replies.
async fn fetch(_ctx: Context, _input: Value) -> Result<Value, StepError> {
    let reply = |id, from, text| json!({"id": id, "from": from, "text": text});
    Ok(json!({"replies": [
        reply("r1", "jule@nordlicht.example", "Sounds good. Can we talk on Thursday?"),
        reply("r2", "max@alpenblick.example", "Not this year, please ask again in spring."),
    ]}))
}

/// `web.search`: invented questions.
async fn search(_ctx: Context, input: Value) -> Result<Value, StepError> {
    Ok(json!({"query": input, "questions": ["What does it cost?", "How long does it take?"]}))
}

/// `crm.save`, `mail.send`, `inbox.label`, `docs.save`: say that it was done, and do nothing.
async fn keep(_ctx: Context, input: Value) -> Result<Value, StepError> {
    Ok(json!({"done": true, "what": input}))
}
