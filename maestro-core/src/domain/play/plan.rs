//! Plans: a score prepared for playing, with numbers in place of names.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::super::{Edge, JsonSchema, Node, NodeId, NodeKind, Score};

/// A score prepared for playing. Made once per version, shared by all runs of it.
#[derive(Debug)]
pub struct Plan {
    score: Arc<Score>,
    numbers: HashMap<NodeId, usize>,
    nodes: Vec<PlanNode>,
    edges: Vec<PlanEdge>,
    /// The numbers of edges, those to one node side by side, each group in the order of the score.
    incoming: Vec<usize>,
    /// The same for those from one node.
    outgoing: Vec<usize>,
    scopes: Vec<PlanScope>,
    /// What the answers of LLM nodes must look like, by the numbers of the nodes.
    answers: HashMap<usize, JsonSchema>,
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
    /// The scope of its body, for a loop.
    pub(super) body: Option<usize>,
    incoming: Range<usize>,
    outgoing: Range<usize>,
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
    /// The numbers of its nodes, never none.
    pub(super) members: Vec<usize>,
    /// How many edges it has.
    pub(super) edges: usize,
    /// Which of its members no edge leads to, and which no edge leaves.
    pub(super) roots: Vec<usize>,
    pub(super) sinks: Vec<usize>,
}

impl Plan {
    /// Prepares `score`.
    ///
    /// # Errors
    /// [`PlanError`] when the graph makes no sense, such as an edge to nowhere, a circle or an empty body.
    pub fn new(score: Arc<Score>) -> Result<Self, PlanError> {
        let refuse = |reason: String| PlanError { score: score.id.to_string(), reason };
        let mut numbers = HashMap::with_capacity(score.nodes.len());
        for (ix, node) in score.nodes.iter().enumerate() {
            if numbers.insert(node.id.clone(), ix).is_some() {
                return Err(refuse(format!("two nodes are named {}", node.id)));
            }
        }
        let mut plan = Self {
            nodes: score.nodes.iter().map(|_| PlanNode::default()).collect(),
            edges: Vec::with_capacity(score.edges.len()),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            scopes: Vec::new(),
            answers: answers_of(&score).map_err(refuse)?,
            score: Arc::clone(&score),
            numbers,
        };
        plan.place_nodes().and_then(|()| plan.place_edges()).map_err(refuse)?;
        plan.group_edges();
        match plan.is_acyclic() {
            true => Ok(plan),
            false => Err(refuse("it goes in a circle".to_owned())),
        }
    }

    /// Returns what the answer of an LLM node must look like, where it says so.
    pub(super) fn answer_schema(&self, node: usize) -> Option<&JsonSchema> {
        self.answers.get(&node)
    }

    /// Returns the score.
    pub fn score(&self) -> &Arc<Score> {
        &self.score
    }

