//! Rows of the waterfall: nodes in the order in which they began, with what lies within loops and LLM nodes.

use std::collections::{BTreeMap, BTreeSet};

use maestro_core::{
    domain::{Run, RunStep, Score, StepKind, StepStatus, Totals},
    ports::store::StepQuery,
};

use super::notes::{note_of, note_of_parts};
use crate::{
    dashboard::{
        draw::{Waterfall, WaterfallRow},
        markup::Markup,
        read,
        visit::Visit,
        words::{self, Look},
    },
    problem::Problem,
};

/// So many steps within one node are read at once; of more, single iterations are.
pub(super) const MOST_PARTS: usize = 2_000;
/// So many iterations are shown at a time.
const ITERATIONS: u32 = 50;
/// So many rows of failures are shown before all others.
const FAILURES: usize = 20;
/// So many rows with parts are read at a time.
const PAGE: u32 = 200;
/// Values of so many bytes are read for the parts of one node, no more.
const MOST_BYTES: usize = 8 << 20;

/// What it takes to draw the rows of a run.
pub(super) struct Rows<'a> {
    pub(super) visit: &'a Visit,
    pub(super) run: &'a Run,
    pub(super) waterfall: &'a Waterfall,
    pub(super) selected: Option<&'a (String, u32)>,
    /// The loop of which iterations from some number on are asked for.
    pub(super) within: Option<(&'a str, u32)>,
}

/// Steps within a node.
struct Parts {
    steps: Vec<RunStep>,
    /// Whether there are more than were read.
    is_cut: bool,
}

