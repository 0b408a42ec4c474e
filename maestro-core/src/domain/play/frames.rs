//! Frames by their names: where the open frames of a play are kept.

use super::frame::Frame;

/// Names a frame. Never given again, although the place of a frame that is closed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FrameId {
    slot: u32,
    serial: u32,
}

/// The frame of the run itself: the first one that is opened, and never closed.
pub(super) const ROOT: FrameId = FrameId { slot: 0, serial: 0 };

/// The open frames of a play.
#[derive(Debug, Default)]
pub(super) struct Frames {
    slots: Vec<(u32, Option<Frame>)>,
    free: Vec<u32>,
    opened: u32,
}

impl Frames {
    pub(super) fn open(&mut self, frame: Frame) -> FrameId {
        let serial = self.opened;
        self.opened = self.opened.wrapping_add(1);
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = (serial, Some(frame));
                FrameId { slot, serial }
            }
            None => {
                self.slots.push((serial, Some(frame)));
                FrameId { slot: self.slots.len() as u32 - 1, serial }
            }
        }
    }

    pub(super) fn close(&mut self, id: FrameId) -> Option<Frame> {
        let (serial, frame) = self.slots.get_mut(id.slot as usize)?;
        let frame = (*serial == id.serial).then_some(frame)?.take()?;
        self.free.push(id.slot);
        Some(frame)
    }

    pub(super) fn get(&self, id: FrameId) -> Option<&Frame> {
        match self.slots.get(id.slot as usize)? {
            (serial, Some(frame)) if *serial == id.serial => Some(frame),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        match self.slots.get_mut(id.slot as usize)? {
            (serial, Some(frame)) if *serial == id.serial => Some(frame),
            _ => None,
        }
    }
}
