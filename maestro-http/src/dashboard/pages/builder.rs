//! OrchestraBuilder: makes an orchestra, disabled, and opens its page.

use askama::Template;
use axum::response::{IntoResponse, Response};
use maestro_core::{
    domain::{Score, ScoreId},
    engine::{NewOrchestra, OperationInfo},
};
use serde::Deserialize;

use super::fires::Fires;
use crate::{
    dashboard::{
        form::{Errors, Form},
        frame::{Frame, Place},
        page::{Page, redirect},
        visit::Visit,
        words,
    },
    extract::Query,
    problem::{Code, Problem},
};

/// The tags that are proposed; any other text is one too.
pub(crate) const TAGS: [&str; 7] =
    ["Outreach", "Inbox", "Research", "Monitor", "Marketing", "Content", "CRM"];
/// So many scores can be chosen from.
const SCORES: u32 = 500;

#[derive(Template)]
#[template(path = "builder.html")]
struct Builder {
    f: Frame,
    typed: Typed,
    errors: Errors,
    own: Vec<Choice>,
    templates: Vec<Choice>,
    fires: Fires,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    score: String,
    name: String,
    tag: String,
    cron: String,
    timezone: String,
    description: String,
}

/// A score to choose.
struct Choice {
    id: ScoreId,
    text: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "fires_alone.html")]
struct FiresAlone {
    fires: Fires,
}

/// What a schedule is asked about.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CronAsked {
    #[serde(default)]
    cron: String,
    #[serde(default)]
    timezone: String,
}

/// Tells what a schedule means, while it is typed.
pub(crate) async fn fires(visit: Visit, Query(asked): Query<CronAsked>) -> Page {
    Page::new(&FiresAlone { fires: Fires::of(&asked.cron, &asked.timezone, &visit.times) }, &visit)
}

/// Which score is proposed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct BuilderAsked {
    #[serde(default)]
    score: String,
}

/// Shows the dialog.
pub(crate) async fn show(visit: Visit, Query(asked): Query<BuilderAsked>) -> Result<Page, Problem> {
    let typed =
        Typed { score: asked.score, timezone: visit.times.zone.name().to_owned(), ..Typed::default() };
    let page = build(&visit, typed, Errors::default()).await?;
    Ok(Page::new(&page, &visit))
}

/// Makes an orchestra, or shows the dialog again with what needs another look.
pub(crate) async fn create(visit: Visit, form: Form) -> Result<Response, Problem> {
    let field = |name: &str| form.get(name).to_owned();
    let typed = Typed {
        score: field("score"),
        name: field("name"),
        tag: field("tag"),
        cron: field("cron"),
        timezone: field("timezone"),
        description: form.get("description").to_owned(),
    };
    match make(&visit, &typed).await {
        Ok(id) => Ok(redirect(&visit, &format!("/orchestras/{id}"), Some("created"))),
        Err(problem) if matches!(problem.code(), Code::Internal | Code::Unavailable) => Err(problem),
        Err(problem) => {
            let page = build(&visit, typed, Errors::of(&problem)).await?;
            Ok(Page::new(&page, &visit).status(problem.status()).into_response())
        }
    }
}

async fn make(visit: &Visit, typed: &Typed) -> Result<String, Problem> {
    let score: ScoreId =
        typed.score.parse().map_err(|_| Problem::invalid("/score", "choose the score that it plays"))?;
    let timezone = if typed.timezone.is_empty() { "UTC" } else { &typed.timezone };
    let new = NewOrchestra::new(&typed.name, &score)
        .tag(&typed.tag)
        .description(&typed.description)
        .cron(&typed.cron)
        .timezone(timezone);
    let made = visit.workspace.create_orchestra(new).await?;
    tracing::info!(actor = %visit.actor, orchestra = %made.id, "orchestra made");
    Ok(made.id.to_string())
}

async fn build(visit: &Visit, typed: Typed, errors: Errors) -> Result<Builder, Problem> {
    let (f, scores) = futures_util::try_join!(Frame::load(visit.clone(), Place::Overview, None), async {
        Ok::<_, Problem>(visit.workspace.scores(None, SCORES).await?)
    },)?;
    let operations = visit.app.maestro().operations();
    let choice = |score: &Score| Choice {
        text: text_of(score, &operations),
        is_chosen: score.id.as_str() == typed.score,
        id: score.id.clone(),
    };
    Ok(Builder {
        own: scores.iter().filter(|score| !score.template).map(choice).collect(),
        templates: scores.iter().filter(|score| score.template).map(choice).collect(),
        fires: Fires::of(&typed.cron, &typed.timezone, &visit.times),
        f,
        errors,
        typed,
    })
}

/// Returns what a score is called in a list: its name, its size, the secrets that it needs.
fn text_of(score: &Score, operations: &[OperationInfo]) -> String {
    let slots = super::secret_slots(score, operations);
    let nodes = words::many(score.nodes.len() as u64, "node");
    let needs = match slots.is_empty() {
        true => String::new(),
        false => format!(", needs {}", slots.keys().cloned().collect::<Vec<_>>().join(", ")),
    };
    format!("{}, version {}, {nodes}{needs}", score.name, score.version)
}
