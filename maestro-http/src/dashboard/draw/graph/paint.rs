//! Painting a graph that is laid out.

use std::collections::BTreeMap;

use maestro_core::domain::EdgeOn;

use super::{Graph, GraphEdge, GraphNode, HEIGHT, Layout, WIDTH};
use crate::dashboard::{markup::Markup, words::Look};

/// What one drawing of a graph shows besides the graph.
#[derive(Default)]
pub(crate) struct Looks {
    /// The node that is looked at.
    pub(crate) selected: Option<String>,
    /// The states of nodes: the name of a glyph and words.
    pub(crate) states: BTreeMap<String, (&'static str, String)>,
    /// Nodes of which something is wrong.
    pub(crate) wrong: Vec<String>,
    /// What stands before and behind the id in the address of a node.
    pub(crate) href: (String, String),
    /// Whether states are shown: nodes without one have not begun.
    pub(crate) shows_states: bool,
}

/// Draws a graph.
pub(crate) fn paint(graph: &Graph, layout: &Layout, looks: &Looks, label: &str) -> Markup {
    let mut out = Markup::new();
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    out.raw(format_args!(
        r#"<svg class="graph" role="group" width="{width}" height="{height}" aria-label=""#
    ));
    out.text(label).raw(r#"">"#);
    for (node, [x, y, width, height]) in &layout.frames {
        frame(&mut out, graph, layout, *node, [*x, *y, *width, *height]);
    }
    for (number, edge) in graph.edges.iter().enumerate() {
        draw_edge(&mut out, layout, number, edge);
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        draw_node(&mut out, node, layout.at[number], looks);
    }
    out.raw("</svg>");
    out
}

fn frame(out: &mut Markup, graph: &Graph, layout: &Layout, node: usize, [x, y, width, height]: [f64; 4]) {
    let (parent_x, parent_y) = layout.at[node];
    let middle = (parent_x + WIDTH / 2.0).clamp(x + 12.0, x + width - 12.0);
    let bottom = parent_y + HEIGHT;
    out.raw(format_args!(r#"<path class="e b" d="M{middle:.0} {bottom:.0}V{y:.0}"/>"#));
    out.raw(format_args!(
        r#"<rect class="iter" x="{x:.0}" y="{y:.0}" width="{width:.0}" height="{height:.0}" rx="12"/>"#
    ));
    let (left, top) = (x + 14.0, y - 9.0);
    out.raw(format_args!(
        r#"<rect class="badge-bg" x="{left:.0}" y="{top:.0}" width="46" height="18" rx="9"/>"#
    ));
    let (text_x, text_y) = (left + 23.0, y + 3.5);
    out.raw(format_args!(
        r#"<text class="badge" x="{text_x:.0}" y="{text_y:.1}" text-anchor="middle">ITER</text>"#
    ));
    let (said_x, said_y) = (left + 54.0, y + 16.0);
    out.raw(format_args!(r#"<text x="{said_x:.0}" y="{said_y:.0}">"#))
        .text(&graph.nodes[node].rounds)
        .raw("</text>");
}

fn draw_edge(out: &mut Markup, layout: &Layout, number: usize, edge: &GraphEdge) {
    let (from, to) = (layout.at[edge.from], layout.at[edge.to]);
    let begin = (from.0 + WIDTH, from.1 + HEIGHT / 2.0);
    let end = (to.0 - 2.0, to.1 + HEIGHT / 2.0);
    let (class, marker) = match edge.on {
        EdgeOn::Success => ("e", "m-s"),
        EdgeOn::Failure => ("e f", "m-f"),
        EdgeOn::Always => ("e a", "m-a"),
    };
    let mut path = format!("M{:.0} {:.0}", begin.0, begin.1);
    let mut at = begin;
    let bends = layout.bends.get(&number).map(Vec::as_slice).unwrap_or_default();
    for bend in bends {
        // A passage is crossed on a level line, as wide as a node.
        path.push_str(&curve(at, (bend.0 - WIDTH / 2.0, bend.1)));
        path.push_str(&format!("H{:.0}", bend.0 + WIDTH / 2.0));
        at = (bend.0 + WIDTH / 2.0, bend.1);
    }
    path.push_str(&curve(at, end));
    out.raw(format_args!(r#"<path class="{class}" d="{path}" marker-end="url(#{marker})"/>"#));
    if let Some(when) = &edge.when {
        let (x, y) = (begin.0 + 12.0, begin.1);
        out.raw(format_args!(r#"<path class="when" d="m{:.0} {y:.0} 6-6 6 6-6 6z"><title>when "#, x - 6.0));
        out.text(when).raw("</title></path>");
    }
}

fn curve(from: (f64, f64), to: (f64, f64)) -> String {
    if (from.1 - to.1).abs() < 0.5 {
        return format!("H{:.0}", to.0);
    }
    let middle = (from.0 + to.0) / 2.0;
    format!("C{middle:.0} {:.0} {middle:.0} {:.0} {:.0} {:.0}", from.1, to.1, to.0, to.1)
}

fn draw_node(out: &mut Markup, node: &GraphNode, (x, y): (f64, f64), looks: &Looks) {
    let state = looks.states.get(&node.id);
    let (kind, radius) = match node.look {
        Look::Deterministic => ("d", 3.0),
        Look::Llm => ("l", 12.0),
        Look::Control => ("c", HEIGHT / 2.0),
    };
    let selected = if looks.selected.as_ref() == Some(&node.id) { " sel" } else { "" };
    let todo = if looks.shows_states && state.is_none() { " todo" } else { "" };
    out.raw(format_args!(r#"<a class="node {kind}{selected}{todo}" href=""#));
    out.text(&looks.href.0).text(&node.id).text(&looks.href.1).raw(r#"" aria-label=""#);
    out.text(&node.label).raw(", ").text(&node.line).raw(", ").raw(node.look.word());
    match state {
        Some((_, words)) => _ = out.raw(", ").text(words),
        None if looks.shows_states => _ = out.raw(", not begun"),
        None => {}
    }
    let is_wrong = looks.wrong.contains(&node.id);
    if is_wrong {
        out.raw(", has a problem");
    }
    out.raw(format_args!(
        r#""><rect class="box" x="{x:.0}" y="{y:.0}" width="{WIDTH}" height="{HEIGHT}" rx="{radius}"/>"#
    ));
    let inset = if node.look == Look::Control { 22.0 } else { 13.0 };
    let room = if state.is_some() { 14 } else { 17 } - if node.look == Look::Control { 2 } else { 0 };
    let (left, first, second) = (x + inset, y + 25.0, y + 41.0);
    out.raw("<title>").text(&node.label).raw("</title>");
    out.raw(format_args!(r#"<text class="t" x="{left:.0}" y="{first:.0}">"#))
        .text(cut(&node.label, room))
        .raw("</text>");
    out.raw(format_args!(r#"<text class="m" x="{left:.0}" y="{second:.0}">"#))
        .text(cut(&node.line, 18))
        .raw("</text>");
    if let Some((glyph, _)) = state {
        let (glyph_x, glyph_y) = (x + WIDTH - inset - 8.0, y + 13.0);
        out.raw(format_args!(
            r##"<svg class="st {glyph}" x="{glyph_x:.0}" y="{glyph_y:.0}" width="14" height="14"><use href="#s-{glyph}"/></svg>"##
        ));
    }
    if is_wrong {
        let (flag_x, flag_y) = (x + WIDTH - 6.0, y + 4.0);
        out.raw(format_args!(r#"<circle class="flag" cx="{flag_x:.0}" cy="{flag_y:.0}" r="8"/>"#));
        out.raw(format_args!(
            r#"<text class="flagtext" x="{flag_x:.0}" y="{:.0}" text-anchor="middle">!</text>"#,
            flag_y + 4.0
        ));
    }
    out.raw("</a>");
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
