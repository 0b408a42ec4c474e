//! A run: what its nodes did, and one step in full.

mod notes;
mod rows;
mod step;

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, response::IntoResponse};
use chrono::{DateTime, Utc};
use maestro_core::domain::{Run, RunId, RunStatus, RunStep, Score, StepKey, Trigger};
use serde::Deserialize;

use self::{rows::Rows, step::StepView};
use crate::{
    app::App,
    auth::Caller,
    dashboard::{
        draw::{
            Outline, Waterfall,
            graph::{Graph, Looks, paint},
        },
        frame::{Frame, Place},
        json,
        markup::Markup,
        page::Page,
        read::{self, Duty, Need},
        visit::Visit,
        words::{self, Look, Times},
    },
    extract::{Path, Query},
    problem::Problem,
};

/// So many tries of the run's own nodes are shown.
const MOST_ROWS: usize = 3_000;
/// Larger graphs are not drawn here; the composer has them.
const LARGEST_GRAPH: usize = 400;

/// What the address of a run's page may say.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// The step that is looked at.
    step: Option<StepKey>,
    /// Which try of it.
    #[serde(rename = "try")]
    attempt: Option<u32>,
    /// The node, as the graph names it.
    node: Option<StepKey>,
    /// The loop of which other iterations are asked for, and from which on.
    within: Option<StepKey>,
    from: Option<u32>,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    f: Frame,
    run: Run,
    times: Times,
    title: String,
    trigger: String,
    facts: Vec<(&'static str, String, String)>,
    duties: Vec<Duty>,
    graph: Option<Markup>,
    head: Markup,
    queue: Markup,
    rows: Vec<Markup>,
    step: Option<StepView>,
    input: Markup,
    result: Option<Markup>,
}

impl RunPage {
    fn at(&self, what: &str) -> String {
        self.f.to(&format!("/runs/{}{what}", self.run.id))
    }
}

/// Shows a run.
pub(crate) async fn show(
    visit: Visit,
    Path(id): Path<RunId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let run = visit.workspace.run(id).await?;
    let (frame, steps, duties, score) = futures_util::try_join!(
        Frame::load(visit.clone(), Place::Orchestra, Some(run.orchestra_id.clone())),
        async { Ok::<_, Problem>(read::frame_steps(&visit.workspace, id, "", MOST_ROWS).await?) },
        read::duties_of(&visit, &run),
        async { Ok(visit.workspace.score(&run.score_id, Some(run.score_version)).await.ok()) },
    )?;
    let steps = steps.0;
    let selected = asked.step.clone().or_else(|| asked.node.clone());
    let step = match &selected {
        Some(key) => StepView::load(&visit, &run, key, asked.attempt, &steps).await?,
        None => None,
    };
    let outline = Outline::of(&steps);
    let chosen = step.as_ref().map(|step| (step.step.key.to_string(), step.step.attempt));
    let href = format!(
        "{}{}step=",
        visit.to(&format!("/runs/{id}")),
        if visit.to("").contains('?') { "&" } else { "?" }
    );
    let waterfall = Waterfall::new(&run, &outline, visit.times, chosen.clone(), href);
    let within = asked.within.as_ref().map(|key| (key.as_str(), asked.from.unwrap_or(0)));
    let rows = Rows { visit: &visit, run: &run, waterfall: &waterfall, selected: chosen.as_ref(), within };
    let mut f = frame;
    f.about = id.to_string();
    let page = RunPage {
        title: title_of(&run, &visit.times),
        trigger: words::of_trigger(&run.trigger, &visit.times),
        facts: facts(&run, &steps, &visit),
        graph: score.as_ref().and_then(|score| graph_of(&visit, id, score, &steps, selected.as_ref())),
        head: waterfall.head(),
        queue: waterfall.queue(&run),
        rows: rows.draw(&steps, score.as_ref()).await?,
        duties: duties.to_vec(),
        step,
        input: json::of_payload(&run.input),
        result: run.result.as_ref().map(json::of_payload),
        times: visit.times,
        f,
        run,
    };
    Ok(Page::new(&page, &visit))
}

