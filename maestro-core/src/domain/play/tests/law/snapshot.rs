//! What a play knows, in a form that does not depend on how it came to know it.

use std::fmt::Write;

use crate::domain::play::{
    Play,
    frame::{Frame, NodeState},
    frames::{FrameId, ROOT},
    looping::LoopKind,
};

/// Writes down the whole state, but for the names of frames and for when things started.
pub(super) fn snapshot(play: &Play) -> String {
    let mut text = format!(
        "{:?} failed {} done {} finished {} running {} timers {:?} {:?}\n",
        play.totals,
        play.any_failed,
        play.root_done,
        play.finished,
        play.running,
        play.timers
            .iter()
            .map(|(moment, at)| (moment, play.key(*at)))
            .collect::<std::collections::BTreeSet<_>>(),
        play.ending,
    );
    let mut frames = vec![ROOT];
    while let Some(id) = frames.pop() {
        if let Some(frame) = play.frames.get(id) {
            write_frame(&mut text, play, frame, &mut frames);
        }
    }
    text
}

fn write_frame(text: &mut String, play: &Play, frame: &Frame, inner: &mut Vec<FrameId>) {
    let Frame {
        scope,
        path,
        owner,
        item,
        previous,
        feed,
        nodes,
        taken,
        broken,
        licensed,
        left,
        failing,
        cut_short,
    } = frame;
    writeln!(
        text,
        "frame {path:?} of {scope}, {:?}: {item:?} {previous:?} {feed:?} {taken:?} {broken:?} {licensed:?} {left} {failing:?} {cut_short}",
        owner.map(|(_, index)| index)
    )
    .unwrap();
    for (number, state) in play.plan.scope(*scope).members.iter().zip(nodes) {
        write!(text, "  {}: ", play.plan.node(*number).id).unwrap();
        match state {
            NodeState::Waiting(row, moment) => writeln!(text, "waiting {} {moment:?}", row.attempt).unwrap(),
            NodeState::Unknown(attempt, row) => {
                writeln!(text, "unknown {attempt:?} {:?}", row.error).unwrap()
            }
            NodeState::Looping(looping) => {
                inner.extend(looping.open.values());
                let open: Vec<_> = looping.open.keys().collect();
                let (failed, cut_short) = (&looping.failed, looping.cut_short);
                write!(text, "looping {:?} {open:?} {failed:?} {cut_short} ", looping.input).unwrap();
                match &looping.kind {
                    LoopKind::Map { items, next, results } => {
                        writeln!(text, "{items:?} {next} {results:?}").unwrap()
                    }
                    LoopKind::Repeat { index, last } => writeln!(text, "{index} {last:?}").unwrap(),
                }
            }
            NodeState::Talking(talk) => {
                write!(text, "talking {:?} {:?} ", talk.input, talk.messages).unwrap();
                let flags = (talk.turns, talk.tools, talk.rounds, talk.open_tools, talk.is_mending);
                writeln!(text, "{flags:?} {:?}", talk.parts).unwrap();
            }
            state => writeln!(text, "{state:?}").unwrap(),
        }
    }
}
