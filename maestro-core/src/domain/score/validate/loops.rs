//! Loops: every body belongs to one loop, and loops contain each other like boxes.

use super::index::Index;
use crate::domain::score::{ProblemCode, Score, problem::Collector};

pub(super) fn check(score: &Score, index: &mut Index<'_>, problems: &mut Collector) {
    for (at, node) in score.nodes.iter().enumerate().filter(|(_, node)| node.kind.is_loop()) {
        if node.kind.body().is_empty() {
            let message = format!("the body of `{}` is empty", node.id);
            let pointer = format!("/nodes/{at}/body");
            problems.add(pointer, ProblemCode::InvalidBody, message, "name the nodes that the loop plays");
        }
        for (step, id) in node.kind.body().iter().enumerate() {
            let pointer = format!("/nodes/{at}/body/{step}");
            let Some(inner) = index.find(id, pointer.clone(), problems) else { continue };
            let refusal = match index.owner[inner] {
                _ if inner == at => Some("the body of a loop cannot name the loop itself".to_owned()),
                Some(owner) if owner == at => Some(format!("`{id}` is named twice in this body")),
                Some(owner) => {
                    Some(format!("`{id}` already belongs to the body of `{}`", score.nodes[owner].id))
                }
                None => None,
            };
            match refusal {
                Some(message) => {
                    problems.add(pointer, ProblemCode::InvalidBody, message, "remove it from this body");
                }
                None => index.owner[inner] = Some(at),
            }
        }
    }
    check_nesting(score, index, problems);
}

/// Walks from every node outwards once; breaks what contains itself, so that later checks end.
fn check_nesting(score: &Score, index: &mut Index<'_>, problems: &mut Collector) {
    let mut depth: Vec<Option<usize>> = vec![None; score.nodes.len()];
    let mut walked = vec![usize::MAX; score.nodes.len()]; // from which start a node was last walked over
    for start in 0..score.nodes.len() {
        let (mut path, mut at) = (Vec::new(), Some(start));
        while let Some(node) = at.filter(|node| depth[*node].is_none()) {
            if walked[node] == start {
                report_circle(score, &path, node, problems);
                index.owner[node] = None;
                break;
            }
            walked[node] = start;
            path.push(node);
            at = index.owner[node];
        }
        for node in path.into_iter().rev() {
            let outer = index.owner[node].and_then(|owner| depth[owner]);
            let here = outer.unwrap_or(0) + usize::from(score.nodes[node].kind.is_loop());
            depth[node] = Some(here);
            if here == Score::MAX_LOOP_DEPTH + 1 && score.nodes[node].kind.is_loop() {
                let most = Score::MAX_LOOP_DEPTH;
                let message = format!("`{}` is a loop within {most} others", score.nodes[node].id);
                let fix = format!("nest at most {most} loops");
                problems.add(format!("/nodes/{node}"), ProblemCode::LoopTooDeep, message, fix);
            }
        }
    }
}

fn report_circle(score: &Score, path: &[usize], start: usize, problems: &mut Collector) {
    let from = path.iter().position(|node| *node == start).unwrap_or(0);
    let mut names: Vec<&str> =
        path[from..].iter().take(20).map(|node| score.nodes[*node].id.as_str()).collect();
    names.push(score.nodes[start].id.as_str());
    let message = format!("these loops contain each other: {}", names.join(" in "));
    let pointer = format!("/nodes/{start}/body");
    problems.add(pointer, ProblemCode::LoopCycle, message, "take one of them out of the other's body");
}
