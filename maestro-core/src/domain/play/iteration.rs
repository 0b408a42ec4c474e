//! Iterations: the frames of a loop, from their opening to what they give.

use chrono::{DateTime, Utc};

use super::super::{Failure, NodeKind, OnItemError, Payload};
use super::{
    Play, StepHandle,
    data::result_of,
    frame::{Frame, NodeState, Outcome},
    frames::{FrameId, ROOT},
    input::unreadable,
    looping::LoopKind,
};

impl Play {
    /// Begins the next iteration of a loop.
    pub(super) fn begin_iteration(&mut self, at: StepHandle, index: u32) {
        let Some(looping) = self.looping(at) else { return };
        match &mut looping.kind {
            LoopKind::Map { next, .. } => {
                *next += 1;
                self.open_item(at, index);
            }
            // What the iteration before returned is the `previous` of this one, and what its roots get.
            LoopKind::Repeat { last, .. } => {
                let last = last.take().unwrap_or_default();
                looping.kind = LoopKind::Repeat { index, last: None };
                self.open_iteration(at, index, last.clone(), last);
            }
        }
    }

    pub(super) fn open_item(&mut self, at: StepHandle, index: u32) {
        let Some(looping) = self.looping(at) else { return };
        let LoopKind::Map { items, .. } = &looping.kind else { return };
        let item = items[index as usize].clone();
        let mut frame = self.body_frame(at, index, item.clone());
        frame.item = Some(item);
        self.open_within(at, index, frame);
    }

    pub(super) fn open_iteration(&mut self, at: StepHandle, index: u32, previous: Payload, feed: Payload) {
        let mut frame = self.body_frame(at, index, feed);
        frame.previous = Some(previous);
        self.open_within(at, index, frame);
    }

    fn open_within(&mut self, at: StepHandle, index: u32, frame: Frame) {
        let frame = self.open(frame);
        if let Some(looping) = self.looping(at) {
            looping.open.insert(index, frame);
        }
    }

    fn body_frame(&self, at: StepHandle, index: u32, feed: Payload) -> Frame {
        let number = self.number(at);
        let outer = self.frame(at.frame);
        let body =
            self.plan.place(number).body.expect("only loops have iterations, and every loop has a body");
        let path = outer.path.iteration(&self.plan.node(number).id, index);
        Frame {
            owner: Some((at, index)),
            item: outer.item.clone(),
            previous: outer.previous.clone(),
            ..Frame::new(&self.plan, body, path, feed)
        }
    }

    /// Closes a frame all of whose nodes are decided and followed up.
    pub(super) fn frame_done(&mut self, done: FrameId, now: DateTime<Utc>) {
        if done == ROOT {
            self.root_done = true;
            return;
        }
        let Some(frame) = self.frames.close(done) else { return };
        let Some((at, index)) = frame.owner else { return };
        let result = match &frame.failing {
            Some(failing) => Err(failing.failure.clone()),
            None => self.result(&frame),
        };
        let Some(looping) = self.looping(at) else { return };
        looping.open.remove(&index);
        match result {
            Err(failure) => self.iteration_failed(at, index, failure, now),
            Ok(_) if frame.cut_short => looping.cut_short = true,
            Ok(result) => self.keep_result(at, index, result),
        }
        self.advance(at, now);
    }

    /// Returns what a frame gives: the merge over its last nodes that succeeded.
    pub(super) fn result(&self, frame: &Frame) -> Result<Payload, Failure> {
        let scope = self.plan.scope(frame.scope);
        let outputs: Vec<_> = scope
            .sinks
            .iter()
            .filter_map(|sink| match &frame.nodes[*sink] {
                NodeState::Done(Outcome::Succeeded(output)) => {
                    Some((self.plan.node(scope.members[*sink]).id.clone(), output.clone()))
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
        let on_item_error = match &self.node(at).kind {
            NodeKind::MapOver { on_item_error, .. } => *on_item_error,
            _ => OnItemError::Fail,
        };
        match on_item_error {
            OnItemError::Null => self.keep_result(at, index, Payload::null()),
            OnItemError::Drop => {}
            OnItemError::Fail => {
                let Some(looping) = self.looping(at) else { return };
                let first = looping.failed.as_ref().map(|(first, _)| *first);
                if first.is_none_or(|first| index < first) {
                    looping.failed = Some((index, failure));
                }
                if first.is_none() {
                    let open = looping.open.values().copied().collect();
                    self.wind_down(open, now);
                }
            }
        }
    }
}
