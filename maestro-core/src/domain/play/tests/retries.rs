//! Tries: how often a step is tried, and how long it waits before.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    score::{op_with, score},
    stage::{Stage, failed, failed_for_good, not_applied, second},
};
use crate::domain::{
    Failure, RunStatus,
    play::{Event, Pause, StepOutcome},
};

fn stage(fields: serde_json::Value) -> Stage {
    Stage::new(score([op_with("a", fields)], &[]))
}

#[test]
fn a_failed_try_is_followed_by_others_until_there_are_enough() {
    let mut stage = stage(json!({"retry": {"max_attempts": 3, "initial_s": 2, "factor": 3, "jitter": 0}}));
    stage.end("a", failed("one"));
    assert_eq!(stage.play.pause(), Pause::Until(second(2)));
    let row = stage.row("a").unwrap();
    assert_eq!((row.attempt, row.resume_at, row.is_retried()), (1, Some(second(2)), true));
    stage.pass(1);
    assert!(stage.running.is_empty());
    stage.pass(1);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (2, 0));
    stage.end("a", failed("two"));
    assert_eq!(stage.play.pause(), Pause::Until(second(2 + 6)));
    stage.pass(60);
    stage.end("a", failed("three"));
    let row = stage.row("a").unwrap();
    assert_eq!((row.attempt, row.resume_at, stage.code("a")), (3, None, "three"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_step_that_was_retried_and_then_worked_is_no_failure() {
    let mut stage = stage(json!({}));
    stage.end("a", failed("one"));
    stage.pass(10);
    stage.ok("a", json!({"x": 1}));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!({"x": 1})));
    assert_eq!(stage.record.len(), 2);
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    let mut stage = stage(json!({}));
    stage.end("a", failed_for_good("bad"));
    assert_eq!((stage.verdict(), stage.record.len()), (RunStatus::Failed, 1));
}

#[test]
fn a_failure_may_ask_for_a_longer_wait() {
    let ask = |seconds| StepOutcome::Failed {
        failure: Failure::new("busy", "later"),
        permanent: false,
        not_applied: false,
        after: Some(TimeDelta::seconds(seconds)),
    };
    let mut stage = stage(json!({"retry": {"max_attempts": 5, "jitter": 0}}));
    stage.end("a", ask(90));
    assert_eq!(stage.play.pause(), Pause::Until(second(90)));
    stage.pass(90);
    stage.end("a", ask(1)); // shorter than the policy says: the policy wins
    assert_eq!(stage.play.pause(), Pause::Until(second(92)));
    stage.pass(2);
    stage.end("a", ask(-1_000_000));
    assert_eq!(stage.play.pause(), Pause::Until(second(96)));
}

#[test]
fn a_wait_that_never_ends_in_time_is_cut_at_the_end_of_time() {
    let mut stage = stage(json!({}));
    let failure = Failure::new("busy", "never");
    let after = Some(TimeDelta::MAX);
    stage.end("a", StepOutcome::Failed { failure, permanent: false, not_applied: false, after });
    assert!(matches!(stage.play.pause(), Pause::Until(moment) if moment > second(1_000_000_000)));
}

#[test]
fn jitter_comes_from_outside() {
    let mut stage = stage(json!({"retry": {"initial_s": 10, "jitter": 0.5}}));
    let step = stage.take("a");
    let ended = crate::domain::play::Ended { random: 1.0, ..stage.end_of(&step, failed("one")) };
    stage.apply(Event::Ended(Box::new(ended)));
    assert_eq!(stage.play.pause(), Pause::Until(second(15)));
}

#[test]
fn an_effect_that_may_happen_once_is_tried_again_only_when_it_did_not_happen() {
    let mut stage = stage(json!({"effect": "once", "retry": {"max_attempts": 3}}));
    assert_eq!(stage.status("a"), "running"); // its start is on record before it is executed
    stage.end("a", not_applied("refused"));
    assert_eq!(stage.status("a"), "failed");
    stage.pass(10);
    assert_eq!(stage.status("a"), "running");
    stage.end("a", failed("who knows"));
    assert_eq!(stage.status("a"), "unknown");
    assert_eq!(stage.play.pause(), Pause::Person);
}

#[test]
fn an_effect_that_may_happen_once_is_tried_once_unless_the_score_says_more() {
    let mut stage = stage(json!({"effect": "once"}));
    stage.end("a", not_applied("refused"));
    assert_eq!((stage.status("a"), stage.verdict()), ("failed", RunStatus::Failed));
}

#[test]
fn a_try_that_waits_when_its_process_is_lost_is_tried_at_the_same_moment() {
    let mut stage = stage(json!({"retry": {"jitter": 0}}));
    stage.end("a", failed("one"));
    let mut stage = stage.reload();
    assert_eq!(stage.play.pause(), Pause::Until(second(1)));
    stage.pass(1);
    assert_eq!(stage.running[0].attempt, 2);
    stage.end("a", failed("two"));
    let mut stage = stage.reload();
    stage.pass(60);
    stage.end("a", failed("three"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_failure_of_the_host_is_not_taken_for_the_word_of_a_person() {
    let mut stage = stage(json!({"retry": {"max_attempts": 2}}));
    stage.end("a", failed("again"));
    let mut stage = stage.reload();
    stage.pass(60);
    assert_eq!((stage.running[0].attempt, stage.running[0].generation), (2, 0));
    stage.end("a", failed("again"));
    assert_eq!((stage.verdict(), stage.code("a")), (RunStatus::Failed, "again"));
}