    /// Returns the number of the node with this id.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.numbers.get(&NodeId::new(id).ok()?).copied()
    }

    pub(super) fn node(&self, node: usize) -> &Node {
        &self.score.nodes[node]
    }

    pub(super) fn edge(&self, edge: usize) -> &Edge {
        &self.score.edges[edge]
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

    /// Returns the edges to a node, in the order of the score.
    pub(super) fn incoming(&self, node: usize) -> &[usize] {
        &self.incoming[self.nodes[node].incoming.clone()]
    }

    /// Returns the edges from a node, in the order of the score.
    pub(super) fn outgoing(&self, node: usize) -> &[usize] {
        &self.outgoing[self.nodes[node].outgoing.clone()]
    }

    fn number_of(&self, id: &NodeId) -> Result<usize, String> {
        self.numbers.get(id).copied().ok_or_else(|| format!("there is no node {id}"))
    }

    /// Puts every node into its scope: the body of a loop, or else the run itself.
    fn place_nodes(&mut self) -> Result<(), String> {
        let score = Arc::clone(&self.score);
        let mut placed = vec![false; self.nodes.len()];
        self.scopes.push(PlanScope::default());
        for (ix, node) in score.nodes.iter().enumerate().filter(|(_, node)| node.kind.is_loop()) {
            let scope = self.scopes.len();
            self.scopes.push(PlanScope::default());
            self.nodes[ix].body = Some(scope);
            for id in node.kind.body() {
                let member = self.number_of(id)?;
                if std::mem::replace(&mut placed[member], true) || member == ix {
                    return Err(format!("node {id} stands in two places"));
                }
                self.place_node(member, scope);
            }
            if self.scopes[scope].members.is_empty() {
                return Err(format!("the body of {} is empty", node.id));
            }
        }
        for ix in (0..self.nodes.len()).filter(|ix| !placed[*ix]) {
            self.place_node(ix, 0);
        }
        match self.scopes[0].members.is_empty() {
            true => Err("no node stands outside of loops".to_owned()),
            false => Ok(()),
        }
    }

    fn place_node(&mut self, node: usize, scope: usize) {
        let members = &mut self.scopes[scope].members;
        (self.nodes[node].scope, self.nodes[node].local) = (scope, members.len());
        members.push(node);
    }

    fn place_edges(&mut self) -> Result<(), String> {
        let score = Arc::clone(&self.score);
        for edge in &score.edges {
            let (from, to) = (self.number_of(&edge.from)?, self.number_of(&edge.to)?);
            let scope = self.nodes[from].scope;
            if scope != self.nodes[to].scope {
                return Err(format!("the edge {} → {} crosses the border of a loop", edge.from, edge.to));
            }
            self.edges.push(PlanEdge { from, to, local: self.scopes[scope].edges });
            self.scopes[scope].edges += 1;
        }
        Ok(())
    }

    fn group_edges(&mut self) {
        let (mut incoming, mut outgoing) =
            (vec![Vec::new(); self.nodes.len()], vec![Vec::new(); self.nodes.len()]);
        for (ix, edge) in self.edges.iter().enumerate() {
            incoming[edge.to].push(ix);
            outgoing[edge.from].push(ix);
        }
        for (node, (incoming, outgoing)) in self.nodes.iter_mut().zip(incoming.into_iter().zip(outgoing)) {
            let scope = &mut self.scopes[node.scope];
            scope.roots.extend(incoming.is_empty().then_some(node.local));
            scope.sinks.extend(outgoing.is_empty().then_some(node.local));
            node.incoming = append(&mut self.incoming, incoming);
            node.outgoing = append(&mut self.outgoing, outgoing);
        }
        for scope in &mut self.scopes {
            scope.roots.sort_unstable(); // the order of the body, where that is not the order of the score
            scope.sinks.sort_unstable();
        }
    }

    /// Counts how many nodes can be reached by following edges and bodies in order: all, unless there is a circle.
    fn is_acyclic(&self) -> bool {
        let mut missing: Vec<usize> = self.nodes.iter().map(|node| node.incoming.len()).collect();
        let roots = |scope: usize| {
            let scope = &self.scopes[scope];
            scope.roots.iter().map(|local| scope.members[*local])
        };
        let mut open: Vec<usize> = roots(0).collect();
        let mut reached = 0;
        while let Some(ix) = open.pop() {
            reached += 1;
            for edge in self.outgoing(ix) {
                let to = self.edges[*edge].to;
                missing[to] -= 1;
                if missing[to] == 0 {
                    open.push(to);
                }
            }
            if let Some(body) = self.nodes[ix].body {
                open.extend(roots(body));
            }
        }
        reached == self.nodes.len()
    }
}

/// Compiles what the answers of LLM nodes must look like.
fn answers_of(score: &Score) -> Result<HashMap<usize, JsonSchema>, String> {
    let mut answers = HashMap::new();
    for (ix, node) in score.nodes.iter().enumerate() {
        if let NodeKind::Llm { output_schema: Some(schema), .. } = &node.kind {
            let schema = JsonSchema::compile(schema).map_err(|error| format!("node {}: {error}", node.id))?;
            answers.insert(ix, schema);
        }
    }
    Ok(answers)
}

fn append(all: &mut Vec<usize>, group: Vec<usize>) -> Range<usize> {
    let from = all.len();
    all.extend(group);
    from..all.len()
}
