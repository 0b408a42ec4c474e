//! Index: the nodes of a score by id, their loops and their edges, found in constant time.

use std::collections::HashMap;

use crate::domain::{
    NodeId,
    score::{
        ProblemCode, nearest,
        outline::{Outline, OutlineNode},
        problem::Collector,
    },
};

/// What the checks look up. Nodes are known by their numbers in the outline.
pub(super) struct Index<'s> {
    pub(super) outline: &'s Outline<'s>,
    numbers: HashMap<&'s NodeId, usize>,
    /// The loop whose body a node stands in.
    pub(super) owner: Vec<Option<usize>>,
    /// The ends of every edge that has both: from, to, and the place of the edge in the document.
    pub(super) edges: Vec<(usize, usize, usize)>,
    /// The nodes that have an edge into a node.
    pub(super) sources: Vec<Vec<usize>>,
}

impl<'s> Index<'s> {
    pub(super) fn new(outline: &'s Outline<'s>, problems: &mut Collector) -> Self {
        let count = outline.nodes.len();
        let mut numbers = HashMap::with_capacity(count);
        for (number, node) in outline.nodes.iter().enumerate() {
            if numbers.insert(node.id, number).is_some() {
                let message = format!("another node before has the id `{}`", node.id);
                let fix = "give every node its own id";
                problems.add(node.pointer("id"), ProblemCode::DuplicateId, message, fix);
            }
        }
        let (owner, sources) = (vec![None; count], vec![Vec::new(); count]);
        Self { outline, numbers, owner, edges: Vec::new(), sources }
    }

    pub(super) fn node(&self, number: usize) -> &'s OutlineNode<'s> {
        &self.outline.nodes[number]
    }

    pub(super) fn number(&self, id: &NodeId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Tells whether a node has this id, or may have it because there is one whose id could not be read.
    pub(super) fn may_have(&self, id: &str) -> bool {
        self.outline.unread.ids || self.has(id)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        NodeId::new(id).is_ok_and(|id| self.numbers.contains_key(&id))
    }

    /// Returns the number of a node, or reports that there is none.
    pub(super) fn find(&self, id: &NodeId, pointer: String, problems: &mut Collector) -> Option<usize> {
        let found = self.number(id);
        if found.is_none() && !self.outline.unread.ids {
            let message = format!("there is no node `{id}`");
            problems.add(pointer, ProblemCode::UnknownNode, message, self.instead_of(id.as_str()));
        }
        found
    }

    /// Returns what to write instead of an id that no node has.
    pub(super) fn instead_of(&self, id: &str) -> String {
        let few = self.outline.nodes.iter().take(500).map(|node| node.id.as_str()); // bounded work
        match nearest::nearest(id, few) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add a node `{id}`, or name one that there is"),
        }
    }
}
