//! Index: the nodes of a score by id, their loops and their edges, found in constant time.

use std::collections::HashMap;

use crate::domain::{
    NodeId,
    score::{ProblemCode, Score, nearest, problem::Collector},
};

/// What the checks look up. Nodes are known by their place in the score.
pub(super) struct Index<'s> {
    score: &'s Score,
    places: HashMap<&'s NodeId, usize>,
    /// The loop whose body a node stands in.
    pub(super) owner: Vec<Option<usize>>,
    /// The ends of every edge that has both: from, to, and the place of the edge.
    pub(super) edges: Vec<(usize, usize, usize)>,
    /// The nodes that have an edge into a node.
    pub(super) sources: Vec<Vec<usize>>,
}

impl<'s> Index<'s> {
    pub(super) fn new(score: &'s Score, problems: &mut Collector) -> Self {
        let mut places = HashMap::with_capacity(score.nodes.len());
        for (at, node) in score.nodes.iter().enumerate() {
            if places.insert(&node.id, at).is_some() {
                let message = format!("another node before has the id `{}`", node.id);
                let pointer = format!("/nodes/{at}/id");
                problems.add(pointer, ProblemCode::DuplicateId, message, "give every node its own id");
            }
        }
        let (owner, sources) = (vec![None; score.nodes.len()], vec![Vec::new(); score.nodes.len()]);
        Self { score, places, owner, edges: Vec::new(), sources }
    }

    pub(super) fn place(&self, id: &NodeId) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        NodeId::new(id).is_ok_and(|id| self.places.contains_key(&id))
    }

    /// Returns the place of a node, or reports that there is none.
    pub(super) fn find(&self, id: &NodeId, pointer: String, problems: &mut Collector) -> Option<usize> {
        let found = self.place(id);
        if found.is_none() {
            let message = format!("there is no node `{id}`");
            problems.add(pointer, ProblemCode::UnknownNode, message, self.instead_of(id.as_str()));
        }
        found
    }

    /// Returns what to write instead of an id that no node has.
    pub(super) fn instead_of(&self, id: &str) -> String {
        let few = self.score.nodes.iter().take(500).map(|node| node.id.as_str()); // bounded work
        match nearest::nearest(id, few) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add a node `{id}`, or name one that there is"),
        }
    }
}
