//! The law: loading any recorded set equals applying its events in any causal order.
//!
//! Random scores are played in random worlds: what becomes of a try is a function of its key and its number alone, and so
//! is what happens first, so that a play that was cut and loaded again can be compared with one that never was.

mod again;
mod cuts;
mod dice;
mod garbage;
mod graphs;
mod runs;
pub(super) use self::runs::as_stored;
mod snapshot;
mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;

use self::{
    dice::Dice,
    graphs::{Taste, random_score},
    runs::{Cut, compare, essence, is_once, is_quiet, play, resume},
    snapshot::snapshot,
    world::World,
};
use super::stage::{Stage, cancelled, second};
use crate::domain::{Payload, RunStatus, RunStep, StepKey, StepKind, StepStatus, play::inputs};

/// Each case plays whole runs: a quarter of the usual number is as good as more elsewhere.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(4), failure_persistence: None, ..usual }
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
    #![proptest_config(config())]

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
    fn the_order_in_which_steps_end_means_nothing(seed: u64, order: u64, size in 2_usize..26, taste in tastes()) {
        let taste = Taste { ends: None, ..taste };
        let one = play(seed, size, taste).stage;
        if is_quiet(&one, &one.log) {
            let world = World::new(seed, taste).in_another_order(order);
            let mut two = world.begin(random_score(seed, size, taste));
            while world.step(&mut two) {}
            prop_assert_eq!(essence(&one), essence(&two));
            let (one, two) = (one.finish(), two.finish());
            prop_assert_eq!((one.status, &one.result, &one.totals), (two.status, &two.result, &two.totals));
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
        let event = cancelled();
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
            if row.kind == StepKind::ModelTurn {
                continue; // the conversation so far
            }
            prop_assert!(derived.contains_key(&row.key), "{} is left out", row.key);
        }
    }
}

/// The properties hold for runs of every kind: this one makes sure that the random space has them all.
#[test]
fn the_random_space_is_wide() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..400 {
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
        see(
            "answered",
            played
                .stage
                .log
                .iter()
                .any(|row| row.kind == StepKind::Approval && row.status == StepStatus::Succeeded),
        );
        see(
            "tools called",
            played
                .stage
                .log
                .iter()
                .any(|row| row.kind == StepKind::ToolCall && row.status == StepStatus::Succeeded),
        );
        see("mended", played.stage.log.iter().any(|row| row.key.as_str().ends_with(".m3")));
        see("nested", played.stage.log.iter().any(|row| row.key.as_str().matches('.').count() >= 4));
        see("thrice nested", played.stage.log.iter().any(|row| row.key.as_str().matches('.').count() >= 6));
    }
    println!("{seen:#?}");
    assert!(seen.values().all(|count| *count >= 10), "{seen:#?}");
}
