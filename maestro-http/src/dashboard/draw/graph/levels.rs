//! Levels: how far to the right a node stands. Every edge leads to the right.

use super::Graph;

/// Returns the level of each of `members`, by the longest way to it. In a draft with a cycle, what lies on it stands at 0.
pub(super) fn levels(graph: &Graph, members: &[usize]) -> Vec<usize> {
    let mut place = vec![usize::MAX; graph.nodes.len()];
    members.iter().enumerate().for_each(|(at, node)| place[*node] = at);
    let inner = graph.edges.iter().map(|edge| (place[edge.from], place[edge.to]));
    let inner: Vec<_> = inner.filter(|(from, to)| *from != usize::MAX && *to != usize::MAX).collect();
    let (mut next, mut waits) = (vec![Vec::new(); members.len()], vec![0_usize; members.len()]);
    for (from, to) in &inner {
        next[*from].push(*to);
        waits[*to] += 1;
    }
    let mut levels = vec![0; members.len()];
    let mut ready: Vec<usize> = (0..members.len()).filter(|node| waits[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for to in &next[node] {
            levels[*to] = levels[*to].max(levels[node] + 1);
            waits[*to] -= 1;
            if waits[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    levels
}