fn title_of(run: &Run, times: &Times) -> String {
    match &run.trigger {
        Trigger::Cron { slot } => format!("Run, slot {}", times.clock_text(*slot)),
        _ => format!("Run, {}", times.clock_text(run.queued_at)),
    }
}

/// Returns the facts of a run: name, value, and what is said beside it.
fn facts(run: &Run, steps: &[RunStep], visit: &Visit) -> Vec<(&'static str, String, String)> {
    let now = visit.times.now;
    let ms = |from: DateTime<Utc>, until: DateTime<Utc>| words::span((until - from).num_milliseconds());
    let end = run.finished_at.unwrap_or(now);
    let mut facts = vec![("Queued", ms(run.queued_at, run.started_at.unwrap_or(end)), String::new())];
    if let Some(started) = run.started_at {
        let name = if run.finished_at.is_some() { "Took" } else { "Plays since" };
        facts.push((name, ms(started, end), String::new()));
    }
    let retried = steps.iter().filter(|step| step.is_retried()).count();
    if retried > 0 {
        facts.push(("Tried again", words::many(retried as u64, "time"), String::new()));
    }
    let totals = &run.totals;
    if totals.tokens() > 0 {
        let (input, output) = (words::tokens(totals.input_tokens), words::tokens(totals.output_tokens));
        facts.push(("Tokens", words::tokens(totals.tokens()), format!("{input} in, {output} out")));
    }
    if totals.tokens() > 0 || totals.has_unknown {
        let cost = match totals.has_unknown {
            true => words::dollars(totals),
            false => format!("{} ¢", words::cents(totals.known)),
        };
        facts.push(("Cost", cost, String::new()));
    }
    facts
}

/// Draws the graph of the version that is played, with the state of each node.
fn graph_of(
    visit: &Visit,
    id: RunId,
    score: &Score,
    steps: &[RunStep],
    selected: Option<&StepKey>,
) -> Option<Markup> {
    if score.nodes.len() > LARGEST_GRAPH {
        return None;
    }
    let graph = Graph::of(score);
    let mut states = BTreeMap::new();
    for step in steps {
        // Tries stand in order, so that the last one counts.
        states.insert(step.key.to_string(), (step.status.name(), words::of_step(step.status).to_lowercase()));
    }
    for node in graph.nodes.iter().filter(|node| !node.body.is_empty()) {
        let Some(state) = states.get(&node.id).cloned() else { continue };
        for inside in &node.body {
            states.entry(graph.nodes[*inside].id.clone()).or_insert_with(|| state.clone());
        }
    }
    let path = visit.to(&format!("/runs/{id}"));
    let and = if path.contains('?') { '&' } else { '?' };
    let looks = Looks {
        selected: selected.map(|key| key.split().1.to_owned()),
        states,
        href: (format!("{path}{and}node="), "#step".to_owned()),
        shows_states: true,
        ..Looks::default()
    };
    let label = format!("Graph of {} with the state of each node", score.name);
    Some(paint(&graph, &graph.layout(), &looks, &label))
}

/// Which value of which step.
#[derive(Deserialize)]
pub(crate) struct ValueAsked {
    step: Option<StepKey>,
    #[serde(rename = "try")]
    attempt: Option<u32>,
    of: String,
}

/// Answers with a value as it is stored: of the run itself, or of one of its steps.
pub(crate) async fn value(
    State(_): State<App>,
    caller: Caller,
    Path(id): Path<RunId>,
    Query(asked): Query<ValueAsked>,
) -> Result<impl IntoResponse, Problem> {
    let value = match &asked.step {
        None => {
            let run = caller.workspace.run(id).await?;
            if asked.of == "input" { Some(run.input) } else { run.result }
        }
        Some(key) => {
            let step = step::find(&caller.workspace, id, key, asked.attempt).await?;
            step.and_then(|step| if asked.of == "input" { step.input } else { step.output })
        }
    };
    let value = value.ok_or_else(|| Problem::not_found("value", &asked.of))?;
    let headers = [(axum::http::header::CONTENT_TYPE, "application/json")];
    Ok((headers, value.as_str().to_owned()))
}
