//! Edit mode: a draft of a score as a graph, a panel for one node or edge, and the JSON beside. The draft travels with the
//! form, so that nothing is kept here and nothing is lost.

mod draft;
mod fields;

use askama::Template;
use axum::response::{IntoResponse, Response};
use maestro_core::domain::{Score, ScoreId};
use serde_json::{Value, json};

use self::{
    draft::{Draft, Trouble},
    fields::{Field, Shape},
};
use crate::{
    dashboard::{
        draw::graph::{Looks, paint},
        form::{Errors, Form, capital},
        frame::{Frame, Place},
        markup::Markup,
        page::{Page, redirect},
        visit::Visit,
        words::{self, Look},
    },
    extract::Path,
    problem::{Code, Problem},
};

/// The kinds that can be added.
const KINDS: [(&str, &str); 7] = [
    ("deterministic", "Deterministic: calls a function"),
    ("llm", "LLM: asks a model"),
    ("map_over", "Map over: for each item"),
    ("repeat", "Repeat: until something holds"),
    ("delay", "Delay: waits"),
    ("approval", "Approval: asks a person"),
    ("stop", "Stop: ends the run"),
];
/// How edges are taken.
const ENDS: [(&str, &str); 3] = [("success", "on success"), ("failure", "on failure"), ("always", "always")];

#[derive(Template)]
#[template(path = "edit.html")]
struct Edit {
    f: Frame,
    /// Where the form goes.
    action: String,
    back: String,
    is_new: bool,
    name: String,
    expected: u32,
    text: String,
    graph: Option<Markup>,
    counts: [(Look, usize); 3],
    node: Option<NodePanel>,
    names: Vec<String>,
    troubles: Vec<Trouble>,
    errors: Errors,
}

/// The panel of one node.
struct NodePanel {
    id: String,
    kind: String,
    fields: Vec<Field>,
    edges: Vec<EdgePanel>,
}

/// An edge of the node, to change.
struct EdgePanel {
    number: usize,
    from: String,
    to: String,
    on: String,
    when: String,
    error: Option<String>,
}

/// Shows the draft of a new score.
pub(crate) async fn begin(visit: Visit) -> Result<Page, Problem> {
    let start = json!({"name": "New score", "description": "", "nodes": [], "edges": []});
    let page = load(&visit, None, Draft::of(start), 0, None, Errors::default()).await?;
    Ok(Page::new(&page, &visit))
}

/// Shows the draft of the next version of a score.
pub(crate) async fn show(visit: Visit, Path(id): Path<ScoreId>) -> Result<Page, Problem> {
    let score = visit.workspace.score(&id, None).await?;
    let page =
        load(&visit, Some(&id), Draft::of_score(&score), score.version, None, Errors::default()).await?;
    Ok(Page::new(&page, &visit))
}

/// Changes the draft of a new score, or saves it.
pub(crate) async fn change_new(visit: Visit, form: Form) -> Result<Response, Problem> {
    apply(visit, None, form).await
}

/// Changes the draft of a score, or saves it as the next version.
pub(crate) async fn change(visit: Visit, Path(id): Path<ScoreId>, form: Form) -> Result<Response, Problem> {
    apply(visit, Some(id), form).await
}

async fn apply(visit: Visit, id: Option<ScoreId>, form: Form) -> Result<Response, Problem> {
    let expected = form.get("expected").parse().unwrap_or(0);
    let mut selected = Some(form.get("selected").to_owned()).filter(|node| !node.is_empty());
    let mut draft = match Draft::read(form.text("draft")) {
        Ok(draft) => draft,
        Err(message) => {
            let mut errors = Errors::default();
            errors.add("draft", message);
            let mut page = load(&visit, id.as_ref(), Draft::of(json!({})), expected, None, errors).await?;
            page.text = form.text("draft").to_owned();
            return Ok(Page::new(&page, &visit).status(Code::Invalid.status()).into_response());
        }
    };
    // What stands in the panel counts whatever button was pressed, but not where the text itself was edited.
    if form.get("from_text").is_empty() {
        selected = draft.take_fields(selected, &form);
    }
    let mut errors = Errors::default();
    let (what, argument) = form.get("do").split_once(':').unwrap_or((form.get("do"), ""));
    match what {
        "select" => selected = Some(argument.to_owned()),
        "add-node" => selected = draft.add_node(form.get("new_kind")),
        "remove-node" => {
            draft.remove_node(argument);
            selected = None;
        }
        "add-edge" => draft.add_edge(selected.as_deref().unwrap_or_default(), form.get("new_to")),
        "remove-edge" => draft.remove_edge(argument.parse().unwrap_or(usize::MAX)),
        "save" => match save(&visit, id.as_ref(), &draft, expected).await {
            Ok(saved) => return Ok(redirect(&visit, &format!("/composer/{saved}"), Some("saved"))),
            Err(problem) if matches!(problem.code(), Code::Internal | Code::Unavailable | Code::NotFound) => {
                return Err(problem);
            }
            Err(problem) if problem.code() == Code::InvalidScore => {}
            Err(problem) => errors = Errors::of(&problem),
        },
        _ => {}
    }
    let page = load(&visit, id.as_ref(), draft, expected, selected, errors).await?;
    let status = if what == "save" { Code::Invalid.status() } else { axum::http::StatusCode::OK };
    Ok(Page::new(&page, &visit).status(status).into_response())
}

