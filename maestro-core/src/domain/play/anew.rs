//! Playing anew: which steps of a run that has ended are played again, and what stands.

mod blame;
mod talks;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Included, Unbounded},
};

use chrono::{DateTime, Utc};

use super::super::{Actor, Effect, Failure, NodeKind, RunStep, StepKey, StepKind, StepStatus};
use super::{Plan, resets::ANEW, wait::AGAIN};

/// Returns the rows that have steps of an ended run played anew once they are on record, for `by`.
///
/// Played anew are the steps `from`, those whose failure nobody handled, and those that were cancelled; with a step
/// everything within it, and every step that follows from it. The loops and LLM nodes around it are opened again: what else
/// was done in them stands. An LLM node goes on at the turn that is played anew, a `repeat` at its iteration.
///
/// An effect that may happen only once and had begun when it was cancelled is left to a person as unknown, unless it is one
/// of `from`. Every row that is final stays as it is. `steps` are the rows of the run, all of them.
pub fn anew(
    plan: &Plan,
    steps: &[RunStep],
    from: &[StepKey],
    by: &Actor,
    now: DateTime<Utc>,
) -> Vec<RunStep> {
    let record = Record::new(plan, steps);
    let mut reach = Reach {
        record: &record,
        again: BTreeSet::new(),
        follows: BTreeSet::new(),
        gone_on_from: BTreeSet::new(),
    };
    let chosen = from.iter().filter_map(|key| record.last.get(key.as_str()));
    chosen.for_each(|row| reach.play_again(row));
    while reach.play_blamed_again() {}
    let resets = Resets { plan, from, by, now, follows: &reach.follows };
    reach.again.iter().flat_map(|key| resets.of(record.last[*key])).collect()
}

/// The last row of every step of the score.
struct Record<'a> {
    plan: &'a Plan,
    last: BTreeMap<&'a str, &'a RunStep>,
}

/// Where a step stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    /// The path of its frame: empty, or ending in a dot.
    path: &'a str,
    /// The number of its node.
    node: usize,
}

impl<'a> Record<'a> {
    fn new(plan: &'a Plan, steps: &'a [RunStep]) -> Self {
        let mut last: BTreeMap<&str, &RunStep> = BTreeMap::new();
        for row in steps {
            let known = last.entry(row.key.as_str()).or_insert(row);
            if known.attempt < row.attempt {
                *known = row;
            }
        }
        last.retain(|_, row| place_of(plan, row).is_some());
        Self { plan, last }
    }

    /// Returns the key, the place and the iteration of the loop whose iterations lie under `path`.
    fn owner(&self, path: &'a str) -> Option<(&'a str, Place<'a>, u32)> {
        let (key, index) = path.strip_suffix('.')?.rsplit_once('.')?;
        let (path, node) = split(key);
        Some((key, Place { path, node: self.plan.find(node)? }, index.parse().ok()?))
    }

    /// Returns the keys of all steps within a loop or an LLM node.
    fn within(&self, key: &str) -> Vec<&'a str> {
        let prefix = format!("{key}.");
        let rows = self.last.range::<str, _>((Included(prefix.as_str()), Unbounded)).map(|(key, _)| *key);
        rows.take_while(|key| key.starts_with(&prefix)).collect()
    }

    /// Returns the nodes that follow from a node by edges.
    fn following(&self, node: usize) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(node) = open.pop() {
            let next = self.plan.outgoing(node).iter().map(|edge| self.plan.link(*edge).to);
            open.extend(next.filter(|to| found.insert(*to)));
        }
        found
    }
}

/// What is played anew, as far as it was followed.
struct Reach<'r, 'a> {
    record: &'r Record<'a>,
    again: BTreeSet<&'a str>,
    /// Those of them that follow from others or lie within others.
    follows: BTreeSet<&'a str>,
    /// The places from which it was followed.
    gone_on_from: BTreeSet<Place<'a>>,
}

