//! Frames: a graph is laid out frame by frame, the bodies of loops below the loops that play them.

use super::{
    Graph, Layout, WIDTH,
    columns::{What, columns},
};

/// Between two levels.
const APART: f64 = 50.0;
/// Around the graph, and within a frame.
const MARGIN: f64 = 18.0;
/// Between a row of nodes and the frames below.
const BELOW: f64 = 40.0;
/// A body within a body within a body: no score is deeper, and a draft may name itself.
const DEEPEST: usize = 12;

/// Lays out a whole graph.
pub(super) fn layout(graph: &Graph) -> Layout {
    let mut layout = Layout { at: vec![(0.0, 0.0); graph.nodes.len()], ..Layout::default() };
    let all = Block::of(graph, &graph.outermost(), 0);
    all.put(&mut layout, MARGIN, MARGIN);
    layout.width = all.width + 2.0 * MARGIN;
    layout.height = all.height + 2.0 * MARGIN;
    layout
}

/// One frame with everything in it, relative to its upper left corner.
struct Block {
    nodes: Vec<(usize, f64, f64)>,
    bends: Vec<(usize, f64, f64)>,
    inner: Vec<(usize, f64, f64, Self)>,
    width: f64,
    height: f64,
}

impl Block {
    fn of(graph: &Graph, members: &[usize], depth: usize) -> Self {
        let mut block = Self { nodes: vec![], bends: vec![], inner: vec![], width: 0.0, height: 0.0 };
        let mut bends = Vec::new();
        for item in columns(graph, members) {
            let x = item.level as f64 * (WIDTH + APART);
            match item.what {
                What::Node(node) => block.nodes.push((node, x, item.y)),
                What::Passage(edge) => bends.push((edge, item.level, x + WIDTH / 2.0, item.middle())),
            }
            block.width = block.width.max(x + WIDTH);
            block.height = block.height.max(item.y + item.height());
        }
        bends.sort_by_key(|(edge, level, ..)| (*edge, *level));
        block.bends = bends.into_iter().map(|(edge, _, x, y)| (edge, x, y)).collect();
        if depth < DEEPEST {
            block.put_bodies(graph, depth);
        }
        block
    }

    /// Places the bodies of loops below, each as near to its loop as others leave room.
    fn put_bodies(&mut self, graph: &Graph, depth: usize) {
        let mut loops: Vec<_> =
            self.nodes.iter().filter(|(node, ..)| !graph.nodes[*node].body.is_empty()).copied().collect();
        loops.sort_by(|one, two| one.1.total_cmp(&two.1).then(one.2.total_cmp(&two.2)));
        let mut y = self.height + BELOW;
        let (mut shelf_end, mut shelf_height) = (f64::MIN, 0.0_f64);
        for (node, x, _) in loops {
            let inner = Self::of(graph, &graph.nodes[node].body, depth + 1);
            let (width, height) = (inner.width + 2.0 * MARGIN, inner.height + 2.0 * MARGIN + 6.0);
            let left = (x + WIDTH / 2.0 - width / 2.0).max(0.0);
            if left < shelf_end {
                y += shelf_height + BELOW / 2.0;
                shelf_height = 0.0;
            }
            (shelf_end, shelf_height) = (left + width + MARGIN, shelf_height.max(height));
            self.width = self.width.max(left + width);
            self.height = self.height.max(y + height);
            self.inner.push((node, left, y, inner));
        }
    }

    fn put(&self, layout: &mut Layout, x: f64, y: f64) {
        for (node, dx, dy) in &self.nodes {
            layout.at[*node] = (x + dx, y + dy);
        }
        for (edge, dx, dy) in &self.bends {
            layout.bends.entry(*edge).or_default().push((x + dx, y + dy));
        }
        for (node, dx, dy, inner) in &self.inner {
            let frame = [x + dx, y + dy, inner.width + 2.0 * MARGIN, inner.height + 2.0 * MARGIN + 6.0];
            layout.frames.push((*node, frame));
            inner.put(layout, x + dx + MARGIN, y + dy + MARGIN + 6.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use maestro_core::domain::EdgeOn;

    use super::*;
    use crate::dashboard::{
        draw::graph::{GraphEdge, GraphNode, HEIGHT},
        words::Look,
    };

    fn graph(nodes: usize, edges: &[(usize, usize)], bodies: &[(usize, &[usize])]) -> Graph {
        let mut nodes: Vec<_> = (0..nodes)
            .map(|n| GraphNode {
                id: format!("n{n}"),
                label: format!("n{n}"),
                line: String::new(),
                look: Look::Deterministic,
                body: Vec::new(),
                rounds: String::new(),
            })
            .collect();
        bodies.iter().for_each(|(node, body)| nodes[*node].body = body.to_vec());
        let edge =
            |(from, to): &(usize, usize)| GraphEdge { from: *from, to: *to, on: EdgeOn::Success, when: None };
        Graph { nodes, edges: edges.iter().map(edge).collect() }
    }

    fn overlap(one: (f64, f64), two: (f64, f64)) -> bool {
        (one.0 - two.0).abs() < WIDTH && (one.1 - two.1).abs() < HEIGHT
    }

    #[test]
    fn edges_lead_to_the_right_and_nothing_lies_on_anything() {
        let graph = graph(
            9,
            &[(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4), (6, 7), (6, 8)],
            &[(1, &[5, 6, 7, 8])],
        );
        let layout = graph.layout();
        for edge in &graph.edges {
            assert!(layout.at[edge.from].0 < layout.at[edge.to].0, "{edge:?}");
        }
        for one in 0..9 {
            for two in 0..one {
                assert!(!overlap(layout.at[one], layout.at[two]), "{one} {two}: {:?}", layout.at);
            }
        }
        let (_, [x, y, width, height]) = layout.frames[0];
        for inside in 5..9 {
            let at = layout.at[inside];
            assert!(x < at.0 && at.0 + WIDTH < x + width && y < at.1 && at.1 + HEIGHT < y + height);
        }
    }

    #[test]
    fn drafts_with_cycles_and_bodies_that_name_themselves_are_drawn_all_the_same() {
        assert!(graph(3, &[(0, 1), (1, 2), (2, 0)], &[]).layout().width > 0.0);
        assert!(graph(2, &[], &[(0, &[1]), (1, &[1])]).layout().height > 0.0);
        assert!(graph(0, &[], &[]).layout().width > 0.0);
    }

    #[test]
    fn a_large_graph_is_laid_out_in_no_time() {
        let edges: Vec<_> = (0..1_999).flat_map(|n| [(n, n + 1), (0, n + 1)]).collect();
        let layout = graph(2_000, &edges, &[]).layout();
        assert_eq!(layout.at.len(), 2_000);
    }
}
