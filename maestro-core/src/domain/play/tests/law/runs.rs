//! Whole runs and runs that were cut: how they are played, and how they are compared.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    graphs::{Taste, random_score},
    snapshot::snapshot,
    world::World,
};
use crate::domain::{
    EdgeOn, Effect, OnError, Payload, RunStatus, RunStep, StepKey, StepKind, StepStatus,
    play::tests::stage::{Stage, is_part, node_of},
};

/// Where a record is cut.
pub(super) struct Cut {
    pub(super) written: usize,
    pub(super) now: DateTime<Utc>,
    pub(super) is_between_events: bool,
}

/// A whole run and how it went.
pub(super) struct Played {
    pub(super) world: World,
    pub(super) stage: Stage,
    /// What the state was, and how many rows there were, after each event.
    pub(super) moments: Vec<(usize, DateTime<Utc>, String)>,
}

pub(super) fn play(seed: u64, size: usize, taste: Taste) -> Played {
    let score = random_score(seed, size, taste);
    let world = World::new(seed, taste);
    let mut stage = world.begin(score);
    let mut moments = vec![(stage.log.len(), stage.now, snapshot(&stage.play))];
    while world.step(&mut stage) {
        moments.push((stage.log.len(), stage.now, snapshot(&stage.play)));
        assert!(moments.len() < 20_000, "the run never ends");
    }
    check_complete(&stage, taste.ends.is_some());
    Played { world, stage, moments }
}

/// Checks that every node of every opened frame was decided, and that what cleans up was played.
pub(super) fn check_complete(stage: &Stage, may_end: bool) {
    let rows: BTreeMap<&str, &RunStep> = stage.last_rows().map(|row| (row.key.as_str(), row)).collect();
    for row in rows.values() {
        assert!(row.status != StepStatus::Running && row.status != StepStatus::Waiting, "{row:?} is left");
    }
    if stage.play.ending.is_some() || may_end {
        return;
    }
    let mut frames: Vec<(String, usize)> = vec![(String::new(), 0)];
    // A frame whose place did not come to be played again was not opened again.
    let is_opened = |row: &RunStep| row.generation == 0 || row.status != StepStatus::Cancelled;
    for (key, _) in rows.iter().filter(|(_, row)| !is_part(row.kind) && is_opened(row)) {
        let (path, node) = key.rsplit_once('.').map_or(("", *key), |(path, node)| (path, node));
        let path = if path.is_empty() { String::new() } else { format!("{path}.") };
        frames.push((path, stage.plan.place(stage.plan.find(node).unwrap()).scope));
    }
    frames.sort();
    frames.dedup();
    for (path, scope) in frames {
        for number in &stage.plan.scope(scope).members {
            let row = rows.get(format!("{path}{}", stage.plan.node(*number).id).as_str());
            let row =
                row.unwrap_or_else(|| panic!("{path}{} was never decided", stage.plan.node(*number).id));
            assert!(row.status.is_final() && !row.is_retried(), "{row:?} was never decided");
            check_clean_up(stage, &rows, &path, *number, row);
        }
    }
}

fn check_clean_up(stage: &Stage, rows: &BTreeMap<&str, &RunStep>, path: &str, number: usize, row: &RunStep) {
    for edge in stage.plan.outgoing(number) {
        let edge = stage.plan.edge(*edge);
        let continued = stage.plan.node(number).on_error == OnError::Continue;
        let taken = match edge.on {
            EdgeOn::Always => true,
            EdgeOn::Failure => row.status == StepStatus::Failed && !continued,
            EdgeOn::Success => false,
        };
        if taken && edge.when.is_none() {
            let target = rows[format!("{path}{}", edge.to).as_str()];
            assert!(
                matches!(target.status, StepStatus::Succeeded | StepStatus::Failed),
                "{} cleans up after {} and was {}",
                target.key,
                row.key,
                target.status
            );
        }
    }
}

/// Tells whether nothing in these rows made anything wind down.
pub(super) fn is_quiet(stage: &Stage, rows: &[RunStep]) -> bool {
    is_good(stage, rows) && rows.iter().all(|row| row.status != StepStatus::Cancelled)
}