async fn save(visit: &Visit, id: Option<&ScoreId>, draft: &Draft, expected: u32) -> Result<ScoreId, Problem> {
    let score = Score::parse(&draft.text())?;
    if let Some(id) = id.filter(|id| **id != score.id) {
        return Err(Problem::invalid("/id", format!("its id stays {id}")));
    }
    let saved = visit.workspace.save_score_over(score, expected).await?;
    tracing::info!(actor = %visit.actor, score = %saved.id, version = saved.version, "score saved");
    Ok(saved.id)
}

async fn load(
    visit: &Visit,
    id: Option<&ScoreId>,
    draft: Draft,
    expected: u32,
    selected: Option<String>,
    errors: Errors,
) -> Result<Edit, Problem> {
    let f = Frame::load(visit.clone(), Place::Composer, None).await?;
    let troubles = draft.troubles(&visit.workspace).await;
    let graph = draft.graph();
    let path = id.map_or_else(|| "/composer/new".to_owned(), |id| format!("/composer/{id}/edit"));
    let looks = Looks {
        selected: selected.clone(),
        wrong: troubles.iter().filter_map(|trouble| trouble.node.clone()).collect(),
        // Without a script the buttons below the graph choose a node; links cannot carry the draft.
        href: ("#pick-".to_owned(), String::new()),
        ..Looks::default()
    };
    let label = format!("Draft of {}", draft.name());
    let counts = [Look::Deterministic, Look::Llm, Look::Control].map(|look| (look, graph.count(look)));
    let node = selected.as_deref().and_then(|node| panel(visit, &draft, node, &troubles));
    Ok(Edit {
        action: visit.to(&path),
        back: visit.to(&id.map_or_else(|| "/composer".to_owned(), |id| format!("/composer/{id}"))),
        is_new: id.is_none(),
        name: draft.name(),
        expected,
        text: draft.text(),
        graph: (graph.nodes.len() <= 300).then(|| paint(&graph, &graph.layout(), &looks, &label)),
        counts,
        names: graph.nodes.iter().map(|node| node.id.clone()).collect(),
        node,
        troubles,
        errors,
        f: Frame { events: String::new(), ..f },
    })
}

fn panel(visit: &Visit, draft: &Draft, id: &str, troubles: &[Trouble]) -> Option<NodePanel> {
    let (number, node) = draft.node(id)?;
    let prefix = format!("/nodes/{number}");
    let at = |field: &str| {
        let pointer = format!("{prefix}/{field}");
        let own = troubles.iter().filter(|trouble| {
            trouble.pointer == pointer || trouble.pointer.starts_with(&format!("{pointer}/"))
        });
        let text: Vec<_> = own.map(|trouble| capital(&trouble.message)).collect();
        (!text.is_empty()).then(|| text.join(" "))
    };
    let kind = node.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let operations = visit.app.maestro().operations();
    let mut fields = fields::of_kind(&kind, node, &operations);
    fields.iter_mut().for_each(|field| field.error = at(&field.name));
    let edges = draft.edges_of(id).map(|(number, edge)| {
        let text = |name: &str| edge.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let prefix = format!("/edges/{number}");
        let error = troubles.iter().find(|trouble| trouble.pointer.starts_with(&prefix));
        EdgePanel {
            number,
            from: text("from"),
            to: text("to"),
            on: if text("on").is_empty() { "success".to_owned() } else { text("on") },
            when: text("when"),
            error: error.map(|trouble| capital(&trouble.message)),
        }
    });
    Some(NodePanel { id: id.to_owned(), kind, fields, edges: edges.collect() })
}
