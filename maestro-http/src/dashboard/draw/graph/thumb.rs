//! A graph as small as a thumbnail: enough to know a score again.

use super::{Graph, levels::levels};
use crate::dashboard::{markup::Markup, words::Look};

const MOST_LEVELS: usize = 8;
const ROWS: usize = 2;

/// Draws the first levels of a graph, two nodes of each.
pub(crate) fn thumb(graph: &Graph) -> Markup {
    let mut out = Markup::new();
    let members = graph.outermost();
    let levels = levels(graph, &members);
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for (node, level) in members.iter().zip(&levels) {
        if *level < MOST_LEVELS {
            columns.resize(columns.len().max(level + 1), Vec::new());
            columns[*level].push(*node);
            // A body stands in the column of its loop.
            columns[*level].extend(graph.nodes[*node].body.iter().take(1));
        }
    }
    out.raw(r#"<svg class="thumb" aria-hidden="true">"#);
    for (column, nodes) in columns.iter().enumerate() {
        let x = 2 + column * 44;
        for (row, node) in nodes.iter().take(ROWS).enumerate() {
            let y = 8 + row * 24;
            let (paint, radius) = match graph.nodes[*node].look {
                Look::Deterministic => (r#"class="det""#, 2),
                Look::Llm => (r#"class="llm-s" fill="url(#p-llm)""#, 5),
                Look::Control => (r#"class="ctl-s" fill="url(#p-ctl)""#, 8),
            };
            out.raw(format_args!(r#"<rect {paint} x="{x}" y="{y}" width="30" height="16" rx="{radius}"/>"#));
        }
        if column + 1 < columns.len() {
            let (from, to) = (x + 30, x + 44);
            out.raw(format_args!(r#"<path class="e" d="M{from} 16H{to}"/>"#));
        }
    }
    out.raw("</svg>");
    out
}
