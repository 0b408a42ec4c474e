//! Validation: what a score that can be read may still have wrong.

mod catalog;
mod graph;
mod index;
mod loops;
mod names;
mod nodes;

pub use self::catalog::{AnyCatalog, Catalog};
use self::index::Index;
use super::{ProblemCode, Problems, Score, outline::Outline, problem::Collector};

impl Score {
    /// How many loops may be within each other.
    pub const MAX_LOOP_DEPTH: usize = 8;

    /// Checks what reading alone cannot: the graph, the loops, the names in templates, operations, agents and
    /// schemas. Takes time linear in the size of the score.
    ///
    /// # Errors
    /// Every problem that the score has.
    ///
    /// ```
    /// use maestro_core::domain::{AnyCatalog, ProblemCode, Score};
    ///
    /// let score = Score::from_json(&serde_json::json!({
    ///     "name": "Circle",
    ///     "nodes": [{"id": "a", "kind": "delay", "for_s": 1}, {"id": "b", "kind": "delay", "for_s": 1}],
    ///     "edges": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}],
    /// }))?;
    /// let problems = score.validate(&AnyCatalog).unwrap_err();
    /// assert_eq!(problems.as_slice()[0].code, ProblemCode::Cycle);
    /// assert!(problems.as_slice()[0].message.contains("a → b → a"));
    /// # Ok::<(), maestro_core::domain::Problems>(())
    /// ```
    pub fn validate(&self, known: &dyn Catalog) -> Result<(), Problems> {
        let mut problems = Collector::default();
        if self.nodes.is_empty() {
            problems.add("/nodes", ProblemCode::NoNodes, "a score without nodes plays nothing", "add a node");
        }
        for (what, len, most) in
            [("nodes", self.nodes.len(), Self::MAX_NODES), ("edges", self.edges.len(), Self::MAX_EDGES)]
        {
            if len > most {
                let message = format!("there are {len} {what}; a score has at most {most}");
                problems.add(format!("/{what}"), ProblemCode::TooLarge, message, "split the score");
                return problems.finish(None);
            }
        }
        check(&Outline::of(self), known, &mut problems);
        problems.finish(Some(()))
    }
}

/// Checks a score, or as much of one as could be read.
pub(super) fn check(outline: &Outline<'_>, known: &dyn Catalog, problems: &mut Collector) {
    let mut index = Index::new(outline, problems);
    loops::check(&mut index, problems);
    graph::check(&mut index, problems);
    nodes::check(outline, known, problems);
    names::check(&index, problems);
}
