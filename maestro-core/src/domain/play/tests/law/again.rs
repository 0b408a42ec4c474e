//! Ended runs that are played anew: with better luck they end like runs that never failed, wherever they are cut.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    config,
    dice::Dice,
    graphs::Taste,
    runs::{Played, as_stored, check_complete, essence, is_quiet, play},
    tastes,
    world::World,
};
use crate::domain::{Payload, RunStep, StepStatus, Totals, play::tests::stage::Stage};

/// What there is no luck in: nothing fails by itself, nobody says no, nobody ends the run.
fn lucky(taste: Taste) -> Taste {
    Taste { failures: 0, ends: None, ..taste }
}

/// Plays to the end what is loaded.
fn play_on(world: &World, stage: &mut Stage) {
    world.settle(stage);
    let mut events = 0;
    while world.step(stage) {
        events += 1;
        assert!(events < 20_000, "the run never ends");
    }
    check_complete(stage, world.taste.ends.is_some());
}

/// Has everything played anew that did not go well, also what was handled.
fn again(stage: &Stage) -> Stage {
    let failed = |row: &&RunStep| row.status == StepStatus::Failed;
    let keys: Vec<_> = stage.last_rows().filter(failed).map(|row| row.key.to_string()).collect();
    stage.play_anew(&keys.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Returns how every step stands in the end, apart from those that were not played again.
fn outcomes(stage: &Stage) -> BTreeMap<String, (StepStatus, Option<Payload>)> {
    let played = stage.last_rows().filter(|row| row.generation == 0 || row.status != StepStatus::Cancelled);
    played.map(|row| (row.key.to_string(), (row.status, row.output.clone()))).collect()
}

/// Compares a run with one in which everything went well from the beginning.
fn compare(stage: &Stage, lucky: &Played) {
    let mut billed = Totals::default();
    for row in stage.record.values() {
        row.usage.iter().for_each(|usage| billed.add(usage, row.cost));
    }
    assert_eq!(stage.finish().totals, billed, "what was paid stays counted");
    if is_quiet(&lucky.stage, &lucky.stage.log) {
        assert_eq!(outcomes(stage), outcomes(&lucky.stage));
        let (one, other) = (stage.finish(), lucky.stage.finish());
        assert_eq!((one.status, &one.result), (other.status, &other.result));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn with_better_luck_a_run_ends_as_if_it_never_failed(seed: u64, size in 2_usize..26, taste in tastes()) {
        let mut stage = play(seed, size, taste).stage;
        let better = play(seed, size, lucky(taste));
        // However often it fails.
        for round in 0..2 {
            if stage.finish().status.is_good() {
                break;
            }
            stage = again(&stage);
            let taste = if round == 0 { Taste { ends: None, ..taste } } else { lucky(taste) };
            play_on(&World::new(seed, taste), &mut stage);
        }
        if !stage.finish().status.is_good() || is_quiet(&better.stage, &better.stage.log) {
            let mut last = again(&stage);
            play_on(&World::new(seed, lucky(taste)), &mut last);
            compare(&last, &better);
        }
    }

    #[test]
    fn a_run_that_is_played_anew_may_be_cut_anywhere(seed: u64, size in 2_usize..26, taste in tastes()) {
        let before = play(seed, size, taste).stage;
        let better = play(seed, size, lucky(taste));
        let world = World::new(seed, lucky(taste));
        let begun = again(&before);
        let rows = begun.record.len();
        let mut whole = begun;
        play_on(&world, &mut whole);
        let mut dice = Dice::new(seed, "cuts of the second round");
        for _ in 0..6 {
            let cut = rows + dice.below(whole.log.len() - rows + 1);
            let now = whole.times[cut.max(1) - 1];
            let kept = as_stored(whole.log[..cut].iter().cloned());
            let (plan, run) = (whole.plan.clone(), whole.run.clone());
            let mut resumed = Stage::load_plan(plan, run, whole.limits, kept.clone(), now);
            play_on(&world, &mut resumed);
            for row in kept.iter().filter(|row| row.status.is_final()) {
                let now = resumed.record.get(&(row.key.clone(), row.attempt));
                prop_assert_eq!(now, Some(row), "a recorded row changed");
            }
            compare(&resumed, &better);
            if is_quiet(&better.stage, &better.stage.log) {
                prop_assert_eq!(essence(&resumed), essence(&whole));
            }
        }
    }
}
