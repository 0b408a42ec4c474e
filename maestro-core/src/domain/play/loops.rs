//! Loops: bodies that are played for each item of a list, or until something holds.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::super::{Failure, NodeKind, OnItemError, OnMax, Payload, RunStep, Scope, StepStatus, Template};
use super::{
    Play, ROOT, StepHandle,
    data::{list_of, result_of},
    frame::{Frame, LoopKind, Looping, NodeState, Outcome, Try},
    input::{Brought, broken, unreadable},
};

impl Play {
    /// Evaluates the list of a `map_over`.
    pub(super) fn render_items(
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
        let begun: BTreeSet<u32> =
            self.begun(at).into_iter().filter(|ix| (*ix as usize) < items.len()).collect();
        let results = vec![None; items.len()];
        let kind = LoopKind::Map { items, next: 0, begun: begun.clone(), results };
        self.begin_loop(at, kind, input, now);
        for index in begun {
            self.open_item(at, index);
        }
        self.advance(at, now);
    }

    pub(super) fn begin_repeat(
        &mut self,
        at: StepHandle,
        input: Payload,
        recorded_input: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        self.begin_loop(at, LoopKind::Repeat { index: 0, last: None }, recorded_input, now);
        self.open_iteration(at, 0, Payload::null(), input);
    }

    fn begin_loop(&mut self, at: StepHandle, kind: LoopKind, input: Option<Payload>, now: DateTime<Utc>) {
        let looping = Looping { input, started_at: now, open: 0, kind, failed: None, cut_short: false };
        self.set(at, NodeState::Looping(Box::new(looping)));
    }

    fn open_item(&mut self, at: StepHandle, index: u32) {
        let Some(looping) = self.looping(at) else { return };
        let LoopKind::Map { items, .. } = &mut looping.kind else { return };
        let item = items[index as usize].clone();
        looping.open += 1;
        let mut frame = self.body_frame(at, index, item.clone());
        frame.item = Some(item);
        self.open(frame);
    }

    fn open_iteration(&mut self, at: StepHandle, index: u32, previous: Payload, feed: Payload) {
        if let Some(looping) = self.looping(at) {
            looping.open += 1;
        }
        let mut frame = self.body_frame(at, index, feed);
        frame.previous = Some(previous);
        self.open(frame);
    }

    fn body_frame(&self, at: StepHandle, index: u32, feed: Payload) -> Frame {
        let number = self.number(at);
        let outer = self.frame(at.frame);
        let scope =
            self.plan.place(number).body.expect("only loops have iterations, and every loop has a body");
        let path = outer.path.iteration(&self.plan.node(number).id, index);
        let mut frame = Frame::new(scope, self.plan.scope(scope), path, feed);
        frame.parent = Some((at.frame, at.local, index));
        frame.item.clone_from(&outer.item);
        frame.previous.clone_from(&outer.previous);
        frame
    }

    /// Closes a frame all of whose nodes are decided.
    pub(super) fn frame_done(&mut self, done: usize, now: DateTime<Utc>) {
        if done == ROOT {
            self.root_done = true;
            return;
        }
        let Some(frame) = self.frames[done].take() else { return };
        self.free.push(done);
        self.paths.remove(&frame.path);
        let Some((parent, local, index)) = frame.parent else { return };
        let at = StepHandle { frame: parent, local };
        let result = match &frame.failing {
            Some(failure) => Err(Some(failure.clone())),
            None if frame.cut_short => Err(None),
            None => self.result(&frame).map_err(Some),
        };
        if let Some(looping) = self.looping(at) {
            looping.open -= 1;
        }
        match result {
            Ok(result) => self.keep_result(at, index, result),
            Err(Some(failure)) => self.iteration_failed(at, index, failure, now),
            Err(None) => {
                if let Some(looping) = self.looping(at) {
                    looping.cut_short = true;
                }
            }
        }
        self.advance(at, now);
    }

    /// Returns what a frame gives: the merge over its last nodes that succeeded.
    pub(super) fn result(&self, frame: &Frame) -> Result<Payload, Failure> {
        let members = &self.plan.scope(frame.scope).members;
        let outputs: Vec<_> = members
            .iter()
            .zip(&frame.nodes)
            .filter(|(number, _)| self.plan.place(**number).outgoing.is_empty())
            .filter_map(|(number, state)| match state {
                NodeState::Done(Outcome::Succeeded(output)) => {
                    Some((self.plan.node(*number).id.clone(), output.clone()))
                }
                _ => None,
            })
            .collect();
        result_of(&outputs).map_err(|error| unreadable(&error))
    }

    fn keep_result(&mut self, at: StepHandle, index: u32, result: Payload) {
        match self.looping(at).map(|looping| &mut looping.kind) {
            Some(LoopKind::Map { results, .. }) => results[index as usize] = Some(result),
            Some(LoopKind::Repeat { last, .. }) => *last = Some(result),
            None => {}
        }
    }

    fn iteration_failed(&mut self, at: StepHandle, index: u32, failure: Failure, now: DateTime<Utc>) {
        let plan = self.plan.clone();
        let on_item_error = match &plan.node(self.number(at)).kind {
            NodeKind::MapOver { on_item_error, .. } => *on_item_error,
            _ => OnItemError::Fail,
        };
        match on_item_error {
            OnItemError::Null => self.keep_result(at, index, Payload::null()),
            OnItemError::Drop => {}
            OnItemError::Fail => {
                let Some(looping) = self.looping(at) else { return };
                if looping.failed.as_ref().is_none_or(|(first, _)| index < *first) {
                    looping.failed = Some((index, failure));
                }
                self.wind_down(now);
            }
        }
    }

