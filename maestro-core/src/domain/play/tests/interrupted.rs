//! Steps that were cut off because their process stops.

use serde_json::json;

use super::{
    score::{op, op_with, score},
    stage::Stage,
};
use crate::domain::{
    Money, RunStatus, Usage,
    play::{Billed, Ended, Event, StepOutcome},
};

fn bill(tokens: u64) -> Billed {
    let usage = Usage { input: Some(tokens), ..Usage::default() };
    Billed { model: "m".into(), usage, price: None, cost: Some(Money::from_nanos(7)) }
}

fn interrupt(stage: &mut Stage, key: &str, not_applied: bool, billed: Option<Billed>) {
    let step = stage.running.iter().find(|step| step.key.as_str() == key).unwrap().clone();
    let ended = stage.end_of(&step, StepOutcome::Aborted { not_applied });
    stage.apply(Event::Interrupted(Box::new(Ended { billed, ..ended })));
}

#[test]
fn what_a_try_was_billed_before_it_was_interrupted_is_billed_once_with_the_rest() {
    let mut stage = Stage::new(score([op("a")], &[]));
    for times in 1..=3 {
        interrupt(&mut stage, "a", false, Some(bill(100)));
        let row = stage.row("a").unwrap();
        assert_eq!((row.status.name(), row.attempt), ("running", 1));
        assert_eq!(row.usage.as_ref().unwrap().input, Some(100 * times));
        stage = stage.reload();
        assert_eq!(stage.running[0].billed.as_ref().unwrap().usage.input, Some(100 * times));
    }
    stage.end_billed("a", StepOutcome::Succeeded(json!(1).into()), bill(1));
    let row = stage.row("a").unwrap();
    assert_eq!((row.attempt, row.usage.as_ref().unwrap().input), (1, Some(301)));
    assert_eq!(row.cost, Some(Money::from_nanos(28)));
    assert_eq!((stage.verdict(), stage.finish().totals.input_tokens), (RunStatus::Succeeded, 301));
}

#[test]
fn an_effect_that_had_not_begun_begins_and_one_that_had_is_unknown() {
    for (not_applied, after) in [(true, "running"), (false, "unknown")] {
        let mut stage = Stage::new(score([op_with("pay", json!({"effect": "once"}))], &[]));
        interrupt(&mut stage, "pay", not_applied, None);
        let stage = stage.reload();
        assert_eq!(stage.status("pay"), after);
        let started: Vec<_> = stage.running.iter().map(|step| (step.attempt, step.generation)).collect();
        assert_eq!(started, if not_applied { vec![(1, 0)] } else { Vec::new() });
    }
}

#[test]
fn a_step_that_was_interrupted_unbilled_leaves_no_trace() {
    let mut stage = Stage::new(score([op("a")], &[]));
    interrupt(&mut stage, "a", false, None);
    assert!(stage.row("a").is_none());
    assert_eq!(stage.reload().running.len(), 1);
}
