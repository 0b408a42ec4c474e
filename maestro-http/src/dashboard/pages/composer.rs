//! The composer: all scores, and one of them as a graph, in any of its versions.

mod difference;
pub(crate) mod edit;
mod node;

use askama::Template;
use axum::response::{IntoResponse, Response};
use maestro_core::domain::{Score, ScoreId};
use serde::Deserialize;

use self::{difference::Difference, node::NodeView};
use crate::{
    dashboard::{
        draw::graph::{Graph, Looks, paint, thumb},
        form::Form,
        frame::{Frame, Place},
        markup::Markup,
        page::{Page, redirect},
        visit::Visit,
        words::{self, Look},
    },
    extract::{Path, Query},
    problem::Problem,
};

/// So many scores are shown.
const SCORES: u32 = 500;
/// Larger graphs are shown as a list, with the part around the node that is looked at.
const LARGEST: usize = 300;
/// So many nodes around it are drawn then.
const AROUND: usize = 120;
/// So many older versions can be chosen.
const VERSIONS: u32 = 100;

#[derive(Template)]
#[template(path = "composer.html")]
struct Composer {
    f: Frame,
    cards: Vec<Card>,
    tabs: Vec<(&'static str, &'static str, usize)>,
    show: String,
    find: String,
}

/// A score in the list.
struct Card {
    score: Score,
    thumb: Markup,
    counts: [(Look, usize); 3],
    wired: Vec<(String, String, &'static str)>,
}

/// Which scores are asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListAsked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
}

/// Lists the scores.
pub(crate) async fn list(visit: Visit, Query(asked): Query<ListAsked>) -> Result<Page, Problem> {
    let (f, scores) = futures_util::try_join!(Frame::load(visit.clone(), Place::Composer, None), async {
        Ok::<_, Problem>(visit.workspace.scores(None, SCORES).await?)
    },)?;
    let cards: Vec<_> = scores.into_iter().map(|score| Card::of(&visit, &f, score)).collect();
    let count = |keep: fn(&Card) -> bool| cards.iter().filter(|card| keep(card)).count();
    let tabs = vec![
        ("", "All", cards.len()),
        ("own", "Yours", count(|card| !card.score.template)),
        ("templates", "Templates", count(|card| card.score.template)),
        ("unwired", "Not wired", count(|card| card.wired.is_empty())),
    ];
    let sought = asked.q.trim().to_lowercase();
    let fits = |card: &Card| {
        let text = format!("{} {} {}", card.score.id, card.score.name, card.score.description).to_lowercase();
        let shown = match asked.show.as_str() {
            "own" => !card.score.template,
            "templates" => card.score.template,
            "unwired" => card.wired.is_empty(),
            _ => true,
        };
        shown && text.contains(&sought)
    };
    let cards = cards.into_iter().filter(fits).collect();
    let page = Composer { f, cards, tabs, show: asked.show, find: asked.q };
    Ok(Page::new(&page, &visit))
}

impl Card {
    fn of(visit: &Visit, f: &Frame, score: Score) -> Self {
        let graph = Graph::of(&score);
        let counts = [Look::Deterministic, Look::Llm, Look::Control].map(|look| (look, graph.count(look)));
        let wired = f.orchestras.iter().filter(|state| state.orchestra.score_id == score.id);
        let wired = wired.map(|state| {
            let href = visit.to(&format!("/orchestras/{}", state.orchestra.id));
            (href, state.orchestra.name.clone(), f.sign_of(state).0)
        });
        Self { thumb: thumb(&graph), counts, wired: wired.collect(), score }
    }
}

/// Which version, which node, and with which version it is compared.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ScoreAsked {
    pub(super) version: Option<u32>,
    node: Option<String>,
    against: Option<u32>,
}

#[derive(Template)]
#[template(path = "score.html")]
struct ScorePage {
    f: Frame,
    score: Score,
    latest: u32,
    versions: Vec<u32>,
    graph: Markup,
    counts: [(Look, usize); 3],
    node: Option<NodeView>,
    /// All nodes, where there are too many to draw.
    names: Vec<(String, String)>,
    difference: Option<Difference>,
    wired: Vec<(String, String, &'static str)>,
    facts: Vec<(&'static str, String)>,
}

impl ScorePage {
    fn at(&self, what: &str) -> String {
        self.f.to(&format!("/composer/{}{what}", self.score.id))
    }
}

/// Shows a score as a graph.
pub(crate) async fn show(
    visit: Visit,
    Path(id): Path<ScoreId>,
    Query(asked): Query<ScoreAsked>,
) -> Result<Page, Problem> {
    let latest = visit.workspace.score(&id, None).await?;
    let version = asked.version.unwrap_or(latest.version);
    let score = if version == latest.version {
        latest.clone()
    } else {
        visit.workspace.score(&id, Some(version)).await?
    };
    let difference = match asked.against {
        Some(against) => {
            let before = visit.workspace.score(&id, Some(against)).await?;
            Some(Difference::between(&before, &score))
        }
        None => None,
    };
    let f = Frame::load(visit.clone(), Place::Composer, None).await?;
    let card = Card::of(&visit, &f, score.clone());
    let (graph, names) = draw(&visit, &score, asked.node.as_deref(), version);
    let page = ScorePage {
        latest: latest.version,
        versions: (1..=latest.version).rev().take(VERSIONS as usize).collect(),
        graph,
        counts: card.counts,
        node: asked.node.as_ref().and_then(|node| NodeView::of(&score, node)),
        names,
        difference,
        wired: card.wired,
        facts: facts(&score),
        f,
        score,
    };
    Ok(Page::new(&page, &visit))
}

/// Draws a score, or, where it is too large, what lies around one node; then all nodes are named.
fn draw(visit: &Visit, score: &Score, node: Option<&str>, version: u32) -> (Markup, Vec<(String, String)>) {
    let mut graph = Graph::of(score);
    let path = visit.to(&format!("/composer/{}?version={version}", score.id));
    let names = match graph.nodes.len() > LARGEST {
        true => graph.nodes.iter().map(|node| (node.id.clone(), node.line.clone())).collect(),
        false => Vec::new(),
    };
    if !names.is_empty() {
        graph = graph.around(node, AROUND);
    }
    let looks = Looks {
        selected: node.map(str::to_owned),
        href: (format!("{path}&node="), "#node".to_owned()),
        ..Looks::default()
    };
    let label = format!("Graph of {}: {} nodes", score.name, score.nodes.len());
    (paint(&graph, &graph.layout(), &looks, &label), names)
}

fn facts(score: &Score) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Kind", score.pipeline_kind.to_string())];
    if let Some(cents) = score.budget_cents {
        facts.push(("Budget", format!("{cents} ¢ a run")));
    }
    facts.push(("Timeout", crate::dashboard::words::span(score.timeout.as_duration().num_milliseconds())));
    if score.fail_fast {
        facts.push(("Fail fast", "yes".to_owned()));
    }
    facts
}

/// Clones a score under a new name, its agents with it.
pub(crate) async fn clone(visit: Visit, Path(id): Path<ScoreId>, form: Form) -> Result<Response, Problem> {
    let named = form.get("name");
    let name = if named.is_empty() {
        format!("{} copy", visit.workspace.score(&id, None).await?.name)
    } else {
        named.to_owned()
    };
    let made = visit.workspace.clone_score(&id, &name).await?;
    tracing::info!(actor = %visit.actor, score = %made.id, of = %id, "score cloned");
    Ok(redirect(&visit, &format!("/composer/{}", made.id), Some("cloned")).into_response())
}
