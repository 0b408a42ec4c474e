//! Graphs of scores: ranks from left to right, bodies of loops in frames below, drawn the same way every time.

mod columns;
mod frames;
mod levels;
mod paint;
mod thumb;

use std::collections::{BTreeMap, BTreeSet};

use maestro_core::domain::{EdgeOn, NodeKind, Score};

pub(crate) use self::paint::{Looks, paint};
pub(crate) use self::thumb::thumb;
use crate::dashboard::words::{self, Look};

/// The width and height of a node, in pixels.
pub(super) const WIDTH: f64 = 150.0;
pub(super) const HEIGHT: f64 = 56.0;

/// A graph, by numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<GraphNode>,
    pub(crate) edges: Vec<GraphEdge>,
}

/// A node as it is drawn.
#[derive(Clone, Debug)]
pub(crate) struct GraphNode {
    pub(crate) id: String,
    pub(crate) label: String,
    /// What it does, in a line.
    pub(crate) line: String,
    pub(crate) look: Look,
    /// The nodes of its body.
    pub(crate) body: Vec<usize>,
    /// What is said of its body, where it is a loop.
    pub(crate) rounds: String,
}

/// An edge between two nodes.
#[derive(Clone, Debug)]
pub(crate) struct GraphEdge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) on: EdgeOn,
    /// The condition.
    pub(crate) when: Option<String>,
}

/// Where everything stands, in pixels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// The upper left corner of each node.
    pub(super) at: Vec<(f64, f64)>,
    /// The places between nodes that long edges pass, by edge.
    pub(super) bends: BTreeMap<usize, Vec<(f64, f64)>>,
    /// The frames of bodies: the loop, then x, y, width, height.
    pub(super) frames: Vec<(usize, [f64; 4])>,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Graph {
    /// Returns the graph of a score.
    pub(crate) fn of(score: &Score) -> Self {
        let numbers: BTreeMap<&str, usize> =
            score.nodes.iter().enumerate().map(|(number, node)| (node.id.as_str(), number)).collect();
        let number = |id: &str| numbers.get(id).copied();
        let nodes = score.nodes.iter().map(|node| GraphNode {
            id: node.id.to_string(),
            label: node.label.clone().unwrap_or_else(|| node.id.to_string()),
            line: words::kind_of_node(&node.kind),
            look: Look::of_node(&node.kind),
            body: node.kind.body().iter().filter_map(|id| number(id.as_str())).collect(),
            rounds: rounds_of(&node.kind),
        });
        let nodes: Vec<_> = nodes.collect();
        let edges = score.edges.iter().filter_map(|edge| {
            let when = edge.when.as_ref().map(|when| when.source().to_owned());
            Some(GraphEdge {
                from: number(edge.from.as_str())?,
                to: number(edge.to.as_str())?,
                on: edge.on,
                when,
            })
        });
        Self { edges: edges.collect(), nodes }
    }

    /// Finds a place for everything.
    pub(crate) fn layout(&self) -> Layout {
        frames::layout(self)
    }

    /// Returns the nodes that lie in no body.
    pub(super) fn outermost(&self) -> Vec<usize> {
        let inside: BTreeSet<usize> = self.nodes.iter().flat_map(|node| node.body.iter().copied()).collect();
        (0..self.nodes.len()).filter(|node| !inside.contains(node)).collect()
    }

    /// Returns the part of at most `most` nodes that lies nearest to a node, or to the first one.
    pub(crate) fn around(&self, id: Option<&str>, most: usize) -> Self {
        let first = id.and_then(|id| self.nodes.iter().position(|node| node.id == id)).unwrap_or(0);
        let mut near = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            near[edge.from].push(edge.to);
            near[edge.to].push(edge.from);
        }
        for (number, node) in self.nodes.iter().enumerate() {
            node.body.iter().for_each(|inside| {
                near[number].push(*inside);
                near[*inside].push(number);
            });
        }
        let (mut kept, mut next) = (BTreeSet::new(), std::collections::VecDeque::from([first]));
        while let Some(node) = next.pop_front().filter(|_| kept.len() < most) {
            if node < self.nodes.len() && kept.insert(node) {
                next.extend(near[node].iter().copied());
            }
        }
        let number: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        let node = |old: &usize| {
            let node = self.nodes[*old].clone();
            GraphNode {
                body: node.body.iter().filter_map(|inside| number.get(inside).copied()).collect(),
                ..node
            }
        };
        let edge = |edge: &GraphEdge| {
            Some(GraphEdge { from: *number.get(&edge.from)?, to: *number.get(&edge.to)?, ..edge.clone() })
        };
        Self { nodes: kept.iter().map(node).collect(), edges: self.edges.iter().filter_map(edge).collect() }
    }

    /// Returns how many nodes have a look.
    pub(crate) fn count(&self, look: Look) -> usize {
        self.nodes.iter().filter(|node| node.look == look).count()
    }
}

fn rounds_of(kind: &NodeKind) -> String {
    match kind {
        NodeKind::MapOver { max_concurrency, .. } => format!("each item, {max_concurrency} at once"),
        NodeKind::Repeat { max_iterations, .. } => format!("at most {max_iterations} times"),
        _ => String::new(),
    }
}
