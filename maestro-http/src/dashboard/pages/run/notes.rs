//! What stands small beside a row of the waterfall.

use std::collections::BTreeSet;

use maestro_core::domain::{RunStep, StepKind};

use super::rows::{MOST_PARTS, is_loop, place_of};
use crate::dashboard::words;

pub(super) fn note_of(step: &RunStep, tries: usize) -> String {
    let what = match step.kind {
        StepKind::ToolCall => "call".to_owned(),
        StepKind::Approval => "approval".to_owned(),
        StepKind::Delay => "delay".to_owned(),
        StepKind::Stop => "stop".to_owned(),
        StepKind::ModelTurn => step.model.clone().or_else(|| step.tool_name.clone()).unwrap_or_default(),
        _ => step.tool_name.clone().unwrap_or_default(),
    };
    if tries > 1 { format!("{what} · {tries} tries") } else { what }
}

pub(super) fn note_of_parts(
    of: &RunStep,
    own: &[Vec<&RunStep>],
    prefix: &str,
    failures: usize,
    is_cut: bool,
) -> String {
    let failed = if failures > 0 { format!(", {failures} failed") } else { String::new() };
    if is_loop(of.kind) {
        let indices: BTreeSet<u32> =
            own.iter().filter_map(|tries| tries.first()).map(|step| place_of(step, prefix).0).collect();
        let noun = if of.kind == StepKind::Repeat { "round" } else { "item" };
        let over = if is_cut { "over " } else { "" };
        let count = if is_cut { MOST_PARTS as u64 } else { indices.len() as u64 };
        return format!("{over}{}{failed}", words::many(count, if is_cut { "step" } else { noun }));
    }
    let of_kind =
        |kind| own.iter().filter(|tries| tries.first().is_some_and(|step| step.kind == kind)).count() as u64;
    let (turns, calls) = (of_kind(StepKind::ModelTurn), of_kind(StepKind::ToolCall));
    match calls {
        0 => format!("{}{failed}", words::many(turns, "turn")),
        calls => format!("{}, {}{failed}", words::many(turns, "turn"), words::many(calls, "call")),
    }
}
