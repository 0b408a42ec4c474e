//! Parts of a record that hold all causes of what they hold.

use std::collections::BTreeMap;

use super::{dice::Dice, runs::as_stored};
use crate::domain::{
    RunStep, StepStatus,
    play::tests::stage::{Stage, is_part},
};

/// Returns a random part of the rows that a run wrote: a row only with all rows that it follows from.
pub(super) fn random_part(stage: &Stage, dice: &mut Dice) -> Vec<RunStep> {
    let percent = *dice.pick(&[10, 50, 80, 95]);
    let mut kept: Vec<bool> = Vec::with_capacity(stage.log.len());
    let mut written: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, row) in stage.log.iter().enumerate() {
        let is_whole = causes(stage, row, at, &written).into_iter().all(|cause| kept[cause]);
        kept.push(is_whole && dice.chance(percent));
        written.entry(row.key.as_str()).or_default().push(at);
    }
    as_stored(stage.log.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(row, _)| row.clone()))
}

/// Returns the earlier rows without which a row could not have been written.
fn causes(stage: &Stage, row: &RunStep, at: usize, written: &BTreeMap<&str, Vec<usize>>) -> Vec<usize> {
    if row.status == StepStatus::Cancelled {
        return (0..at).collect(); // anything may have been the reason
    }
    let key = row.key.as_str();
    let mut causes: Vec<usize> = written.get(key).cloned().unwrap_or_default();
    let mut of = |key: &str| causes.extend(written.get(key).into_iter().flatten());
    // the sources of the node, and of every loop around it
    let segments: Vec<&str> = key.split('.').collect();
    let nodes = segments.len() - usize::from(is_part(row.kind));
    for depth in (0..nodes).step_by(2) {
        let path: String = segments[..depth].iter().map(|segment| format!("{segment}.")).collect();
        for edge in stage.plan.incoming(stage.plan.find(segments[depth]).unwrap()) {
            of(&format!("{path}{}", stage.plan.node(stage.plan.link(*edge).from).id));
        }
    }
    if is_part(row.kind) {
        let whole = row.key.split().0.to_string();
        let earlier = written.range(whole.as_str()..).take_while(|(key, _)| key.starts_with(&whole));
        causes.extend(earlier.flat_map(|(_, rows)| rows));
    }
    // what was played before this iteration of a repeat, and all iterations of a loop that ended
    let mut prefixes = vec![format!("{key}.")];
    for depth in (1..nodes).step_by(2) {
        let looped = stage.plan.node(stage.plan.find(segments[depth - 1]).unwrap());
        if looped.kind.name() == "repeat" {
            let index: u32 = segments[depth].parse().unwrap();
            prefixes.extend((0..index).map(|before| format!("{}.{before}.", segments[..depth].join("."))));
        }
    }
    for prefix in prefixes {
        let within = written.range(prefix.as_str()..).take_while(|(key, _)| key.starts_with(&prefix));
        causes.extend(within.flat_map(|(_, rows)| rows));
    }
    causes
}
