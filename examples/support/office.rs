//! The operations that the shipped templates name, on invented people and companies: nothing leaves this machine.

use maestro::{Context, Skill, StepError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Returns the skills of the templates.
pub(crate) fn all() -> [Skill; 6] {
    [
        Skill::new("leads").operation("find", find).operation("enrich", enrich),
        Skill::new("crm")
            .operation("save", save)
            .operation("lookup", lookup)
            .describe("Tells what is known of a person: company, role, and how it went so far."),
        Skill::new("mail").operation("send", send),
        Skill::new("inbox").operation("fetch", fetch).operation("label", label),
        Skill::new("web")
            .operation("search", search)
            .describe("Searches the web; returns the questions that people ask."),
        Skill::new("docs").operation("save", save_document),
    ]
}

/// Company, person, address, what happened lately.
const COMPANIES: [(&str, &str, &str, &str); 8] = [
    ("Kestrel Pay", "Ada Winter", "ada@kestrelpay.example", "opened an office in Lisbon"),
    ("Northlight", "Ben Okafor", "ben@northlight.example", "is hiring six accountants"),
    ("Copper Lane", "Chiara Rossi", "chiara@copperlane.example", "changed its bank"),
    ("Fennel", "Dai Morgan", "dai@fennel.example", "raised 12 million"),
    ("Quarter Day", "Elif Kaya", "elif@quarterday.example", "took over a competitor"),
    ("Tidewater", "Femi Ade", "femi@tidewater.example", "missed its filing date"),
    ("Hollow Oak", "Greta Lind", "greta@hollowoak.example", "moved to a new system last month"),
    ("Juniper Row", "Hugo Blanc", "hugo@juniperrow.example", "has a new head of finance"),
];

#[derive(Deserialize, JsonSchema)]
struct Find {
    industry: String,
    limit: usize,
}

/// `leads.find`: returns companies of an industry, at most `limit`.
async fn find(_ctx: Context, input: Find) -> Result<Value, StepError> {
    let leads = COMPANIES.iter().take(input.limit).enumerate().map(|(at, (company, _, _, news))| {
        json!({"id": format!("lead-{}", at + 1), "name": company, "industry": input.industry, "news": news})
    });
    Ok(json!({ "leads": leads.collect::<Vec<_>>() }))
}

#[derive(Deserialize, JsonSchema)]
struct Lead {
    /// As `leads.find` gave it.
    id: String,
}

/// `leads.enrich`: returns whom to write to.
async fn enrich(_ctx: Context, input: Lead) -> Result<Value, StepError> {
    let number = input.id.strip_prefix("lead-").and_then(|number| number.parse::<usize>().ok());
    let found = number.and_then(|number| COMPANIES.get(number.checked_sub(1)?));
    let (company, name, email, news) = found.ok_or_else(|| {
        StepError::with_code("not_found", format!("there is no lead {:?}", input.id))
            .permanent()
            .not_applied()
    })?;
    Ok(json!({"name": company, "contact": name, "email": email, "news": news}))
}

#[derive(Deserialize, JsonSchema)]
struct Drafts {
    drafts: Vec<Value>,
}

/// `crm.save`: returns the drafts as they are saved.
async fn save(_ctx: Context, input: Drafts) -> Result<Value, StepError> {
    Ok(json!({"saved": input.drafts.len(), "drafts": input.drafts}))
}

#[derive(Deserialize, JsonSchema)]
struct Person {
    /// The address of the person.
    email: String,
}

/// `crm.lookup`: returns what is known of a person.
async fn lookup(_ctx: Context, input: Person) -> Result<Value, StepError> {
    let found = COMPANIES.iter().find(|(_, _, email, _)| *email == input.email);
    Ok(match found {
        Some((company, name, _, news)) => {
            json!({"known": true, "name": name, "company": company, "news": news})
        }
        None => json!({"known": false, "name": "friend"}),
    })
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Mail {
    to: String,
    subject: String,
    body: String,
}

/// `mail.send`: would send a mail, under the step's idempotency key.
async fn send(ctx: Context, input: Mail) -> Result<Value, StepError> {
    ctx.log(&format!("would send {:?} to {}", input.subject, input.to));
    Ok(json!({"to": input.to, "message_id": ctx.idempotency_key()}))
}

/// `inbox.fetch`: returns the replies of the day.
async fn fetch(_ctx: Context, _input: Value) -> Result<Value, StepError> {
    Ok(json!({"replies": [
        {"id": "r1", "from": "ada@kestrelpay.example", "text": "Sounds good. Could you show us on Thursday?"},
        {"id": "r2", "from": "femi@tidewater.example", "text": "Not this quarter, ask me again in spring."},
        {"id": "r3", "from": "somebody@elsewhere.example", "text": "Please stop writing."},
    ]}))
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Label {
    id: String,
    intent: String,
    answer: String,
}

/// `inbox.label`: returns the label as it is kept.
async fn label(_ctx: Context, input: Label) -> Result<Label, StepError> {
    Ok(input)
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    /// What to search for, in words.
    query: String,
}

/// `web.search`: returns what was found.
async fn search(_ctx: Context, input: Query) -> Result<Value, StepError> {
    Ok(json!({"questions": [
        format!("What takes longest about {}?", input.query),
        "Which accounts cannot be matched by rule?",
        "How is a late entry shown to an auditor?",
    ]}))
}

#[derive(Deserialize, JsonSchema)]
struct Document {
    topic: String,
    brief: Value,
}

/// `docs.save`: returns where the brief is kept.
async fn save_document(_ctx: Context, input: Document) -> Result<Value, StepError> {
    let slug = input.topic.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    Ok(json!({"saved_as": format!("briefs/{slug}.md"), "brief": input.brief}))
}
