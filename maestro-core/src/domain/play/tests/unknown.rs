//! Steps whose outcome was lost: a person must say, or the outcome comes late.

use serde_json::json;

use super::{
    score::{op_with, score},
    stage::{Stage, failed, not_applied},
};
use crate::domain::{
    Money, Payload, Resolution, RunStatus, Usage,
    play::{Billed, Event, Pause, StartStep, StepOutcome},
};

/// Returns a stage on which `a`, an effect that may happen once, is unknown, and what was started.
fn lost() -> (Stage, StartStep) {
    let retry = json!({"effect": "once", "retry": {"max_attempts": 2}});
    let mut stage = Stage::new(score([op_with("a", retry), super::score::op("b")], &["a -> b"]));
    let step = stage.running[0].clone();
    stage.end("a", failed("timeout"));
    assert_eq!((stage.status("a"), stage.code("a")), ("unknown", "timeout"));
    (stage, step)
}

fn late(stage: &mut Stage, step: &StartStep, outcome: StepOutcome) {
    let ended = stage.end_of(step, outcome);
    stage.apply(Event::Ended(Box::new(ended)));
}

#[test]
fn a_person_says_that_it_was_done() {
    let (mut stage, _) = lost();
    stage.resolve("a", 1, Resolution::Done { output: Payload::from(json!({"sent": 1})) });
    let row = stage.row("a").unwrap();
    assert_eq!((row.status.name(), row.error.as_ref(), row.attempt), ("succeeded", None, 1));
    assert!(row.started_at.is_some());
    assert_eq!(stage.input("b"), json!({"sent": 1}));
}

#[test]
fn a_person_says_that_it_failed() {
    let (mut stage, _) = lost();
    stage.resolve("a", 1, Resolution::Failed { message: "the mail bounced".into() });
    assert_eq!((stage.code("a"), stage.verdict()), ("resolved_as_failed", RunStatus::Failed));
    assert_eq!(stage.row("a").unwrap().error.as_ref().unwrap().message, "the mail bounced");
}

#[test]
fn a_person_has_it_done_anew_with_tries_of_its_own() {
    let (mut stage, _) = lost();
    stage.resolve("a", 1, Resolution::Again);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (2, 1));
    let rows: Vec<_> =
        stage.record.values().map(|row| (row.attempt, row.generation, row.status.name())).collect();
    assert_eq!(rows, [(1, 0, "failed"), (2, 1, "running")]);
    stage.end("a", not_applied("refused")); // the first of two
    stage.pass(60);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (3, 1));
    stage.end("a", not_applied("refused"));
    assert_eq!((stage.status("a"), stage.verdict()), ("failed", RunStatus::Failed));
}