impl Rows<'_> {
    /// Draws all rows; nodes that have not begun stand last, in the order of the score.
    pub(super) async fn draw(
        &self,
        steps: &[RunStep],
        score: Option<&Score>,
    ) -> Result<Vec<Markup>, Problem> {
        let mut rows = Vec::new();
        for tries in grouped(steps) {
            let Some(last) = tries.last() else { continue };
            let parts = match has_parts(last.kind) {
                true => Some(self.read_parts(last.key.as_str(), last.kind).await?),
                false => None,
            };
            rows.push(self.row(name_of(last, ""), tries, parts.as_ref()));
        }
        if let Some(score) = score.filter(|_| !self.run.status.is_final()) {
            let begun: BTreeSet<&str> = steps.iter().map(|step| step.key.as_str()).collect();
            let inside: BTreeSet<&str> =
                score.nodes.iter().flat_map(|node| node.kind.body()).map(|id| id.as_str()).collect();
            let waits = |id: &str| !begun.contains(id) && !inside.contains(id);
            let waiting = score.nodes.iter().filter(|node| waits(node.id.as_str()));
            rows.extend(waiting.map(|node| {
                let line = words::kind_of_node(&node.kind);
                self.waterfall.not_begun(node.id.as_str(), Look::of_node(&node.kind), &line)
            }));
        }
        Ok(rows)
    }

    fn row(&self, name: String, tries: Vec<&RunStep>, parts: Option<&Parts>) -> Markup {
        let Some(last) = tries.last().copied() else { return Markup::new() };
        let key = last.key.as_str();
        let (drawn, note, totals, failed) = match parts {
            Some(parts) => self.parts(last, parts),
            None => (Markup::new(), note_of(last, tries.len()), Totals::default(), 0),
        };
        let holds_selected = self.selected.is_some_and(|(selected, _)| {
            selected.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
        });
        let is_asked = self.within.is_some_and(|(within, _)| within == key);
        self.waterfall.row(&WaterfallRow {
            name,
            note,
            tries,
            parts: drawn,
            parts_open: holds_selected || is_asked,
            totals,
            is_handled: failed > 0,
        })
    }

    /// Reads what lies within a node: everything where that is not too much, else some iterations.
    async fn read_parts(&self, key: &str, kind: StepKind) -> Result<Parts, Problem> {
        let (steps, is_cut) = self.read_prefix(&format!("{key}."), MOST_PARTS).await?;
        if !is_cut || !is_loop(kind) {
            return Ok(Parts { steps, is_cut });
        }
        let first = self.within.filter(|(within, _)| *within == key).map_or(0, |(_, from)| from);
        let mut some = Vec::new();
        for index in first..first.saturating_add(ITERATIONS) {
            let prefix = format!("{key}.{index}.");
            some.extend(read::frame_steps(&self.visit.workspace, self.run.id, &prefix, 40).await?.0);
        }
        Ok(Parts { steps: some, is_cut: true })
    }

    async fn read_prefix(&self, prefix: &str, most: usize) -> Result<(Vec<RunStep>, bool), Problem> {
        let (mut steps, mut bytes) = (Vec::new(), 0_usize);
        loop {
            let mut query = StepQuery::default();
            query.prefix = Some(prefix.to_owned());
            query.after = steps.last().map(|step: &RunStep| (step.key.clone(), step.attempt));
            let page = self.visit.workspace.steps(self.run.id, &query, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            for mut step in page {
                bytes += crate::read::size_of(&step);
                // Rows show no values; holding them all would be too much.
                step.input = None;
                step.output = None;
                steps.push(step);
            }
            if is_last {
                return Ok((steps, false));
            }
            if steps.len() >= most || bytes > MOST_BYTES {
                return Ok((steps, true));
            }
        }
    }

    /// Draws the parts of a node. Returns them, a note about them, what they cost, and how many failed.
    fn parts(&self, of: &RunStep, parts: &Parts) -> (Markup, String, Totals, usize) {
        let prefix = format!("{}.", of.key);
        let mut totals = Totals::default();
        for step in parts.steps.iter().filter(|step| step.is_billed()) {
            totals.add(&step.usage.clone().unwrap_or_default(), step.cost);
        }
        let mut own: Vec<Vec<&RunStep>> = Vec::new();
        let mut inner: BTreeMap<&str, Vec<&RunStep>> = BTreeMap::new();
        for tries in grouped(&parts.steps) {
            let Some(first) = tries.first() else { continue };
            // Turns of a node within an iteration belong to its row.
            match owner(first, &prefix) {
                Some(owner) => inner.entry(owner).or_default().extend(tries),
                None => own.push(tries),
            }
        }
        if is_loop(of.kind) {
            own.sort_by_key(|tries| tries.first().map(|step| place_of(step, &prefix)));
        }
        let failed = |tries: &&Vec<&RunStep>| tries.last().is_some_and(|step| ended_badly(step));
        let failures = own.iter().filter(failed).count();
        let note = note_of_parts(of, &own, &prefix, failures, parts.is_cut);
        let first_failures = own.iter().filter(failed).take(FAILURES);
        let shown: Vec<_> = match is_loop(of.kind) && own.len() > ITERATIONS as usize {
            true => first_failures
                .chain(own.iter().filter(|tries| !failed(tries)).take(self.window(of)))
                .collect(),
            false => own.iter().collect(),
        };
        let mut out = Markup::new();
        for tries in &shown {
            let Some(step) = tries.last() else { continue };
            let within: Vec<RunStep> =
                inner.get(step.key.as_str()).into_iter().flatten().map(|step| (*step).clone()).collect();
            let within = Parts { steps: within, is_cut: false };
            let has_more = !within.steps.is_empty();
            out.raw(self.row(name_of(step, &prefix), tries.to_vec(), has_more.then_some(&within)));
        }
        self.say_more(&mut out, of, own.len() - shown.len(), parts.is_cut);
        (out, note, totals, failures)
    }

    /// Returns how many rows of a loop are shown.
    fn window(&self, of: &RunStep) -> usize {
        let asked = self.within.filter(|(within, _)| *within == of.key.as_str());
        ITERATIONS as usize * (1 + asked.map_or(0, |(_, from)| from / ITERATIONS) as usize)
    }

    fn say_more(&self, out: &mut Markup, of: &RunStep, hidden: usize, is_cut: bool) {
        if hidden == 0 && !is_cut {
            return;
        }
        let from = self.within.filter(|(within, _)| *within == of.key.as_str()).map_or(0, |(_, from)| from);
        let next = (from + ITERATIONS).to_string();
        let href = self.visit.with(&[("within", of.key.as_str()), ("from", &next)]);
        let what = match is_cut {
            true => format!("Iterations {from} to {}. Show the next {ITERATIONS}", from + ITERATIONS - 1),
            false => format!("{} more. Show the next {ITERATIONS}", words::many(hidden as u64, "row")),
        };
        out.raw("<li class=\"more\"><a href=\"")
            .text(href)
            .raw(format_args!("#w-{}\">", of.key))
            .text(what)
            .raw("</a></li>");
    }
}

