//! Reading: from JSON to a score, with every problem at once; what could be read is checked although the rest could not.

mod draft;
mod fields;
mod kind;
mod node;
mod types;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use self::{draft::Draft, fields::Fields};
use super::{AnyCatalog, PipelineKind, ProblemCode, Problems, Score, Span, problem::Collector, validate};
use crate::domain::{InvalidPayload, ScoreId, payload::parse_unique, slug_of, unique::Unique};

impl Score {
    /// The largest score as text, in bytes: 2 MiB.
    pub const MAX_TEXT: usize = 2 * 1024 * 1024;
    /// The most nodes.
    pub const MAX_NODES: usize = 20_000;
    /// The most edges.
    pub const MAX_EDGES: usize = 100_000;
    /// The largest budget, in cents.
    pub const MAX_BUDGET_CENTS: u64 = 1_000_000_000_000;

    /// Reads a score from JSON. That it can be read does not make it valid: see [`validate`](Self::validate).
    ///
    /// `id` may be left out: it is then the slug of `name`. `name` may be left out when there is an `id`.
    ///
    /// # Errors
    /// Every problem that the document has: unknown and missing fields, wrong types, numbers out of range, ids
    /// that are none, templates that cannot be parsed. Where there is one, also what [`validate`](Self::validate) finds
    /// in the rest, whatever operations and agents there are.
    ///
    /// ```
    /// use maestro_core::domain::{ProblemCode, Score};
    ///
    /// let score = Score::from_json(&serde_json::json!({
    ///     "name": "Cold leads",
    ///     "nodes": [{"id": "fetch", "kind": "deterministic", "skill": "http", "operation": "get"}],
    /// }))?;
    /// assert_eq!(score.id.as_str(), "cold-leads");
    ///
    /// let problems = Score::from_json(&serde_json::json!({"name": 7, "node": []})).unwrap_err();
    /// let codes: Vec<ProblemCode> = problems.iter().map(|problem| problem.code).collect();
    /// assert_eq!(codes, [ProblemCode::WrongType, ProblemCode::MissingField, ProblemCode::UnknownField]);
    /// # Ok::<(), maestro_core::domain::Problems>(())
    /// ```
    pub fn from_json(value: &Value) -> Result<Self, Problems> {
        read_value(value, Collector::default())
    }

    /// Reads a score from a text of at most [`MAX_TEXT`](Self::MAX_TEXT) bytes.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json), what is no JSON, and keys that stand twice in one object.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let refuse = |code, message: String, fix: &str| {
            let mut problems = Collector::default();
            problems.add("", code, message, fix);
            problems.finish(None)
        };
        if text.len() > Self::MAX_TEXT {
            let message = format!("a score of {} bytes is too large", text.len());
            return refuse(
                ProblemCode::TooLarge,
                message,
                "split it, or move data into the input of the run",
            );
        }
        match parse_unique(text) {
            Ok(document) => read_unique(&document),
            Err(error @ InvalidPayload::TooDeep) => {
                refuse(ProblemCode::TooLarge, error.to_string(), "flatten it")
            }
            Err(error) => refuse(ProblemCode::MalformedJson, error.to_string(), "send JSON (RFC 8259)"),
        }
    }
}

fn read_unique(document: &Unique) -> Result<Score, Problems> {
    let mut problems = Collector::default();
    for pointer in &document.repeated {
        let message = "this key stands twice in its object, and only the last one would count";
        problems.add(pointer, ProblemCode::RepeatedKey, message, "remove one of them");
    }
    read_value(&document.value, problems)
}

/// Reads a document that has these problems already.
fn read_value(value: &Value, mut problems: Collector) -> Result<Score, Problems> {
    let draft = read_draft(value, &mut problems);
    if !problems.is_empty()
        && let Some(outline) = draft.as_ref().and_then(Draft::outline)
    {
        validate::check(&outline, &AnyCatalog, &mut problems);
    }
    problems.finish(draft.and_then(Draft::into_score))
}

fn read_draft(value: &Value, problems: &mut Collector) -> Option<Draft> {
    let mut fields = Fields::open(value, String::new(), problems)?;
    let (id, name) = read_id_and_name(&mut fields, problems);
    let draft = Draft {
        id,
        name,
        version: fields.count("version", (0, u32::MAX), problems).unwrap_or(0),
        pipeline_kind: fields
            .name("pipeline_kind", PipelineKind::ALL, PipelineKind::name, problems)
            .unwrap_or_default(),
        template: fields.truth("template", problems).unwrap_or(false),
        description: fields.text("description", problems).unwrap_or_default().to_owned(),
        input_schema: read_schema(&mut fields, "input_schema", problems),
        summary: fields.text_template("summary", problems),
        budget_cents: fields.whole("budget_cents", (0, Score::MAX_BUDGET_CENTS), problems),
        timeout: fields.span("timeout_s", Span::LEAST, problems).unwrap_or(Score::DEFAULT_TIMEOUT),
        fail_fast: fields.truth("fail_fast", problems).unwrap_or(false),
        nodes: fields
            .required("nodes", problems)
            .and_then(|_| read_list(&mut fields, "nodes", Score::MAX_NODES, node::read_node, problems)),
        edges: read_list(&mut fields, "edges", Score::MAX_EDGES, node::read_edge, problems),
    };
    let says_edges = fields.has("edges");
    let all_known = fields.finish("a score", problems);
    let no_edges = (all_known && !says_edges).then(Vec::new);
    Some(Draft { edges: draft.edges.or(no_edges), ..draft })
}

fn read_id_and_name(fields: &mut Fields<'_>, problems: &mut Collector) -> (Option<ScoreId>, Option<String>) {
    let id = fields.has("id").then(|| fields.id("id", |text| ScoreId::new(text), problems));
    fields.any("id");
    if id.is_some() && !fields.has("name") {
        fields.any("name");
        let id = id.flatten();
        let name = id.as_ref().map(ScoreId::to_string);
        return (id, name);
    }
    let name = match fields.required("name", problems) {
        Some(_) => fields.text("name", problems).map(str::to_owned),
        None => None,
    };
    let id = id.unwrap_or_else(|| ScoreId::new(slug_of(name.as_deref()?, "score")).ok());
    (id, name)
}

/// Reads a JSON Schema: an object or a truth value. Whether it is a good one is for validation.
fn read_schema(fields: &mut Fields<'_>, name: &'static str, problems: &mut Collector) -> Option<Value> {
    let value = fields.any(name)?;
    if value.is_object() || value.is_boolean() {
        return Some(value.clone());
    }
    types::wrong_type(problems, fields.pointer(name), "a JSON Schema (an object)", value);
    None
}

/// Reads a list, each item with its place.
fn read_list<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    most: usize,
    read: fn(&Value, String, &mut Collector) -> T,
    problems: &mut Collector,
) -> Option<Vec<T>> {
    let list = fields.list(name, problems)?;
    if list.len() > most {
        let message = format!("there are {} {name}; a score has at most {most}", list.len());
        problems.add(fields.pointer(name), ProblemCode::TooLarge, message, "split the score");
        return None;
    }
    let items = list.iter().enumerate();
    Some(items.map(|(at, item)| read(item, format!("/{name}/{at}"), problems)).collect())
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_unique(&Unique::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
