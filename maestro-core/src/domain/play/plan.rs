//! Plans: a score prepared for playing, with numbers in place of names.

use std::{collections::HashMap, sync::Arc};

use super::super::{Edge, Node, NodeId, Score};

/// A score prepared for playing. Made once per version, shared by all runs of it.
#[derive(Debug)]
pub struct Plan {
    score: Arc<Score>,
    numbers: HashMap<NodeId, usize>,
    nodes: Vec<PlanNode>,
    edges: Vec<PlanEdge>,
    scopes: Vec<PlanScope>,
}

/// Why a score cannot be played. A validated score never gives one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the score {score} cannot be played: {reason}; validate it")]
pub struct PlanError {
    score: String,
    reason: String,
}

/// A node with its place in the graph.
#[derive(Debug, Default)]
pub(super) struct PlanNode {
    /// The scope that it stands in, and its number there.
    pub(super) scope: usize,
    pub(super) local: usize,
    /// Edges to and from it, in the order of the score.
    pub(super) incoming: Vec<usize>,
    pub(super) outgoing: Vec<usize>,
    /// The scope of its body, for a loop.
    pub(super) body: Option<usize>,
}

/// An edge with its place in the scope.
#[derive(Debug)]
pub(super) struct PlanEdge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Its number among the edges of its scope.
    pub(super) local: usize,
}

/// The nodes that are played together: those of the run itself, or those of a loop's body.
#[derive(Debug, Default)]
pub(super) struct PlanScope {
    pub(super) members: Vec<usize>,
    pub(super) edges: usize,
}

impl Plan {
    /// Prepares `score`.
    ///
    /// # Errors
    /// [`PlanError`] when the graph makes no sense, such as an edge to nowhere or a cycle.
    pub fn new(score: Arc<Score>) -> Result<Self, PlanError> {
        let refuse = |reason: String| PlanError { score: score.id.to_string(), reason };
        let mut numbers = HashMap::with_capacity(score.nodes.len());
        for (ix, node) in score.nodes.iter().enumerate() {
            if numbers.insert(node.id.clone(), ix).is_some() {
                return Err(refuse(format!("two nodes are named {}", node.id)));
            }
        }
        let find = |id: &NodeId| numbers.get(id).copied().ok_or_else(|| refuse(format!("no node {id}")));

        let mut nodes: Vec<PlanNode> = score.nodes.iter().map(|_| PlanNode::default()).collect();
        let mut scopes = vec![PlanScope::default()];
        let mut placed = vec![false; nodes.len()];
        for (ix, node) in score.nodes.iter().enumerate().filter(|(_, node)| node.kind.is_loop()) {
            nodes[ix].body = Some(scopes.len());
            let mut body = PlanScope::default();
            for id in node.kind.body() {
                let member = find(id)?;
                if std::mem::replace(&mut placed[member], true) || member == ix {
                    return Err(refuse(format!("node {id} stands in two places")));
                }
                (nodes[member].scope, nodes[member].local) = (scopes.len(), body.members.len());
                body.members.push(member);
            }
            scopes.push(body);
        }
        for ix in (0..nodes.len()).filter(|ix| !placed[*ix]) {
            (nodes[ix].scope, nodes[ix].local) = (0, scopes[0].members.len());
            scopes[0].members.push(ix);
        }

        let mut edges = Vec::with_capacity(score.edges.len());
        for edge in &score.edges {
            let (from, to) = (find(&edge.from)?, find(&edge.to)?);
            let scope = nodes[from].scope;
            if scope != nodes[to].scope {
                return Err(refuse(format!(
                    "the edge {} → {} crosses the border of a loop",
                    edge.from, edge.to
                )));
            }
            nodes[from].outgoing.push(edges.len());
            nodes[to].incoming.push(edges.len());
            edges.push(PlanEdge { from, to, local: scopes[scope].edges });
            scopes[scope].edges += 1;
        }

        let plan = Self { nodes, edges, scopes, score: Arc::clone(&score), numbers };
        match plan.is_acyclic() {
            true => Ok(plan),
            false => Err(refuse("it goes in a circle".to_owned())),
        }
    }

    /// Returns the score.
    pub fn score(&self) -> &Arc<Score> {
        &self.score
    }

    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.numbers.get(&NodeId::new(id).ok()?).copied()
    }

    pub(super) fn node(&self, ix: usize) -> &Node {
        &self.score.nodes[ix]
    }

    pub(super) fn edge(&self, ix: usize) -> &Edge {
        &self.score.edges[ix]
    }

    pub(super) fn place(&self, node: usize) -> &PlanNode {
        &self.nodes[node]
    }

    pub(super) fn link(&self, edge: usize) -> &PlanEdge {
        &self.edges[edge]
    }

    pub(super) fn scope(&self, scope: usize) -> &PlanScope {
        &self.scopes[scope]
    }

    /// Counts how many nodes can be reached by following edges and bodies in order: all, unless there is a circle.
    fn is_acyclic(&self) -> bool {
        let mut missing: Vec<usize> = self.nodes.iter().map(|node| node.incoming.len()).collect();
        let mut open: Vec<usize> =
            self.scopes[0].members.iter().copied().filter(|ix| missing[*ix] == 0).collect();
        let mut reached = 0;
        while let Some(ix) = open.pop() {
            reached += 1;
            for edge in &self.nodes[ix].outgoing {
                let to = self.edges[*edge].to;
                missing[to] -= 1;
                if missing[to] == 0 {
                    open.push(to);
                }
            }
            if let Some(body) = self.nodes[ix].body {
                open.extend(self.scopes[body].members.iter().copied().filter(|ix| missing[*ix] == 0));
            }
        }
        reached == self.nodes.len()
    }
}
