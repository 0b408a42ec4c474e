//! Drafts: a score as JSON that need not be valid yet.

use maestro_core::{
    domain::{EdgeOn, Score},
    engine::{Error, Workspace},
};
use serde_json::{Map, Value, json};

use super::fields;
use crate::dashboard::{
    draw::graph::{Graph, GraphEdge, GraphNode},
    form::Form,
    words::Look,
};

/// A score that is being written.
#[derive(Clone, Debug)]
pub(super) struct Draft(Map<String, Value>);

/// Something that is wrong with a draft.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) pointer: String,
    /// The node that it is about.
    pub(super) node: Option<String>,
    pub(super) message: String,
}

impl Draft {
    pub(super) fn of(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self(fields),
            _ => Self(Map::new()),
        }
    }

    pub(super) fn of_score(score: &Score) -> Self {
        let mut draft = Self::of(serde_json::to_value(score).unwrap_or_default());
        draft.0.remove("version");
        draft
    }

    /// Reads a draft.
    ///
    /// # Errors
    /// Says where the text is no JSON object.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err("a score is a JSON object".to_owned()),
            Err(error) => Err(format!("this is no JSON: {error}")),
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }

    pub(super) fn name(&self) -> String {
        let name = |field: &str| self.0.get(field).and_then(Value::as_str).filter(|name| !name.is_empty());
        name("name").or_else(|| name("id")).unwrap_or("New score").to_owned()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.0.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn list_mut(&mut self, name: &str) -> &mut Vec<Value> {
        let list = self.0.entry(name).or_insert_with(|| json!([]));
        if !list.is_array() {
            *list = json!([]);
        }
        match list {
            Value::Array(items) => items,
            _ => unreachable!("it was just made an array"),
        }
    }

    /// Returns a node and its number.
    pub(super) fn node(&self, id: &str) -> Option<(usize, &Map<String, Value>)> {
        let nodes = self.list("nodes").iter().enumerate();
        nodes
            .filter_map(|(number, node)| Some((number, node.as_object()?)))
            .find(|(_, node)| id_of(node) == id)
    }

    /// Returns the edges of a node, each with its number.
    pub(super) fn edges_of<'a>(
        &'a self,
        id: &'a str,
    ) -> impl Iterator<Item = (usize, &'a Map<String, Value>)> {
        let edges = self.list("edges").iter().enumerate();
        let edges = edges.filter_map(|(number, edge)| Some((number, edge.as_object()?)));
        edges.filter(move |(_, edge)| {
            ["from", "to"].iter().any(|end| edge.get(*end).and_then(Value::as_str) == Some(id))
        })
    }

    /// Writes what stands in the panel, and returns the id of the node, which may be another one now.
    pub(super) fn take_fields(&mut self, selected: Option<String>, form: &Form) -> Option<String> {
        let typed: Vec<_> = form.within("score.").collect();
        for (name, text) in typed {
            self.0.insert(name.to_owned(), Value::from(text));
        }
        self.take_edges(form);
        let id = selected?;
        let typed: Vec<_> = form.within("node.").collect();
        let (number, _) = self.node(&id)?;
        let node = self.list_mut("nodes").get_mut(number).and_then(Value::as_object_mut)?;
        fields::write(node, &typed);
        let new = id_of(node).to_owned();
        if new != id && !new.is_empty() {
            self.rename(&id, &new);
        }
        Some(new)
    }

    fn take_edges(&mut self, form: &Form) {
        let typed: Vec<_> =
            form.within("edge.").map(|(key, text)| (key.to_owned(), text.trim().to_owned())).collect();
        for (key, text) in typed {
            let Some((number, field)) = key.split_once('.') else { continue };
            let number: usize = number.parse().unwrap_or(usize::MAX);
            let Some(edge) = self.list_mut("edges").get_mut(number).and_then(Value::as_object_mut) else {
                continue;
            };
            match (field, text.as_str()) {
                ("on", "success" | "") | ("when", "") => _ = edge.remove(field),
                ("on" | "when", text) => _ = edge.insert(field.to_owned(), Value::from(text)),
                _ => {}
            }
        }
    }

    /// Gives a node another id, wherever it is named but in templates.
    fn rename(&mut self, old: &str, new: &str) {
        for edge in self.list_mut("edges").iter_mut().filter_map(Value::as_object_mut) {
            for end in ["from", "to"] {
                if edge.get(end).and_then(Value::as_str) == Some(old) {
                    edge.insert(end.to_owned(), Value::from(new));
                }
            }
        }
        for node in self.list_mut("nodes").iter_mut().filter_map(Value::as_object_mut) {
            for inside in node.get_mut("body").and_then(Value::as_array_mut).into_iter().flatten() {
                if inside.as_str() == Some(old) {
                    *inside = Value::from(new);
                }
            }
        }
    }

    /// Adds a node of a kind, with what it must have.
    pub(super) fn add_node(&mut self, kind: &str) -> Option<String> {
        let mut node = match kind {
            "deterministic" => json!({"skill": "", "operation": ""}),
            "llm" => json!({"agent": "", "prompt": ""}),
            "map_over" => json!({"items": "{{ input }}", "body": []}),
            "repeat" => json!({"body": [], "until": "index >= 2", "max_iterations": 3}),
            "delay" => json!({"for_s": 60}),
            "approval" => json!({"title": "Go on?"}),
            "stop" => json!({"status": "succeeded"}),
            _ => return None,
        };
        let stem = if kind == "deterministic" { "step" } else { kind };
        let free = |id: &String| self.node(id).is_none();
        let id = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}"))).find(free)?;
        if let Some(fields) = node.as_object_mut() {
            fields.insert("id".to_owned(), Value::from(id.as_str()));
            fields.insert("kind".to_owned(), Value::from(kind));
        }
        self.list_mut("nodes").push(node);
        Some(id)
    }

    /// Takes a node away, its edges with it.
    pub(super) fn remove_node(&mut self, id: &str) {
        self.list_mut("nodes").retain(|node| node.as_object().is_none_or(|node| id_of(node) != id));
        let names = |edge: &Value, end: &str| edge.get(end).and_then(Value::as_str) == Some(id);
        self.list_mut("edges").retain(|edge| !names(edge, "from") && !names(edge, "to"));
        for node in self.list_mut("nodes").iter_mut().filter_map(Value::as_object_mut) {
            if let Some(body) = node.get_mut("body").and_then(Value::as_array_mut) {
                body.retain(|inside| inside.as_str() != Some(id));
            }
        }
    }

    /// Adds an edge, unless there is one.
    pub(super) fn add_edge(&mut self, from: &str, to: &str) {
        let edge = json!({"from": from, "to": to});
        if !from.is_empty() && !to.is_empty() && !self.list("edges").contains(&edge) {
            self.list_mut("edges").push(edge);
        }
    }

    pub(super) fn remove_edge(&mut self, number: usize) {
        let edges = self.list_mut("edges");
        if number < edges.len() {
            edges.remove(number);
        }
    }

    /// Returns everything that is wrong with it.
    pub(super) async fn troubles(&self, workspace: &Workspace) -> Vec<Trouble> {
        let problems = match Score::parse(&self.text()) {
            Err(problems) => problems,
            Ok(score) => match workspace.validate_score(&score).await {
                Err(Error::Score(problems)) => problems,
                Err(error) => {
                    return vec![Trouble { pointer: String::new(), node: None, message: error.to_string() }];
                }
                Ok(()) => return Vec::new(),
            },
        };
        let trouble = |problem: &maestro_core::domain::Problem| Trouble {
            node: self.node_at(&problem.pointer),
            pointer: problem.pointer.clone(),
            message: format!("{}; {}", problem.message, problem.fix),
        };
        problems.iter().map(trouble).collect()
    }

    /// Returns the node that a pointer leads into.
    fn node_at(&self, pointer: &str) -> Option<String> {
        let number = pointer.strip_prefix("/nodes/")?.split('/').next()?;
        let node = self.list("nodes").get(number.parse::<usize>().ok()?)?.as_object()?;
        Some(id_of(node).to_owned()).filter(|id| !id.is_empty())
    }

    /// Returns the graph of what there is, however little makes sense yet.
    pub(super) fn graph(&self) -> Graph {
        let nodes: Vec<&Map<String, Value>> =
            self.list("nodes").iter().filter_map(Value::as_object).collect();
        let number = |id: &Value| nodes.iter().position(|node| Some(id_of(node)) == id.as_str());
        let node = |node: &&Map<String, Value>| {
            let text = |field: &str| node.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (kind, body) = (text("kind"), node.get("body").and_then(Value::as_array));
            let label = text("label");
            GraphNode {
                id: id_of(node).to_owned(),
                label: if label.is_empty() { id_of(node).to_owned() } else { label },
                line: match kind.as_str() {
                    "deterministic" => format!("{}.{}", text("skill"), text("operation")),
                    "llm" => text("agent"),
                    _ => kind.replace('_', " "),
                },
                look: match kind.as_str() {
                    "deterministic" => Look::Deterministic,
                    "llm" => Look::Llm,
                    _ => Look::Control,
                },
                body: body.into_iter().flatten().filter_map(number).collect(),
                rounds: kind.replace('_', " "),
            }
        };
        let edge = |edge: &Value| {
            let on = edge
                .get("on")
                .and_then(Value::as_str)
                .and_then(|on| on.parse().ok())
                .unwrap_or(EdgeOn::Success);
            let when = edge.get("when").and_then(Value::as_str).map(str::to_owned);
            Some(GraphEdge { from: number(edge.get("from")?)?, to: number(edge.get("to")?)?, on, when })
        };
        Graph {
            nodes: nodes.iter().map(node).collect(),
            edges: self.list("edges").iter().filter_map(edge).collect(),
        }
    }
}

fn id_of(node: &Map<String, Value>) -> &str {
    node.get("id").and_then(Value::as_str).unwrap_or_default()
}