    /// Goes on with a loop: begins what may begin, ends it when nothing is left.
    pub(super) fn advance(&mut self, at: StepHandle, now: DateTime<Utc>) {
        if self.history.is_some() {
            return self.advance_by_record(at);
        }
        if self.ending.is_some() {
            self.undone = true;
            return;
        }
        let held_back = self.is_held_back(at);
        let Some(looping) = self.looping(at) else { return };
        if looping.failed.is_none() && !looping.cut_short {
            match &looping.kind {
                LoopKind::Map { .. } => self.advance_map(at, held_back),
                LoopKind::Repeat { .. } => return self.advance_repeat(at, held_back, now),
            }
        }
        self.close_loop(at, now);
    }

    fn advance_map(&mut self, at: StepHandle, held_back: bool) {
        let plan = self.plan.clone();
        let NodeKind::MapOver { max_concurrency, .. } = &plan.node(self.number(at)).kind else { return };
        while let Some(looping) = self.looping(at) {
            let LoopKind::Map { items, next, begun, .. } = &mut looping.kind else { return };
            while begun.remove(&(*next as u32)) {
                *next += 1;
            }
            if *next == items.len() || looping.open >= *max_concurrency as usize {
                return;
            }
            if held_back {
                looping.cut_short = true;
                return;
            }
            let index = *next as u32;
            *next += 1;
            self.open_item(at, index);
        }
    }

    /// Decides after an iteration of a `repeat` whether another follows.
    fn advance_repeat(&mut self, at: StepHandle, held_back: bool, now: DateTime<Utc>) {
        let plan = self.plan.clone();
        let NodeKind::Repeat { until, max_iterations, on_max, .. } = &plan.node(self.number(at)).kind else {
            return;
        };
        let Some(looping) = self.looping(at) else { return };
        let LoopKind::Repeat { index, last: Some(last) } = &looping.kind else { return };
        let (index, last) = (*index, last.clone());
        let scope = Scope::new().with("result", &last).with_index(index).with("run", &self.given.scope);
        match until.is_true(&scope) {
            Err(error) => self.loop_failed(at, broken("until", &error), now),
            Ok(true) => self.loop_succeeded(at, last, now),
            Ok(false) if index + 1 >= *max_iterations => match on_max {
                OnMax::Accept => self.loop_succeeded(at, last, now),
                OnMax::Fail => {
                    let message = format!("until did not hold after {max_iterations} iterations");
                    self.loop_failed(at, Failure::new("max_iterations", message), now);
                }
            },
            Ok(false) if held_back => {
                if let Some(looping) = self.looping(at) {
                    looping.cut_short = true;
                }
                self.close_loop(at, now);
            }
            Ok(false) => self.next_iteration(at, index + 1, last),
        }
    }

    /// Begins an iteration of a `repeat` after the first: what the one before returned is its `previous` and its feed.
    pub(super) fn next_iteration(&mut self, at: StepHandle, index: u32, last: Payload) {
        if let Some(looping) = self.looping(at) {
            looping.kind = LoopKind::Repeat { index, last: None };
        }
        self.open_iteration(at, index, last.clone(), last);
    }

    /// Ends a loop of which no iteration is played any more.
    fn close_loop(&mut self, at: StepHandle, now: DateTime<Utc>) {
        let Some(looping) = self.looping(at) else { return };
        if looping.open > 0 {
            return;
        }
        if let Some((index, failure)) = &looping.failed {
            let message = format!("iteration {index}: {}", failure.message);
            let failure = Failure::new("iteration_failed", message);
            return self.loop_failed(at, failure, now);
        }
        if looping.cut_short {
            let row = self.loop_row(at).cancelled(now);
            self.write(row);
            return self.decide(at, Outcome::Cancelled);
        }
        if let LoopKind::Map { items, next, results, .. } = &looping.kind
            && *next == items.len()
        {
            let list = list_of(results.iter().flatten());
            self.loop_succeeded(at, list, now);
        }
    }

    fn loop_succeeded(&mut self, at: StepHandle, output: Payload, now: DateTime<Utc>) {
        if output.size() > self.given.limits.value_bytes {
            let failure = self.too_large("output", output.size());
            return self.loop_failed(at, failure, now);
        }
        let row = self.loop_row(at).succeeded(output.clone(), now);
        self.write(row);
        self.decide(at, Outcome::Succeeded(output));
    }

    fn loop_failed(&mut self, at: StepHandle, failure: Failure, now: DateTime<Utc>) {
        let row = self.loop_row(at).failed(failure.clone(), now);
        self.write(row);
        self.decide(at, Outcome::Failed(failure));
    }

    fn loop_row(&self, at: StepHandle) -> RunStep {
        let row = self.row(at, Try::FIRST, StepStatus::Running);
        match self.state(at) {
            Some(NodeState::Looping(looping)) => {
                RunStep { started_at: Some(looping.started_at), input: looping.input.clone(), ..row }
            }
            _ => row,
        }
    }

    pub(super) fn looping(&mut self, at: StepHandle) -> Option<&mut Looping> {
        match self.frames.get_mut(at.frame)?.as_mut()?.nodes.get_mut(at.local)? {
            NodeState::Looping(looping) => Some(looping),
            _ => None,
        }
    }
}
