//! Loops: every body belongs to one loop, and loops contain each other like boxes.

use super::index::Index;
use crate::domain::score::{ProblemCode, Score, problem::Collector};

pub(super) fn check(index: &mut Index<'_>, problems: &mut Collector) {
    let outline = index.outline;
    for (number, node) in outline.nodes.iter().enumerate().filter(|(_, node)| node.body.is_loop()) {
        if node.body.ids().is_empty() {
            let message = format!("the body of `{}` is empty", node.id);
            let fix = "name the nodes that the loop plays";
            problems.add(node.pointer("body"), ProblemCode::InvalidBody, message, fix);
        }
        for (step, id) in node.body.ids().iter().enumerate() {
            let pointer = node.pointer(&format!("body/{step}"));
            let Some(inner) = index.find(id, pointer.clone(), problems) else { continue };
            let refusal = match index.owner[inner] {
                _ if inner == number => Some("the body of a loop cannot name the loop itself".to_owned()),
                Some(owner) if owner == number => Some(format!("`{id}` is named twice in this body")),
                Some(owner) => {
                    Some(format!("`{id}` already belongs to the body of `{}`", index.node(owner).id))
                }
                None => None,
            };
            match refusal {
                Some(message) => {
                    problems.add(pointer, ProblemCode::InvalidBody, message, "remove it from this body");
                }
                None => index.owner[inner] = Some(number),
            }
        }
    }
    check_nesting(index, problems);
}

/// Walks from every node outwards once; breaks what contains itself, so that later checks end.
fn check_nesting(index: &mut Index<'_>, problems: &mut Collector) {
    let count = index.outline.nodes.len();
    let mut depth: Vec<Option<usize>> = vec![None; count];
    let mut walked = vec![usize::MAX; count]; // from which start a node was last walked over
    for start in 0..count {
        let (mut path, mut at) = (Vec::new(), Some(start));
        while let Some(node) = at.filter(|node| depth[*node].is_none()) {
            if walked[node] == start {
                report_circle(index, &path, node, problems);
                index.owner[node] = None;
                break;
            }
            walked[node] = start;
            path.push(node);
            at = index.owner[node];
        }
        for node in path.into_iter().rev() {
            let outer = index.owner[node].and_then(|owner| depth[owner]);
            let this = index.node(node);
            let here = outer.unwrap_or(0) + usize::from(this.body.is_loop());
            depth[node] = Some(here);
            if here == Score::MAX_LOOP_DEPTH + 1 && this.body.is_loop() {
                let most = Score::MAX_LOOP_DEPTH;
                let message = format!("`{}` is a loop within {most} others", this.id);
                let fix = format!("nest at most {most} loops");
                problems.add(format!("/nodes/{}", this.at), ProblemCode::LoopTooDeep, message, fix);
            }
        }
    }
}

fn report_circle(index: &Index<'_>, path: &[usize], start: usize, problems: &mut Collector) {
    let from = path.iter().position(|node| *node == start).unwrap_or(0);
    let mut names: Vec<&str> =
        path[from..].iter().take(20).map(|node| index.node(*node).id.as_str()).collect();
    let start = index.node(start);
    names.push(start.id.as_str());
    let message = format!("these loops contain each other: {}", names.join(" in "));
    let fix = "take one of them out of the other's body";
    problems.add(start.pointer("body"), ProblemCode::LoopCycle, message, fix);
}