impl<'a> Reach<'_, 'a> {
    /// Plays anew what keeps the run, or an iteration that is opened again, from ending well. Tells whether that was more than
    /// before.
    fn play_blamed_again(&mut self) -> bool {
        let before = self.again.len();
        let rows = self.record.last.values().copied();
        let mut blamed: Vec<&RunStep> = rows.filter(|row| self.is_blamed(row)).collect();
        // The inner ones first: what failed because of a step within it is only opened again.
        blamed.sort_by_key(|row| std::cmp::Reverse(row.key.as_str().matches('.').count()));
        for row in blamed {
            match is_cut_short(row) || self.is_again_within(row.key.as_str()) {
                true => self.open_again(row),
                false => self.play_again(row),
            }
        }
        before < self.again.len()
    }

    /// Plays a step anew, everything within it, and what follows from it.
    fn play_again(&mut self, row: &'a RunStep) {
        let key = row.key.as_str();
        let owner = if is_part(row) { owner_of(key) } else { None };
        match owner {
            Some(node) => self.record.later_parts(node, key).into_iter().for_each(|part| self.add(part)),
            None => self.record.within(key).into_iter().for_each(|inner| self.add(inner)),
        }
        self.again.extend(owner.and_then(|node| self.record.last.get_key_value(node)).map(|(key, _)| *key));
        self.open_again(row);
    }

    /// Opens a loop or an LLM node again, and plays anew what follows from it.
    fn open_again(&mut self, row: &'a RunStep) {
        self.again.insert(row.key.as_str());
        place_of(self.record.plan, row).into_iter().for_each(|place| self.go_on_from(place));
    }

    /// Plays anew what follows from a step: in its frame, and around it.
    fn go_on_from(&mut self, place: Place<'a>) {
        if !self.gone_on_from.insert(place) {
            return;
        }
        for node in self.record.following(place.node) {
            let key = format!("{}{}", place.path, self.record.plan.node(node).id);
            self.add_following(&key);
        }
        let Some((key, owner, index)) = self.record.owner(place.path) else { return };
        if matches!(self.record.plan.node(owner.node).kind, NodeKind::Repeat { .. }) {
            let is_later = |inner: &&str| iteration_of(key, inner).is_some_and(|other| other > index);
            self.record.within(key).into_iter().filter(is_later).for_each(|inner| self.add(inner));
        }
        self.again.extend(self.record.last.get_key_value(key).map(|(key, _)| *key));
        self.go_on_from(owner);
    }

    /// Adds a step that follows from another, and everything within it.
    fn add_following(&mut self, key: &str) {
        if let Some((key, _)) = self.record.last.get_key_value(key) {
            self.add(key);
        }
        self.record.within(key).into_iter().for_each(|inner| self.add(inner));
    }

    fn add(&mut self, key: &'a str) {
        self.again.insert(key);
        self.follows.insert(key);
    }

    fn is_again_within(&self, key: &str) -> bool {
        let prefix = format!("{key}.");
        self.again
            .range::<str, _>((Included(prefix.as_str()), Unbounded))
            .next()
            .is_some_and(|inner| inner.starts_with(&prefix))
    }
}

/// Writes the rows.
struct Resets<'r> {
    plan: &'r Plan,
    from: &'r [StepKey],
    by: &'r Actor,
    now: DateTime<Utc>,
    follows: &'r BTreeSet<&'r str>,
}

impl Resets<'_> {
    /// Returns what is to be written of a step whose last row this is.
    fn of(&self, last: &RunStep) -> Vec<RunStep> {
        if last.is_reset() {
            return Vec::new(); // it never had its turn
        }
        let next =
            RunStep::new(last.key.clone(), last.attempt.saturating_add(1), last.kind, StepStatus::Waiting);
        let next = RunStep { tool_name: last.tool_name.clone(), ..next };
        if self.is_in_doubt(last) {
            let failure = Failure::new("cancelled", "it was cancelled before it said what it had done");
            let row = RunStep { status: StepStatus::Unknown, error: Some(failure), ..next };
            return vec![RunStep { generation: last.generation, started_at: last.started_at, ..row }];
        }
        let failure = Failure::new(ANEW, format!("{} had it played anew", self.by));
        let generation = last.generation.saturating_add(1);
        let reset = RunStep { generation, error: Some(failure), ..next };
        let over = match last.status {
            StepStatus::Unknown => {
                let failure = Failure::new(AGAIN, "its outcome was lost; a person had it done anew");
                Some(RunStep { resume_at: Some(self.now), ..last.clone().failed(failure, self.now) })
            }
            StepStatus::Running | StepStatus::Waiting => Some(last.clone().cancelled(self.now)),
            StepStatus::Succeeded | StepStatus::Failed | StepStatus::Skipped | StepStatus::Cancelled => None,
        };
        over.into_iter().chain([reset]).collect()
    }

    /// Tells whether nobody knows if a step has had its effect, and nobody said that it may have it again.
    fn is_in_doubt(&self, last: &RunStep) -> bool {
        let node = place_of(self.plan, last).map(|place| self.plan.node(place.node));
        let may_happen_once = node.is_some_and(|node| node.effect == Effect::Once);
        let executes = matches!(last.kind, StepKind::Deterministic | StepKind::ToolCall);
        let had_begun = last.status == StepStatus::Cancelled && last.started_at.is_some();
        let is_known = self.from.contains(&last.key) || self.follows.contains(last.key.as_str());
        may_happen_once && executes && had_begun && !is_known
    }
}

/// Returns where a step stands, or the LLM node that it is a part of; `None` when the score has no such node.
fn place_of<'a>(plan: &Plan, row: &'a RunStep) -> Option<Place<'a>> {
    let (path, node) = match is_part(row) {
        true => split(owner_of(row.key.as_str())?),
        false => row.key.split(),
    };
    plan.find(node).map(|node| Place { path, node })
}

fn is_part(row: &RunStep) -> bool {
    matches!(row.kind, StepKind::ModelTurn | StepKind::ToolCall)
}

/// Returns the key of the node that a part belongs to.
fn owner_of(part: &str) -> Option<&str> {
    part.rsplit_once('.').map(|(node, _)| node)
}

/// Splits a key where its last node begins.
fn split(key: &str) -> (&str, &str) {
    key.split_at(key.rfind('.').map_or(0, |dot| dot + 1))
}

/// Tells whether a loop or an LLM node was left before its end, so that the rest of it is still to be played.
fn is_cut_short(row: &RunStep) -> bool {
    let has_parts = matches!(row.kind, StepKind::MapOver | StepKind::Repeat | StepKind::Llm);
    has_parts && row.status == StepStatus::Cancelled
}

/// Returns the number of the iteration of the loop `key` in which `inner` lies.
fn iteration_of(key: &str, inner: &str) -> Option<u32> {
    inner.strip_prefix(key)?.strip_prefix('.')?.split('.').next()?.parse().ok()
}