/// Groups the tries of each step, in the order in which steps began; those that never did stand last.
fn grouped(steps: &[RunStep]) -> Vec<Vec<&RunStep>> {
    let mut groups: Vec<Vec<&RunStep>> = Vec::new();
    for step in steps {
        match groups.last_mut().filter(|tries| tries.last().is_some_and(|last| last.key == step.key)) {
            Some(tries) => tries.push(step),
            None => groups.push(vec![step]),
        }
    }
    groups.sort_by_key(|tries| {
        let begun = tries.iter().find_map(|step| step.started_at);
        (begun.is_none(), begun, tries.first().map(|step| step.key.clone()))
    });
    groups
}

pub(super) const fn is_loop(kind: StepKind) -> bool {
    matches!(kind, StepKind::MapOver | StepKind::Repeat)
}

const fn has_parts(kind: StepKind) -> bool {
    is_loop(kind) || matches!(kind, StepKind::Llm)
}

fn ended_badly(step: &RunStep) -> bool {
    matches!(step.status, StepStatus::Failed | StepStatus::Unknown) && step.resume_at.is_none()
}

/// Returns the key of the step within `prefix` that a turn, a call or an inner iteration belongs to.
fn owner<'a>(step: &'a RunStep, prefix: &str) -> Option<&'a str> {
    let key = step.key.as_str();
    let inside = key.strip_prefix(prefix)?;
    let mut dots = inside.match_indices('.').map(|(at, _)| at);
    // `3.draft` is a row of its own, `3.draft.m2` lies within it; `m2` of an LLM node is a row too.
    let end = dots.nth(1)?;
    Some(&key[..prefix.len() + end])
}

/// Returns where a row of a loop stands: by number of iteration, not by the text of it.
pub(super) fn place_of(step: &RunStep, prefix: &str) -> (u32, Option<chrono::DateTime<chrono::Utc>>) {
    let inside = step.key.as_str().strip_prefix(prefix).unwrap_or_default();
    let index = inside.split('.').next().and_then(|index| index.parse().ok()).unwrap_or(u32::MAX);
    (index, step.started_at)
}

/// Returns the name of a row: of what lies within `prefix`, where it lies.
pub(super) fn name_of(step: &RunStep, prefix: &str) -> String {
    let (path, last) = step.key.split();
    let number = |part: &str| last.strip_prefix(part).and_then(|n| n.parse::<u32>().ok());
    let tool = step.tool_name.as_deref();
    match step.kind {
        StepKind::ModelTurn => match number("m") {
            Some(turn) if prefix.is_empty() => format!("{}, turn {turn}", path.trim_end_matches('.')),
            Some(turn) => format!("Turn {turn}"),
            None => last.to_owned(),
        },
        StepKind::ToolCall => tool.unwrap_or(last).to_owned(),
        _ if prefix.is_empty() => step.key.to_string(),
        _ => {
            let inside = step.key.as_str().strip_prefix(prefix).unwrap_or(last);
            match inside.split_once('.') {
                Some((index, name)) => format!("#{index} {name}"),
                None => inside.to_owned(),
            }
        }
    }
}
