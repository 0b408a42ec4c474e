//! The law: loading any recorded set equals applying its events in any causal order.
//!
//! Random scores are played in random worlds: what becomes of a try is a function of its key and its number alone, and so
//! is what happens first, so that a play that was cut and loaded again can be compared with one that never was.

mod cuts;
mod dice;
mod garbage;
mod graphs;
mod snapshot;
mod world;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use self::{
    dice::Dice,
    graphs::{Taste, random_score},
    snapshot::snapshot,
    world::World,
};
use super::stage::{Stage, second};
use crate::domain::{
    EdgeOn, OnError, Payload, RunStatus, RunStep, StepKey, StepStatus,
    play::{Event, inputs},
};

/// Where a record is cut.
struct Cut {
    written: usize,
    now: DateTime<Utc>,
    is_between_events: bool,
}

/// A whole run and how it went.
struct Played {
    world: World,
    stage: Stage,
    /// What the state was, and how many rows there were, after each event.
    moments: Vec<(usize, DateTime<Utc>, String)>,
}

fn play(seed: u64, size: usize, taste: Taste) -> Played {
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
fn check_complete(stage: &Stage, may_end: bool) {
    let rows: BTreeMap<&str, &RunStep> = stage.last_rows().map(|row| (row.key.as_str(), row)).collect();
    for row in rows.values() {
        assert!(row.status != StepStatus::Running && row.status != StepStatus::Waiting, "{row:?} is left");
    }
    if stage.play.ending.is_some() || may_end {
        return;
    }
    let mut frames: Vec<(String, usize)> = vec![(String::new(), 0)];
    for key in rows.keys() {
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

/// Tells whether nothing in these rows makes anything wind down.
fn is_quiet(stage: &Stage, rows: &[RunStep]) -> bool {
    rows.iter().all(|row| {
        let number = stage.plan.find(row.key.split().1).unwrap();
        let handled = || {
            let mut edges = stage.plan.outgoing(number).iter().map(|edge| stage.plan.edge(*edge));
            edges.any(|edge| edge.on == EdgeOn::Failure && edge.when.is_none())
        };
        let node = stage.plan.node(number);
        match row.status {
            StepStatus::Cancelled => false,
            StepStatus::Failed => row.is_retried() || node.on_error == OnError::Continue || handled(),
            StepStatus::Succeeded => node.kind.name() != "stop",
            _ => true,
        }
    })
}

/// Returns the rows that a store would have after these were written.
fn as_stored(log: impl IntoIterator<Item = RunStep>) -> Vec<RunStep> {
    let rows: BTreeMap<_, _> = log.into_iter().map(|row| ((row.key.clone(), row.attempt), row)).collect();
    rows.into_values().collect()
}

/// Returns what of a record does not depend on when it was written.
fn essence(stage: &Stage) -> Vec<(StepKey, u32, StepStatus, Option<Payload>)> {
    stage.record.values().map(|row| (row.key.clone(), row.attempt, row.status, row.output.clone())).collect()
}

/// Loads what is left of a run and plays it to its end, in the same world.
fn resume(played: &Played, rows: Vec<RunStep>, now: DateTime<Utc>, ended_by_then: bool) -> Stage {
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
fn compare(played: &Played, before: &[RunStep], resumed: &Stage, keeps_order: bool) {
    let (whole, part) = (played.stage.finish(), resumed.finish());
    for row in before.iter().filter(|row| row.status.is_final()) {
        assert_eq!(resumed.record.get(&(row.key.clone(), row.attempt)), Some(row), "a recorded row changed");
    }
    if resumed.asked_again || played.world.taste.ends.is_some() {
        return; // a person had something done anew that would have ended otherwise; or the run was ended by people
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

fn tastes() -> impl Strategy<Value = Taste> {
    let percent = prop_oneof![Just(0_u64), Just(5), Just(15), Just(40)];
    let ends = prop_oneof![4 => Just(None), 1 => (0_usize..30, any::<bool>()).prop_map(Some)];
    (percent.clone(), percent, any::<[bool; 4]>(), ends).prop_map(
        |(failures, waits, [stops, once, fast, conditions], ends)| Taste {
            failures,
            waits,
            stops,
            once,
            fast,
            conditions,
            ends,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_is_cut_anywhere_ends_as_if_it_never_was(seed: u64, size in 2_usize..26, taste in tastes()) {
        let played = play(seed, size, taste);
        let mut dice = Dice::new(seed, "cuts");
        for _ in 0..12 {
            let cut = match dice.chance(50) {
                true => {
                    let (written, now, _) = dice.pick(&played.moments);
                    Cut { written: *written, now: *now, is_between_events: true }
                }
                false => {
                    let written = dice.below(played.stage.log.len() + 1);
                    let now = written.checked_sub(1).map_or(second(0), |last| played.stage.times[last]);
                    Cut { written, now, is_between_events: false }
                }
            };
            let rows = as_stored(played.stage.log[..cut.written].iter().cloned());
            let ended_by_then = played.stage.ended_at.is_some_and(|at| at <= cut.written);
            let resumed = resume(&played, rows.clone(), cut.now, ended_by_then);
            compare(&played, &rows, &resumed, cut.is_between_events);
        }
    }

    #[test]
    fn a_part_of_a_record_with_all_its_causes_is_as_good(seed: u64, size in 2_usize..26, taste in tastes()) {
        let taste = Taste { ends: None, ..taste };
        let played = play(seed, size, taste);
        let mut dice = Dice::new(seed, "parts");
        for _ in 0..6 {
            let rows = cuts::random_part(&played.stage, &mut dice);
            let resumed = resume(&played, rows.clone(), played.stage.now, false);
            compare(&played, &rows, &resumed, false);
        }
    }

    #[test]
    fn a_loaded_play_stands_where_the_other_stood(seed: u64, size in 2_usize..26, taste in tastes()) {
        let played = play(seed, size, Taste { ends: None, ..taste });
        let mut dice = Dice::new(seed, "moments");
        let stage = &played.stage;
        for (written, now, state) in &played.moments {
            if dice.below(4) > 0 || !is_quiet(stage, &stage.log[..*written]) {
                continue;
            }
            let rows = as_stored(stage.log[..*written].iter().cloned());
            let is_lost = |row: &RunStep| row.status == StepStatus::Running && is_once(stage, row);
            if rows.iter().any(is_lost) {
                continue;
            }
            let loaded = Stage::load_plan(stage.plan.clone(), stage.run.clone(), stage.limits, rows.clone(), *now);
            prop_assert_eq!(&snapshot(&loaded.play), state);
            prop_assert_eq!(loaded.log.len(), rows.len(), "nothing is to be written");
        }
    }

    #[test]
    fn the_order_of_rows_means_nothing(seed: u64, size in 2_usize..26, taste in tastes()) {
        let played = play(seed, size, taste);
        let mut dice = Dice::new(seed, "order");
        let log = &played.stage.log;
        for _ in 0..4 {
            let mut rows = as_stored(log[..dice.below(log.len() + 1)].iter().cloned());
            let one = played.stage.load_from(rows.clone());
            dice.shuffle(&mut rows);
            let two = played.stage.load_from(rows.clone());
            prop_assert_eq!(snapshot(&one.play), snapshot(&two.play));
            prop_assert_eq!(format!("{:?}", one.running), format!("{:?}", two.running));
            prop_assert_eq!((&one.record, &one.finish), (&two.record, &two.finish));
            prop_assert_eq!(&one.log[rows.len()..], &two.log[rows.len()..]);
        }
    }

    #[test]
    fn a_complete_record_finishes_at_once(seed: u64, size in 2_usize..26, taste in tastes()) {
        let played = play(seed, size, Taste { ends: None, ..taste });
        let rows: Vec<RunStep> = played.stage.record.values().cloned().collect();
        let again = played.stage.load_from(rows.clone());
        prop_assert_eq!(again.finish(), played.stage.finish());
        prop_assert_eq!(again.log.len(), rows.len());
        prop_assert!(again.started == 0);
    }

    #[test]
    fn what_no_longer_matters_changes_nothing(seed: u64, size in 2_usize..26, taste in tastes()) {
        let world = World::new(seed, taste);
        let mut stage = world.begin(random_score(seed, size, taste));
        let mut dice = Dice::new(seed, "noise");
        loop {
            let before = snapshot(&stage.play);
            for event in world.noise(&stage, &mut dice) {
                let decisions = stage.play.apply(event.clone(), stage.now);
                prop_assert!(decisions.is_empty(), "{:?} led to {:?}", event, decisions);
            }
            prop_assert_eq!(before, snapshot(&stage.play));
            if !world.step(&mut stage) {
                break;
            }
        }
        let event = Event::Cancel;
        prop_assert!(stage.play.apply(event, stage.now).is_empty());
    }

    #[test]
    fn inputs_that_rows_leave_out_are_derived(seed: u64, size in 2_usize..26, taste in tastes()) {
        let played = play(seed, size, taste);
        let stage = &played.stage;
        let derived = inputs(stage.plan.clone(), stage.run.clone(), stage.record.values().cloned().collect());
        let count = derived.len();
        let derived: BTreeMap<StepKey, Payload> = derived.into_iter().collect();
        prop_assert_eq!(derived.len(), count, "each once");
        for (key, input) in &stage.given {
            prop_assert_eq!(derived.get(key), Some(input), "{}", key);
        }
        for row in stage.last_rows().filter(|row| row.started_at.is_some() && row.input.is_none()) {
            prop_assert!(derived.contains_key(&row.key), "{} is left out", row.key);
        }
    }
}

fn is_once(stage: &Stage, row: &RunStep) -> bool {
    let number = stage.plan.find(row.key.split().1).unwrap();
    stage.plan.node(number).effect == crate::domain::Effect::Once
}

/// The properties hold for runs of every kind: this one makes sure that the random space has them all.
#[test]
fn the_random_space_is_wide() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..300 {
        let percent = [0, 5, 15, 40][seed as usize % 4];
        let bit = |at: u64| seed >> at & 1 == 1;
        let taste = Taste {
            failures: percent,
            waits: 15,
            stops: bit(2),
            once: bit(3),
            fast: bit(4),
            conditions: bit(5),
            ends: None,
        };
        let played = play(seed, 2 + seed as usize % 24, taste);
        let quiet = is_quiet(&played.stage, &played.stage.log);
        let mut see = |what: &'static str, really: bool| *seen.entry(what).or_default() += u32::from(really);
        let status = played.stage.verdict();
        see("succeeded", status == RunStatus::Succeeded);
        see("completed", status == RunStatus::Completed);
        see("failed", status == RunStatus::Failed);
        see("quiet", quiet);
        see("quiet and long", quiet && played.stage.log.len() > 30);
        see("quiet and retried", quiet && played.stage.log.iter().any(RunStep::is_retried));
        see("quiet and completed", quiet && status == RunStatus::Completed);
        see("stopped", played.stage.play.ending.is_some());
        see("aborted", !played.stage.aborted.is_empty());
        see("unknown", played.stage.log.iter().any(|row| row.status == StepStatus::Unknown));
        see("cancelled", played.stage.log.iter().any(|row| row.status == StepStatus::Cancelled));
        see("skipped", played.stage.log.iter().any(|row| row.status == StepStatus::Skipped));
        see("nested", played.stage.log.iter().any(|row| row.key.as_str().matches('.').count() >= 4));
        see("thrice nested", played.stage.log.iter().any(|row| row.key.as_str().matches('.').count() >= 6));
    }
    println!("{seen:#?}");
    assert!(seen.values().all(|count| *count >= 10), "{seen:#?}");
}
