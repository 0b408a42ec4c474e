//! Steps that were cut off because their process stops.

use serde_json::json;

use super::{
    score::{llm, op, op_with, score},
    stage::{Stage, cancelled, second},
};
use crate::domain::{
    Failure, Money, RunStatus, Usage,
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

/// Whatever keeps a turn from being asked for a second time, what was paid before stays on record.
#[test]
fn what_was_billed_before_an_interruption_outlives_every_wait_for_money() {
    let tokens = |stage: &Stage| stage.row("write.m1").unwrap().usage.as_ref().map(|usage| usage.input);
    let mut stage = Stage::new(score([llm("write", "x")], &[]));
    interrupt(&mut stage, "write.m1", false, Some(bill(100)));
    let failure = || Failure::new("budget", "no money is left");

    let mut held = stage.reload();
    let handle = held.take("write.m1").handle;
    let (since, until) = (held.now, second(500));
    held.apply(Event::Held { handle, reason: failure(), since, until });
    assert_eq!((held.status("write.m1"), tokens(&held)), ("waiting", Some(Some(100))));
    let mut called_off = held.reload();
    called_off.apply(cancelled());
    assert_eq!((called_off.status("write.m1"), tokens(&called_off)), ("cancelled", Some(Some(100))));
    let mut woken = held.reload();
    woken.apply(Event::Woken);
    woken.end_billed("write.m1", StepOutcome::Succeeded(json!({"text": "hi"}).into()), bill(1));
    assert_eq!((tokens(&woken), woken.finish().totals.input_tokens), (Some(Some(101)), 101));

    let mut refused = stage.reload();
    let handle = refused.take("write.m1").handle;
    refused.apply(Event::OverBudget { handle, failure: failure() });
    assert_eq!((refused.status("write.m1"), tokens(&refused)), ("cancelled", Some(Some(100))));
    assert_eq!(refused.finish().totals.input_tokens, 100);
}