/// Tells whether nothing in these rows makes anything wind down.
fn is_good(stage: &Stage, rows: &[RunStep]) -> bool {
    rows.iter().filter(|row| !is_part(row.kind)).all(|row| {
        let number = stage.plan.find(row.key.split().1).unwrap();
        let handled = || {
            let mut edges = stage.plan.outgoing(number).iter().map(|edge| stage.plan.edge(*edge));
            edges.any(|edge| edge.on == EdgeOn::Failure && edge.when.is_none())
        };
        let node = stage.plan.node(number);
        match row.status {
            StepStatus::Failed => row.is_retried() || node.on_error == OnError::Continue || handled(),
            StepStatus::Succeeded => node.kind.name() != "stop",
            _ => true,
        }
    })
}

/// Returns the rows that a store would have after these were written.
pub(in crate::domain::play::tests) fn as_stored(log: impl IntoIterator<Item = RunStep>) -> Vec<RunStep> {
    let rows: BTreeMap<_, _> = log.into_iter().map(|row| ((row.key.clone(), row.attempt), row)).collect();
    rows.into_values().collect()
}

/// Returns what of a record does not depend on when it was written.
pub(super) fn essence(stage: &Stage) -> Vec<(StepKey, u32, StepStatus, Option<Payload>)> {
    stage.record.values().map(|row| (row.key.clone(), row.attempt, row.status, row.output.clone())).collect()
}

/// Loads what is left of a run and plays it to its end, in the same world.
pub(super) fn resume(played: &Played, rows: Vec<RunStep>, now: DateTime<Utc>, ended_by_then: bool) -> Stage {
    let whole = &played.stage;
    let mut stage = Stage::load_plan(whole.plan.clone(), whole.run.clone(), whole.limits, rows, now);
    if ended_by_then {
        stage.events = whole.events;
        played.world.end_again(&mut stage);
    } else {
        played.world.settle(&mut stage);
    }
    let mut events = 0;
    while played.world.step(&mut stage) {
        events += 1;
        assert!(events < 20_000, "the run never ends");
    }
    check_complete(&stage, played.world.taste.ends.is_some());
    stage
}

/// Compares a run that was cut with the one that was not.
pub(super) fn compare(played: &Played, before: &[RunStep], resumed: &Stage, keeps_order: bool) {
    let (whole, part) = (played.stage.finish(), resumed.finish());
    for row in before.iter().filter(|row| row.status.is_final()) {
        assert_eq!(resumed.record.get(&(row.key.clone(), row.attempt)), Some(row), "a recorded row changed");
    }
    if let Some((_, is_cancel)) = played.world.taste.ends {
        return compare_ended(before, resumed, is_cancel);
    }
    if resumed.asked_again {
        return; // a person had something done anew that would have ended otherwise
    }
    let is_lost = |row: &RunStep| row.error.as_ref().is_some_and(|error| error.code == "worker_lost");
    let was_lost = resumed.log.iter().any(is_lost);
    if is_quiet(&played.stage, &played.stage.log) {
        assert_eq!(essence(resumed), essence(&played.stage));
        assert_eq!((part.status, &part.result), (whole.status, &whole.result));
        if !was_lost {
            assert_eq!(part, whole); // otherwise it is not known what the lost try has cost
        }
        return;
    }
    // Which of a stop and a failure comes first is a matter of time, and a person takes time.
    let has_stop = played.stage.plan.score().nodes.iter().any(|node| node.kind.name() == "stop");
    if !has_stop || keeps_order && is_quiet(&played.stage, before) && !was_lost {
        assert_eq!(part.status, whole.status);
    }
}

pub(super) fn is_once(stage: &Stage, row: &RunStep) -> bool {
    let number = stage.plan.find(node_of(&row.key, row.kind).1).unwrap();
    stage.plan.node(number).effect == Effect::Once && row.kind != StepKind::ModelTurn
}

/// Checks a run that was ended before or after it was cut.
fn compare_ended(before: &[RunStep], resumed: &Stage, is_cancel: bool) {
    let status = resumed.finish().status;
    if resumed.play.ending.is_none() || !is_good(resumed, &resumed.log) {
        return; // it had ended otherwise by then
    }
    let left_undone = before.iter().any(|row| row.status == StepStatus::Cancelled);
    match is_cancel {
        true if left_undone => assert_eq!(status, RunStatus::Cancelled),
        true => assert_ne!(status, RunStatus::Failed),
        false => assert_eq!(status, RunStatus::Failed),
    }
}