#[test]
fn generations_and_tries_are_read_back() {
    let (mut stage, _) = lost();
    stage.resolve("a", 1, Resolution::Again);
    let mut stage = stage.reload(); // the worker is lost while the second try runs
    assert_eq!((stage.status("a"), stage.code("a")), ("unknown", "worker_lost"));
    stage.resolve("a", 1, Resolution::Again); // the person has seen an older try
    assert!(stage.running.is_empty());
    stage.resolve("a", 2, Resolution::Again);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (3, 2));
    stage.end("a", not_applied("refused"));
    let mut stage = stage.reload();
    stage.pass(60);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (4, 2));
    stage.end("a", not_applied("refused"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_record_that_ends_with_the_word_of_a_person_is_followed() {
    let (mut stage, _) = lost();
    stage.resolve("a", 1, Resolution::Again);
    let rows = stage.record.values().filter(|row| row.attempt == 1).cloned().collect();
    let mut stage = stage.load_from(rows);
    stage.pass(0);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (2, 1));
}

#[test]
fn a_late_outcome_of_that_very_try_is_accepted() {
    let (mut stage, step) = lost();
    late(&mut stage, &step, StepOutcome::Succeeded(Payload::from(json!({"sent": 1}))));
    assert_eq!((stage.output("a"), stage.row("a").unwrap().error.as_ref()), (json!({"sent": 1}), None));
    assert_eq!(stage.keys(), ["b"]);

    let (mut stage, step) = lost();
    late(&mut stage, &step, not_applied("refused"));
    assert!(stage.row("a").unwrap().is_retried());
    stage.pass(60);
    assert_eq!(stage.running[0].attempt, 2);
}

#[test]
fn a_late_outcome_that_tells_nothing_new_or_comes_after_the_word_of_a_person_changes_nothing() {
    let (mut stage, step) = lost();
    let written = stage.log.len();
    late(&mut stage, &step, failed("also unknown"));
    assert_eq!((stage.log.len(), stage.code("a")), (written, "timeout"));
    stage.resolve("a", 1, Resolution::Again);
    let written = stage.log.len();
    late(&mut stage, &step, StepOutcome::Succeeded(Payload::null()));
    assert_eq!((stage.log.len(), stage.keys()), (written, vec!["a"]));
}

#[test]
fn the_word_of_a_person_counts_once_and_only_for_what_is_unknown() {
    let (mut stage, _) = lost();
    let done = || Resolution::Done { output: Payload::null() };
    for (key, attempt) in [("a", 2), ("b", 1), ("nope", 1), ("a.1.b", 1), ("a.m1", 1)] {
        stage.resolve(key, attempt, done());
    }
    assert_eq!((stage.status("a"), stage.play.pause()), ("unknown", Pause::Person));
    stage.resolve("a", 1, done());
    let written = stage.log.len();
    stage.resolve("a", 1, Resolution::Failed { message: String::new() });
    assert_eq!(stage.log.len(), written);
}

#[test]
fn a_lost_worker_makes_it_unknown_and_repeatable_steps_run_again() {
    let stage = Stage::new(score([op_with("a", json!({"effect": "once"})), super::score::op("b")], &[]));
    let stage = stage.reload();
    assert_eq!((stage.status("a"), stage.code("a"), stage.keys()), ("unknown", "worker_lost", vec!["b"]));
    assert_eq!(stage.running[0].attempt, 1);
}

#[test]
fn a_failing_run_waits_for_the_person() {
    let (mut stage, _) = {
        let nodes = [op_with("a", json!({"effect": "once"})), super::score::op("b")];
        let mut stage = Stage::new(score(nodes, &[]));
        let step = stage.running[0].clone();
        stage.end("a", failed("timeout"));
        (stage, step)
    };
    stage.fail("b");
    assert!(!stage.is_finished());
    stage.resolve("a", 1, Resolution::Done { output: Payload::null() });
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn what_is_billed_late_is_added() {
    let billed = |tokens, cost| Billed {
        model: "m".into(),
        usage: Usage { input: Some(tokens), output: Some(0), ..Usage::default() },
        price: None,
        cost: Some(Money::from_nanos(cost)),
    };
    let mut stage = Stage::new(score([op_with("a", json!({"effect": "once"}))], &[]));
    let step = stage.running[0].clone();
    stage.end_billed("a", failed("timeout"), billed(5, 50));
    let ended = stage.end_of(&step, StepOutcome::Succeeded(Payload::null()));
    let ended = crate::domain::play::Ended { billed: Some(billed(2, 20)), ..ended };
    stage.apply(Event::Ended(Box::new(ended)));
    let totals = &stage.finish().totals;
    assert_eq!((totals.input_tokens, totals.known), (7, Money::from_nanos(70)));
    let row = stage.row("a").unwrap();
    assert_eq!((row.usage.as_ref().unwrap().input, row.cost), (Some(7), Some(Money::from_nanos(70))));
    assert_eq!(stage.reload().finish().totals, *totals);
}

#[test]
fn an_output_that_cannot_be_recorded_is_a_failure_of_what_was_done() {
    let mut stage = Stage::new(score([op_with("a", json!({"effect": "once"}))], &[]));
    stage.ok("a", json!("x".repeat(300_000)));
    assert_eq!((stage.status("a"), stage.code("a")), ("failed", "value_too_large"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}
