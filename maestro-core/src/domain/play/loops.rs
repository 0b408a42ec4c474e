//! Loops: bodies that are played for each item of a list, or until something holds.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::super::{Failure, NodeKind, OnMax, Payload, RunStep, Scope, StepStatus, Template};
use super::{
    Play, StepHandle,
    data::list_of,
    frame::NodeState,
    frames::ROOT,
    history::Begun,
    input::{Brought, broken},
    looping::{LoopKind, Looping},
};

/// How a loop goes on.
enum Next {
    /// Nothing can begin before something has ended.
    Wait,
    Begin {
        index: u32,
    },
    Succeed(Payload),
    Fail(Failure),
    /// It is left before its end, because the run is failing.
    CutShort,
}

impl Play {
    /// Evaluates the list of a `map_over`.
    pub(super) fn items(
        &self,
        at: StepHandle,
        brought: &Brought,
        items: &Template,
        max_items: u32,
    ) -> Result<Vec<Payload>, Failure> {
        let list = self.render(at, brought, items, "items")?;
        if !list.as_str().trim_start().starts_with('[') {
            let seen: String = list.as_str().chars().take(80).collect();
            return Err(Failure::new("not_a_list", format!("items must give a list, not {seen}")));
        }
        let items: Vec<&RawValue> = serde_json::from_str(list.as_str())
            .map_err(|error| Failure::new("unreadable_output", error.to_string()))?;
        if items.len() > max_items as usize {
            let message = format!("items gives {} items, max_items is {max_items}", items.len());
            return Err(Failure::new("too_many_items", message));
        }
        Ok(items.into_iter().map(|item| Payload::from_stored(item.get())).collect())
    }

    pub(super) fn begin_map(
        &mut self,
        at: StepHandle,
        items: Vec<Payload>,
        input: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        let results = vec![None; items.len()];
        let known = items.len() as u64;
        let begun = self.begin_loop(at, LoopKind::Map { items, next: 0, results }, input, now);
        for index in begun.into_iter().filter(|index| u64::from(*index) < known) {
            self.open_item(at, index);
        }
        self.advance(at, now);
    }

    pub(super) fn begin_repeat(
        &mut self,
        at: StepHandle,
        input: Payload,
        recorded: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        self.begin_loop(at, LoopKind::Repeat { index: 0, last: None }, recorded, now);
        self.open_iteration(at, 0, Payload::null(), input);
    }

    /// Begins a loop, and returns the iterations that the record tells of.
    fn begin_loop(
        &mut self,
        at: StepHandle,
        kind: LoopKind,
        input: Option<Payload>,
        now: DateTime<Utc>,
    ) -> Vec<u32> {
        let Begun { iterations, since, .. } = self.begun(at);
        let begun = iterations.iter().copied().collect();
        let looping = Looping {
            input,
            started_at: since.unwrap_or(now),
            open: BTreeMap::new(),
            begun: iterations,
            kind,
            failed: None,
            cut_short: false,
            is_on_record: false,
        };
        self.set(at, NodeState::Looping(Box::new(looping)));
        begun
    }

    /// Goes on with a loop: begins what may begin, ends it when nothing is left.
    pub(super) fn advance(&mut self, at: StepHandle, now: DateTime<Utc>) {
        if self.history.is_some() {
            return self.advance_by_record(at);
        }
        if self.is_over() {
            return;
        }
        let held_back = self.is_held_back(at);
        loop {
            match self.next_of(at, held_back) {
                Next::Wait => return,
                // what is not begun because the run is ending stays undone
                Next::Begin { .. } if self.ending.is_some() => return,
                Next::Begin { index } => self.begin_iteration(at, index),
                Next::Succeed(output) => match self.check("output", &output) {
                    Ok(()) => return self.succeed(at, self.loop_row(at), output, now),
                    Err(failure) => return self.fail(at, self.loop_row(at), failure, now),
                },
                Next::Fail(failure) => return self.fail(at, self.loop_row(at), failure, now),
                Next::CutShort => return self.cancel(at, self.loop_row(at), now),
            }
        }
    }

