//! The graph: edges that lead somewhere, and never in a circle.

use std::collections::HashSet;

use super::index::Index;
use crate::domain::score::{Edge, EdgeOn, OnError, ProblemCode, problem::Collector};

/// How many circles are reported.
const MAX_CYCLES: usize = 10;
/// How many nodes of a circle are named.
const MAX_NAMED: usize = 20;

pub(super) fn check(index: &mut Index<'_>, problems: &mut Collector) {
    check_edges(index, problems);
    find_cycles(index, problems);
}

fn check_edges(index: &mut Index<'_>, problems: &mut Collector) {
    let outline = index.outline;
    let mut seen = HashSet::with_capacity(outline.edges.len());
    for (at, edge) in &outline.edges {
        let pointer = format!("/edges/{at}");
        let from = index.find(&edge.from, format!("{pointer}/from"), problems);
        let to = index.find(&edge.to, format!("{pointer}/to"), problems);
        let (Some(from), Some(to)) = (from, to) else { continue };
        if from == to {
            let message = format!("the edge leads from `{}` to itself", edge.from);
            let fix = "remove it; to play a node again use repeat";
            problems.add(pointer, ProblemCode::SelfEdge, message, fix);
            continue;
        }
        if !seen.insert((from, to, edge.on)) {
            let message =
                format!("another edge before leads from `{}` to `{}` on {}", edge.from, edge.to, edge.on);
            let fix = "remove one of them; conditions can be joined with `or`";
            problems.add(&pointer, ProblemCode::DuplicateEdge, message, fix);
        }
        check_edge(index, edge, (from, to), &pointer, problems);
        index.edges.push((from, to, *at));
        index.sources[to].push(from);
    }
}

/// Checks what an edge joins.
fn check_edge(
    index: &Index<'_>,
    edge: &Edge,
    (from, to): (usize, usize),
    pointer: &str,
    problems: &mut Collector,
) {
    if index.owner[from] != index.owner[to] {
        let place = |node: usize| match index.owner[node] {
            Some(owner) => format!("in the body of `{}`", index.node(owner).id),
            None => "in no loop".to_owned(),
        };
        let message = format!("`{}` is {}, but `{}` is {}", edge.from, place(from), edge.to, place(to));
        let fix = "let edges join nodes of one body; what goes in and out of a loop goes through its node";
        problems.add(pointer, ProblemCode::CrossesLoop, message, fix);
    }
    let continues = index.node(from).node.is_some_and(|node| node.on_error == OnError::Continue);
    if edge.on == EdgeOn::Failure && continues {
        let message = format!("`{}` continues on errors, so its failure edge is never taken", edge.from);
        let fix = "remove the edge, or the `on_error` of the node";
        problems.add(pointer, ProblemCode::Conflict, message, fix);
    }
}

/// Walks over the graph depth first, without recursion; every edge back onto the path closes a circle.
fn find_cycles(index: &Index<'_>, problems: &mut Collector) {
    let count = index.outline.nodes.len();
    let mut out: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    for (from, to, edge) in &index.edges {
        out[*from].push((*to, *edge));
    }
    let mut state = vec![State::New; count];
    let mut found = 0;
    for root in 0..count {
        let mut path: Vec<(usize, usize)> = Vec::new(); // a node, and how many of its edges are done
        if state[root] == State::New {
            state[root] = State::OnPath;
            path.push((root, 0));
        }
        while let Some((node, done)) = path.last_mut() {
            let Some((to, edge)) = out[*node].get(*done).copied() else {
                state[*node] = State::Done;
                path.pop();
                continue;
            };
            *done += 1;
            match state[to] {
                State::New => {
                    state[to] = State::OnPath;
                    path.push((to, 0));
                }
                State::OnPath => {
                    found += 1;
                    if found <= MAX_CYCLES {
                        report(index, &path, to, edge, problems);
                    }
                }
                State::Done => {}
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    OnPath,
    Done,
}

fn report(index: &Index<'_>, path: &[(usize, usize)], start: usize, edge: usize, problems: &mut Collector) {
    let from = path.iter().rposition(|(node, _)| *node == start).unwrap_or(0);
    let circle = &path[from..];
    let mut names: Vec<&str> =
        circle.iter().take(MAX_NAMED).map(|(node, _)| index.node(*node).id.as_str()).collect();
    if circle.len() > MAX_NAMED {
        names.push("…");
    }
    names.push(index.node(start).id.as_str());
    let message = format!("the edges lead in a circle: {}", names.join(" → "));
    let fix = "remove one of these edges; to play nodes again use repeat";
    problems.add(format!("/edges/{edge}"), ProblemCode::Cycle, message, fix);
}
