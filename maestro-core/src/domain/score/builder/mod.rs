//! Building scores in Rust, with the same words, checks and problems as in JSON.

mod node;

use serde_json::{Map, Value, json};
use std::time::Duration;

pub use self::node::NodeBuilder;
use super::{AnyCatalog, Edge, EdgeOn, PipelineKind, Problems, Score};

/// Builds a [`Score`]. Nothing is checked before [`build`](Self::build), and nothing panics.
#[derive(Clone, Debug)]
#[must_use = "a score is made by `build`"]
pub struct ScoreBuilder {
    fields: Map<String, Value>,
    nodes: Vec<Value>,
    edges: Vec<Value>,
}

impl Score {
    /// Starts to build a score with this name.
    ///
    /// ```
    /// use maestro_core::domain::{Edge, Node, Score};
    /// use serde_json::json;
    ///
    /// let score = Score::builder("Cold leads")
    ///     .summary("{{ result | length }} drafts written")
    ///     .node(Node::operation("fetch", "http.get").input(json!({"url": "{{ input.url }}"})))
    ///     .node(Node::map_over("each", "{{ from.fetch.leads }}").body(["draft"]))
    ///     .node(Node::llm("draft", "writer", "Write to {{ item.name }}."))
    ///     .node(Node::stop("none"))
    ///     .edge(Edge::new("fetch", "each").when("output.leads"))
    ///     .edge(Edge::new("fetch", "none").when("not output.leads"))
    ///     .build()?;
    /// assert_eq!(score.id.as_str(), "cold-leads");
    /// # Ok::<(), maestro_core::domain::Problems>(())
    /// ```
    pub fn builder(name: impl Into<String>) -> ScoreBuilder {
        ScoreBuilder { fields: Map::new(), nodes: Vec::new(), edges: Vec::new() }.set("name", name.into())
    }
}

