//! Records that no play ever wrote: nothing in them may make a play panic or hang.

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::json;

use super::{
    dice::Dice,
    graphs::{Taste, random_score},
    runs, tastes,
};
use crate::domain::{
    Failure, Money, Payload, Resolution, RunStep, StepKey, StepKind, StepStatus, Usage,
    play::{
        Decision, Ended, Event, Plan, Play, PlayLimits, StartStep, StepOutcome, inputs,
        tests::stage::cancelled,
        tests::stage::{run_with, second},
    },
};

/// Returns a key that may or may not be one of the score, at some depth.
fn random_key(dice: &mut Dice) -> StepKey {
    let node = |dice: &mut Dice| match dice.below(12) {
        0 => "nope".to_owned(),
        1 => "m1".to_owned(),
        _ => format!("n{}", dice.below(26)),
    };
    let mut key = node(dice);
    for _ in 0..dice.below(4) {
        let index = *dice.pick(&["0", "1", "2", "3", "7", "03", "x", "4294967295", "99999999999"]);
        key = match dice.below(8) {
            0 => format!("{key}.{index}"),
            _ => format!("{key}.{index}.{}", node(dice)),
        };
    }
    key.parse().unwrap()
}

fn random_row(dice: &mut Dice, key: StepKey) -> RunStep {
    let attempt = *dice.pick(&[1, 1, 1, 2, 3, 0, u32::MAX]);
    let row = RunStep::new(key, attempt, *dice.pick(StepKind::ALL), *dice.pick(StepStatus::ALL));
    let payloads = ["{", "null", "{}", "[1,2]", "{\"n\":3}", "[[", "\"x\"", "{\"list\":[1]}"];
    let payload = |dice: &mut Dice| dice.chance(50).then(|| Payload::from_stored(*dice.pick(&payloads)));
    let moment = |dice: &mut Dice| dice.chance(50).then(|| second(dice.below(200) as i64 - 100));
    RunStep {
        input: payload(dice),
        output: payload(dice),
        error: dice.chance(50).then(|| Failure::new(dice.pick(&["broke", "again", ""]), "")),
        started_at: moment(dice),
        finished_at: moment(dice),
        resume_at: moment(dice),
        generation: *dice.pick(&[0, 0, 0, 1, 2, u32::MAX]),
        usage: dice.chance(20).then(|| Usage { input: Some(u64::MAX), ..Usage::default() }),
        cost: dice.chance(20).then(|| Money::from_nanos(i64::MAX)),
        ..row
    }
}

/// Plays a record to its end, whatever it says.
fn play_on(plan: std::sync::Arc<Plan>, rows: Vec<RunStep>, dice: &mut Dice) {
    let run = run_with(json!({"x": 1, "list": [1, 2, 3], "n": 5}));
    let _ = inputs(plan.clone(), run.clone(), rows.clone());
    let mut now = second(0);
    let unknown: Vec<(StepKey, u32)> = rows.iter().map(|row| (row.key.clone(), row.attempt)).collect();
    let (mut play, decisions) = Play::load(plan, run, PlayLimits::default(), rows, now);
    let (mut running, mut finished) = (Vec::new(), false);
    take(decisions, &mut running, &mut finished);
    for turn in 0..10_000 {
        if finished {
            return;
        }
        let event = match (running.pop(), play.next_moment()) {
            (Some(step), _) => Event::Ended(Box::new(end(&step, dice))),
            (None, Some(moment)) => {
                now = now.max(moment);
                Event::Time
            }
            // only a person can help, about whatever it is
            (None, None) => match unknown.get(turn % (unknown.len() + 1)) {
                Some((key, attempt)) => {
                    let resolution = Resolution::Done { output: Payload::null() };
                    Event::Resolved { key: key.clone(), attempt: *attempt, resolution }
                }
                None => cancelled(),
            },
        };
        take(play.apply(event, now), &mut running, &mut finished);
    }
    panic!("the run never ends");
}

fn take(decisions: Vec<Decision>, running: &mut Vec<StartStep>, finished: &mut bool) {
    for decision in decisions {
        assert!(!*finished);
        match decision {
            Decision::Start(step) => running.push(*step),
            Decision::Finish(_) => *finished = true,
            Decision::Write(_) | Decision::Abort(_) => {}
        }
    }
}

fn end(step: &StartStep, dice: &mut Dice) -> Ended {
    let outcome = match dice.below(8) {
        0 => StepOutcome::Aborted { not_applied: dice.chance(50) },
        1 => StepOutcome::Failed {
            failure: Failure::new("broke", ""),
            permanent: dice.chance(50),
            not_applied: dice.chance(50),
            after: Some(TimeDelta::seconds(dice.below(9) as i64)),
        },
        _ => StepOutcome::Succeeded(Payload::from(json!({"n": dice.below(9)}))),
    };
    Ended {
        handle: step.handle,
        attempt: step.attempt,
        input: None,
        outcome,
        started_at: None,
        billed: None,
        random: f64::NAN,
    }
}

proptest! {
    #![proptest_config(super::config())]

    #[test]
    fn no_record_makes_a_play_panic_or_hang(seed: u64, size in 2_usize..26, taste in tastes(), rows in 0_usize..80) {
        let plan = std::sync::Arc::new(Plan::new(std::sync::Arc::new(random_score(seed, size, taste))).unwrap());
        let mut dice = Dice::new(seed, "garbage");
        let rows = (0..rows).map(|_| { let key = random_key(&mut dice); random_row(&mut dice, key) }).collect();
        play_on(plan, rows, &mut dice);
    }

    #[test]
    fn no_damage_to_a_record_makes_a_play_panic_or_hang(seed: u64, size in 2_usize..26, taste in tastes(), damage in 1_usize..6) {
        let played = runs::play(seed, size, Taste { ends: None, ..taste });
        let mut dice = Dice::new(seed, "damage");
        let cut = dice.below(played.stage.log.len() + 1);
        let mut rows = runs::as_stored(played.stage.log[..cut].iter().cloned());
        for _ in 0..damage.min(rows.len()) {
            let at = dice.below(rows.len());
            match dice.below(4) {
                0 => drop(rows.swap_remove(at)),
                1 => rows.push(rows[at].clone()),
                _ => {
                    let row = random_row(&mut dice, rows[at].key.clone());
                    rows[at] = RunStep { attempt: rows[at].attempt, ..row };
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        play_on(played.stage.plan.clone(), rows, &mut dice);
    }
}
