//! Names: a template may look up only what will be there when it is rendered.

use std::collections::HashSet;

use super::index::Index;
use crate::domain::{
    Name, NodeId,
    score::{DelayUntil, Node, NodeKind, ProblemCode, Score, nearest, outline::Body, problem::Collector},
};

pub(super) fn check(index: &Index<'_>, problems: &mut Collector) {
    let mut sources = HashSet::new();
    for (number, node) in index.outline.nodes.iter().enumerate() {
        let Some(whole) = node.node else { continue };
        sources.clear();
        sources.extend(index.sources[number].iter().map(|source| index.node(*source).id.as_str()));
        check_node(number, whole, index, &sources, problems);
    }
    for (at, edge) in &index.outline.edges {
        let Some(when) = &edge.when else { continue };
        let owner = index.number(&edge.from).and_then(|from| index.owner[from]);
        let mut plain = vec!["output", "status", "error", "run"];
        plain.extend(given_by(index, owner).into_iter().filter(|name| *name != "previous"));
        let sight = Sight { plain, from: From::Nothing, index };
        sight.check(when.names(), &format!("/edges/{at}/when"), problems);
    }
    if let Some(summary) = index.outline.summary {
        let sight = Sight { plain: vec!["result", "run"], from: From::Any, index };
        sight.check(summary.names(), "/summary", problems);
    }
}

fn check_node(
    number: usize,
    node: &Node,
    index: &Index<'_>,
    sources: &HashSet<&str>,
    problems: &mut Collector,
) {
    let mut plain = vec!["input", "run"];
    plain.extend(given_by(index, index.owner[number]));
    let at = index.node(number).at;
    let sight = Sight { plain, from: From::Sources(&node.id, sources), index };
    let templates = [
        ("input", node.input.as_ref()),
        match &node.kind {
            NodeKind::Llm { prompt, .. } => ("prompt", Some(prompt)),
            NodeKind::MapOver { items, .. } => ("items", Some(items)),
            NodeKind::Delay(DelayUntil::Until(moment)) => ("until", Some(moment)),
            NodeKind::Approval { title, .. } => ("title", Some(title)),
            NodeKind::Stop { reason, .. } => ("reason", reason.as_ref()),
            NodeKind::Deterministic { .. } | NodeKind::Repeat { .. } | NodeKind::Delay(_) => ("", None),
        },
    ];
    for (field, template) in templates {
        if let Some(template) = template {
            sight.check(template.names(), &format!("/nodes/{at}/{field}"), problems);
        }
    }
    if let NodeKind::Repeat { until, .. } = &node.kind {
        let sight = Sight { plain: vec!["result", "index", "run"], from: From::Nothing, index };
        sight.check(until.names(), &format!("/nodes/{at}/until"), problems);
    }
}

/// Returns what the loops around a node let it see: the item of the innermost `map_over`, the `previous` of the innermost
/// `repeat`, and the index of the innermost loop.
fn given_by(index: &Index<'_>, mut owner: Option<usize>) -> Vec<&'static str> {
    if index.outline.unread.bodies {
        return vec!["index", "item", "previous"]; // it may stand in any loop
    }
    let mut names = Vec::new();
    // Bounded: in a score with problems loops may contain each other.
    for _ in 0..=Score::MAX_LOOP_DEPTH {
        let Some(number) = owner else { break };
        match index.node(number).body {
            Body::Map(_) => names.extend(["item", "index"]),
            Body::Repeat(_) => names.extend(["previous", "index"]),
            Body::None => {}
        }
        owner = index.owner[number];
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// What can be seen from somewhere.
struct Sight<'c, 's> {
    plain: Vec<&'static str>,
    from: From<'c>,
    index: &'c Index<'s>,
}

enum From<'c> {
    /// There is no `from`.
    Nothing,
    /// The nodes that lead to this one.
    Sources(&'c NodeId, &'c HashSet<&'c str>),
    /// Every node.
    Any,
}

impl Sight<'_, '_> {
    fn check(&self, names: &[Name], pointer: &str, problems: &mut Collector) {
        for name in names {
            if let Some((message, fix)) = self.refusal(name) {
                problems.add(pointer, ProblemCode::UnseenName, message, fix);
            }
        }
    }

    fn refusal(&self, name: &Name) -> Option<(String, String)> {
        match (name, &self.from) {
            (Name::Plain(name), _) if self.plain.contains(&name.as_str()) => None,
            (Name::Plain(name), _) => Some((self.unseen(name), self.instead_of(name))),
            (Name::From(_) | Name::AnyFrom, From::Nothing) => {
                Some((self.unseen("from"), format!("use {}", nearest::one_of(&self.plain))))
            }
            (Name::AnyFrom, _) => None,
            (Name::From(id), _) if !self.index.may_have(id) => {
                let message = format!("`from.{id}` is not there: there is no node `{id}`");
                Some((message, self.instead_of_node(id)))
            }
            (Name::From(_), From::Any) => None,
            (Name::From(id), From::Sources(_, sources)) if sources.contains(id.as_str()) => None,
            (Name::From(id), From::Sources(..)) if self.index.outline.unread.edges || !self.index.has(id) => {
                None
            }
            (Name::From(id), From::Sources(node, _)) => {
                let fix =
                    format!("add an edge from `{id}` to `{node}`, or pass it on through the nodes between");
                Some((format!("`from.{id}` is not there: no edge leads from `{id}` to `{node}`"), fix))
            }
        }
    }

    fn unseen(&self, name: &str) -> String {
        match name {
            "item" => "`item` is seen only in the body of a map_over".to_owned(),
            "previous" => "`previous` is seen only in the body of a repeat".to_owned(),
            "index" => "`index` is seen only in the body of a loop".to_owned(),
            name => format!("`{name}` is not seen here"),
        }
    }

    fn instead_of(&self, name: &str) -> String {
        let seen = nearest::one_of(&self.plain);
        match nearest::nearest(name, self.plain.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use {seen}, or write a text in quotes; an id with a hyphen is from[\"an-id\"]"),
        }
    }

    fn instead_of_node(&self, id: &str) -> String {
        format!("{}; an id with a hyphen is from[\"an-id\"]", self.index.instead_of(id).trim_end_matches('?'))
    }
}