impl ScoreBuilder {
    /// Sets the id. Default: the slug of the name.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.set("id", id.into())
    }

    /// Sets what the score is for. Default: [`PipelineKind::Other`].
    pub fn pipeline_kind(self, kind: PipelineKind) -> Self {
        self.set("pipeline_kind", kind.name())
    }

    /// Makes it a score that is meant to be cloned rather than played.
    pub fn template(self) -> Self {
        self.set("template", true)
    }

    /// Says what the score does.
    pub fn description(self, description: impl Into<String>) -> Self {
        self.set("description", description.into())
    }

    /// Sets the JSON Schema of the input. Default: any input.
    pub fn input_schema(self, schema: Value) -> Self {
        self.set("input_schema", schema)
    }

    /// Sets the template of the line that tells people what a run gave.
    pub fn summary(self, summary: impl Into<String>) -> Self {
        self.set("summary", summary.into())
    }

    /// Sets what one run may spend at most, in US cents. Default: no limit.
    pub fn budget_cents(self, cents: u64) -> Self {
        self.set("budget_cents", cents)
    }

    /// Sets how long a run may be active. Default: 24 hours.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set("timeout_s", timeout.as_secs_f64())
    }

    /// Lets the first unhandled failure cancel the steps that are still running.
    pub fn fail_fast(self) -> Self {
        self.set("fail_fast", true)
    }

    /// Adds a node.
    pub fn node(mut self, node: NodeBuilder) -> Self {
        self.nodes.push(node.into_json());
        self
    }

    /// Adds an edge.
    pub fn edge(mut self, edge: EdgeBuilder) -> Self {
        self.edges.push(Value::Object(edge.fields));
        self
    }

    /// Adds an edge that is taken when `from` succeeded.
    pub fn then(self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.edge(Edge::new(from, to))
    }

    /// Adds an edge that is taken when `from` failed for good.
    pub fn on_failure(self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.edge(Edge::new(from, to).on(EdgeOn::Failure))
    }

    /// Returns the document, as it would be sent.
    pub fn to_json(&self) -> Value {
        let mut document = self.fields.clone();
        document.insert("nodes".to_owned(), json!(self.nodes));
        document.insert("edges".to_owned(), json!(self.edges));
        Value::Object(document)
    }

    /// Reads and validates what was built. Agents and operations are not looked up: see [`Score::validate`].
    ///
    /// # Errors
    /// Every problem of the document, as [`Score::from_json`] and [`Score::validate`] tell them.
    pub fn build(self) -> Result<Score, Problems> {
        let score = Score::from_json(&self.to_json())?;
        score.validate(&AnyCatalog)?;
        Ok(score)
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

/// Builds an [`Edge`].
#[derive(Clone, Debug)]
#[must_use = "an edge does something only in a score"]
pub struct EdgeBuilder {
    fields: Map<String, Value>,
}

impl Edge {
    /// Starts to build the edge that is taken when `from` succeeded.
    #[allow(clippy::new_ret_no_self)] // reads as what it becomes: `.edge(Edge::new("a", "b"))`
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> EdgeBuilder {
        EdgeBuilder { fields: Map::new() }.set("from", from.into()).set("to", to.into())
    }
}

impl EdgeBuilder {
    /// Sets which end of its source takes it. Default: [`EdgeOn::Success`].
    pub fn on(self, on: EdgeOn) -> Self {
        self.set("on", on.name())
    }

    /// Adds a condition.
    pub fn when(self, expression: impl Into<String>) -> Self {
        self.set("when", expression.into())
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Effect, Node, OnError, OnItemError, OnMax, OnTimeout, ProblemCode, Retry, StopStatus,
    };

    #[test]
    fn a_built_score_is_the_score_that_json_says() {
        let score = Score::builder("All kinds")
            .pipeline_kind(PipelineKind::Outreach)
            .description("d")
            .input_schema(json!({"type": "object"}))
            .summary("{{ run.id }}")
            .budget_cents(500)
            .timeout(Duration::from_millis(1500))
            .fail_fast()
            .template()
            .node(Node::operation("a", "http.get").input(json!({"u": "{{ input.u }}"})).label("A").once())
            .node(
                Node::llm("b", "writer", "hi")
                    .output_schema(json!({"type": "string"}))
                    .max_tool_rounds(2)
                    .retry(Retry { max_attempts: 5, ..Retry::default() })
                    .timeout(Duration::from_secs(9)),
            )
            .node(
                Node::map_over("c", json!([1, 2]))
                    .body(["b"])
                    .max_concurrency(2)
                    .max_items(9)
                    .on_item_error(OnItemError::Null),
            )
            .node(Node::repeat("d", "result.ok", 4).body(["e"]).on_max(OnMax::Accept))
            .node(Node::delay("e", Duration::from_secs(3)))
            .node(Node::delay_until("f", "2026-11-22T09:00:00Z"))
            .node(Node::approval("g", "Sure?").timeout(Duration::from_secs(60)).on_timeout(OnTimeout::Reject))
            .node(Node::stop("h").status(StopStatus::Failed).reason("no"))
            .node(Node::operation("i", "http.get").on_error(OnError::Continue).effect(Effect::Repeatable))
            .then("a", "c")
            .on_failure("a", "h")
            .edge(Edge::new("c", "d").on(EdgeOn::Always).when("status != 'failed'"))
            .build()
            .unwrap();
        assert_eq!(score, Score::from_json(&serde_json::to_value(&score).unwrap()).unwrap());
        assert_eq!(score.nodes.len(), 9);
        assert_eq!(score.edges.len(), 3);
        assert_eq!(score.nodes[0].retry().max_attempts, 1);
        assert_eq!(score.nodes[1].retry().max_attempts, 5);
    }

    #[test]
    fn a_builder_tells_the_problems_of_the_document() {
        let problems = Score::builder("x")
            .node(Node::operation("A", "http"))
            .node(Node::stop("s").body(["a"]).timeout(Duration::MAX))
            .then("a b", "s")
            .build()
            .unwrap_err();
        let codes: Vec<(&str, ProblemCode)> =
            problems.iter().map(|problem| (problem.pointer.as_str(), problem.code)).collect();
        assert_eq!(
            codes,
            [
                ("/nodes/0/id", ProblemCode::InvalidId),
                ("/nodes/0", ProblemCode::MissingField),
                ("/nodes/1/timeout_s", ProblemCode::Conflict),
                ("/nodes/1/body", ProblemCode::UnknownField),
                ("/edges/0/from", ProblemCode::InvalidId),
            ]
        );
        assert_eq!(Score::builder("x").build().unwrap_err().as_slice()[0].code, ProblemCode::NoNodes);
    }
}