    fn next_of(&mut self, at: StepHandle, held_back: bool) -> Next {
        let Some(looping) = self.looping(at) else { return Next::Wait };
        if let Some((index, failure)) = looping.failed.as_ref().filter(|_| looping.open.is_empty()) {
            let message = format!("iteration {index}: {}", failure.message);
            return Next::Fail(Failure::new("iteration_failed", message));
        }
        if looping.failed.is_some() || looping.cut_short {
            return if looping.open.is_empty() { Next::CutShort } else { Next::Wait };
        }
        match looping.kind {
            LoopKind::Map { .. } => self.next_item(at, held_back),
            LoopKind::Repeat { .. } => self.next_iteration(at, held_back),
        }
    }

    fn next_item(&mut self, at: StepHandle, held_back: bool) -> Next {
        let NodeKind::MapOver { max_concurrency, .. } = &self.node(at).kind else { return Next::Wait };
        let most = (*max_concurrency).max(1) as usize;
        let Some(looping) = self.looping(at) else { return Next::Wait };
        let LoopKind::Map { items, next, results } = &mut looping.kind else { return Next::Wait };
        while looping.begun.remove(&(*next as u32)) {
            *next += 1;
        }
        if *next >= items.len() {
            return match looping.open.is_empty() {
                true => Next::Succeed(list_of(results.iter().flatten())),
                false => Next::Wait,
            };
        }
        if held_back {
            looping.cut_short = true;
            return if looping.open.is_empty() { Next::CutShort } else { Next::Wait };
        }
        match looping.open.len() < most {
            true => Next::Begin { index: *next as u32 },
            false => Next::Wait,
        }
    }

    /// Decides after an iteration of a `repeat` whether another follows.
    fn next_iteration(&self, at: StepHandle, held_back: bool) -> Next {
        let NodeKind::Repeat { until, max_iterations, on_max, .. } = &self.node(at).kind else {
            return Next::Wait;
        };
        let Some(NodeState::Looping(looping)) = self.state(at) else { return Next::Wait };
        let LoopKind::Repeat { index, last: Some(last) } = &looping.kind else { return Next::Wait };
        let scope = Scope::new().with("result", last).with_index(*index).with("run", &self.given.scope);
        match (until.is_true(&scope), on_max) {
            (Err(error), _) => Next::Fail(broken("until", &error)),
            (Ok(true), _) => Next::Succeed(last.clone()),
            (Ok(false), OnMax::Accept) if index + 1 >= *max_iterations => Next::Succeed(last.clone()),
            (Ok(false), OnMax::Fail) if index + 1 >= *max_iterations => {
                let message = format!("until did not hold after {max_iterations} iterations");
                Next::Fail(Failure::new("max_iterations", message))
            }
            (Ok(false), _) if held_back => Next::CutShort,
            (Ok(false), _) => Next::Begin { index: index + 1 },
        }
    }

    /// Writes that the loops and talks that are still open end with the run, the inner ones first.
    pub(super) fn leave_loops(&mut self, now: DateTime<Utc>) {
        let (mut frames, mut loops) = (vec![ROOT], Vec::new());
        while let Some(frame) = frames.pop() {
            let Some(open) = self.frames.get(frame) else { continue };
            for (local, state) in open.nodes.iter().enumerate() {
                let at = StepHandle::node(frame, local);
                match state {
                    NodeState::Looping(looping) => {
                        loops.extend((!looping.is_on_record).then_some(at));
                        frames.extend(looping.open.values());
                    }
                    NodeState::Talking(_) => loops.push(at),
                    _ => {}
                }
            }
        }
        for at in loops.into_iter().rev() {
            let row = if self.talk(at).is_some() { self.talk_row(at) } else { self.loop_row(at) };
            self.write(row.cancelled(now));
        }
    }

    fn loop_row(&self, at: StepHandle) -> RunStep {
        let row = self.row(at, self.first_try(at), StepStatus::Running);
        match self.state(at) {
            Some(NodeState::Looping(looping)) => {
                RunStep { started_at: Some(looping.started_at), input: looping.input.clone(), ..row }
            }
            _ => row,
        }
    }

    pub(super) fn looping(&mut self, at: StepHandle) -> Option<&mut Looping> {
        match self.frames.get_mut(at.frame)?.nodes.get_mut(at.local as usize)? {
            NodeState::Looping(looping) => Some(looping),
            _ => None,
        }
    }
}
