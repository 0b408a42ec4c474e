//! The runs view of an orchestra: its schedule, its numbers, its runs.

use askama::Template;
use axum::http::StatusCode;
use maestro_core::domain::{Orchestra, OrchestraId, Score};

use super::{
    run_table::{RunTable, RunsAsked},
    schedule::Schedule,
    stats::Stats,
};
use crate::{
    dashboard::{
        form::{Errors, capital},
        frame::{Frame, Place},
        json,
        markup::Markup,
        page::Page,
        visit::Visit,
        words::{self, Look, Times},
    },
    extract::{Path, Query},
    problem::{Code, Problem},
};

#[derive(Template)]
#[template(path = "orchestra.html")]
struct OrchestraPage {
    f: Frame,
    o: Orchestra,
    sign: (&'static str, &'static str),
    state_in_words: String,
    score: Option<Score>,
    missing: Vec<String>,
    schedule: Option<Schedule>,
    stats: Stats,
    table: RunTable,
    times: Times,
    asks: Option<Asks>,
}

/// The dialog that asks for a run.
pub(crate) struct Asks {
    /// Makes asking twice one run.
    pub(crate) key: String,
    pub(crate) input: String,
    pub(crate) hint: String,
    pub(crate) schema: Markup,
    pub(crate) error: Option<String>,
    pub(crate) errors: Vec<String>,
}

impl OrchestraPage {
    fn at(&self, what: &str) -> String {
        let id = &self.o.id;
        if what.is_empty() { format!("/orchestras/{id}") } else { format!("/orchestras/{id}/{what}") }
    }
}

/// Shows an orchestra.
pub(crate) async fn show(
    visit: Visit,
    Path(id): Path<OrchestraId>,
    Query(asked): Query<RunsAsked>,
) -> Result<Page, Problem> {
    Ok(Page::new(&load(&visit, &id, asked).await?, &visit))
}

/// Shows an orchestra that could not be enabled, with what it lacks.
pub(crate) async fn not_ready(visit: Visit, id: &OrchestraId) -> Result<Page, Problem> {
    let page = load(&visit, id, RunsAsked::default()).await?;
    Ok(Page::new(&page, &visit).status(StatusCode::CONFLICT))
}

/// Shows the dialog that asks for a run.
pub(crate) async fn ask(visit: Visit, Path(id): Path<OrchestraId>) -> Result<Page, Problem> {
    let mut page = load(&visit, &id, RunsAsked::default()).await?;
    let key = format!("{:032x}", visit.app.maestro().entropy().next_u128());
    page.asks = Some(Asks::of(page.score.as_ref(), key, String::new()));
    Ok(Page::new(&page, &visit))
}

/// Shows the dialog again, with what was typed and why no run was made of it.
pub(crate) async fn ask_again(
    visit: Visit,
    id: &OrchestraId,
    (key, input): (String, String),
    problem: &Problem,
) -> Result<Page, Problem> {
    let mut page = load(&visit, id, RunsAsked::default()).await?;
    let mut asks = Asks::of(page.score.as_ref(), key, input);
    let is_input = matches!(problem.code(), Code::Malformed | Code::Invalid);
    let said = Errors::of(problem);
    match is_input {
        true => {
            asks.error = Some("the input needs another look.".to_owned());
            asks.errors = match problem.errors() {
                [] => vec![capital(problem.detail())],
                errors => errors.iter().map(|error| capital(&error.message)).collect(),
            };
        }
        false => asks.error = Some(capital(said.top().unwrap_or(problem.detail()))),
    }
    page.asks = Some(asks);
    Ok(Page::new(&page, &visit).status(problem.status()))
}

impl Asks {
    fn of(score: Option<&Score>, key: String, input: String) -> Self {
        let schema = score.and_then(|score| score.input_schema.as_ref());
        let hint = match schema {
            Some(_) => "It is checked against what the score expects. Empty means {}.",
            None => "The score says nothing of its input. Empty means {}.",
        };
        Self {
            key,
            input,
            hint: hint.to_owned(),
            schema: schema.map(json::of_value).unwrap_or_default(),
            error: None,
            errors: Vec::new(),
        }
    }
}

async fn load(visit: &Visit, id: &OrchestraId, asked: RunsAsked) -> Result<OrchestraPage, Problem> {
    let state = visit.workspace.orchestra(id).await?;
    let o = state.orchestra.clone();
    let (frame, missing, schedule, stats, table, score) = futures_util::try_join!(
        Frame::load(visit.clone(), Place::Orchestra, Some(id.clone())),
        async { Ok::<_, Problem>(visit.workspace.readiness(id).await?) },
        Schedule::load(visit, &o),
        Stats::load(visit, id),
        RunTable::load(visit, asked, Some(id), 20),
        async {
            // One that is gone is told as missing.
            Ok(visit.workspace.score(&o.score_id, None).await.ok())
        },
    )?;
    let mut f = frame;
    f.about = id.to_string();
    let sign = f.sign_of(&state);
    let live = state.live.total();
    let waits = f.duties.iter().filter(|duty| duty.is_open() && duty.orchestra_id == *id).count();
    let state_in_words = match (live, waits) {
        (0, _) => words::of_status(o.status(0)).to_owned(),
        (live, 0) => format!("{} live", words::many(live, "run")),
        (live, waits) => {
            let verb = if waits == 1 { "waits" } else { "wait" };
            format!("{} live, {waits} {verb} for a person", words::many(live, "run"))
        }
    };
    Ok(OrchestraPage {
        f,
        sign,
        state_in_words,
        score,
        missing: missing.iter().map(|what| capital(what)).collect(),
        schedule,
        stats,
        table,
        times: visit.times,
        asks: None,
        o,
    })
}
