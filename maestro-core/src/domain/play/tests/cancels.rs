//! Runs that a person or a timeout ends.

use serde_json::json;

use super::{
    score::{delay, map, op, op_with, score, score_with, with},
    stage::{Stage, cancelled, failed},
};
use crate::domain::{
    Payload, Resolution, RunStatus,
    play::{Event, StepOutcome},
};

#[test]
fn a_cancel_ends_what_waits_at_once_and_asks_what_runs() {
    let mut stage = Stage::new(score([op("a"), delay("d", 60), op("b")], &["a -> b"]));
    stage.apply(cancelled());
    assert_eq!((stage.status("d"), stage.aborted.len()), ("cancelled", 1));
    assert!(!stage.is_finished());
    stage.end("a", StepOutcome::Aborted { not_applied: true });
    assert_eq!((stage.status("a"), stage.verdict()), ("cancelled", RunStatus::Cancelled));
    assert_eq!(stage.finish().error.as_ref().unwrap().code, "cancelled");
    assert_eq!(stage.status("b"), "skipped"); // which needs no execution

    let mut stage = Stage::new(score([delay("d", 60)], &[]));
    stage.apply(cancelled());
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_that_leaves_nothing_undone_ends_the_run_as_it_would_have() {
    let each = || map("each", json!([1, 2]), &["b"]);
    let nodes = || [each(), op("b"), op("c")];
    let edges = ["each -> c when output | length > 5"];
    let mut stage = Stage::new(score(nodes(), &edges));
    stage.ok("each.0.b", json!(1));
    stage.apply(cancelled());
    stage.ok("each.1.b", json!(2));
    assert_eq!((stage.verdict(), stage.output("each")), (RunStatus::Succeeded, json!([1, 2])));
    assert_eq!(stage.status("c"), "skipped");

    let mut stage = Stage::new(score(nodes(), &["each -> c"]));
    stage.apply(cancelled());
    stage.ok("each.0.b", json!(1));
    stage.ok("each.1.b", json!(2));
    assert_eq!((stage.status("c"), stage.verdict()), ("none", RunStatus::Cancelled));
}

#[test]
fn a_cancel_begins_no_iterations() {
    let each = with(map("each", json!([1, 2]), &["b"]), json!({"max_concurrency": 1}));
    let mut stage = Stage::new(score([each, op("b")], &[]));
    stage.apply(cancelled());
    stage.ok("each.0.b", json!(1));
    assert_eq!((stage.status("each"), stage.verdict()), ("cancelled", RunStatus::Cancelled));
}

#[test]
fn a_cancelled_step_that_fails_with_tries_left_is_not_tried_again() {
    let mut stage = Stage::new(score([op("a"), op("b")], &[]));
    stage.end("b", failed("flaky"));
    stage.apply(cancelled());
    stage.end("a", failed("told to end"));
    assert_eq!(stage.statuses(), ["a: cancelled", "b: cancelled"]);
    assert_eq!(stage.row("b").unwrap().attempt, 2);
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_of_a_failing_run_leaves_it_failed() {
    let mut stage = Stage::new(score([op("a"), op("b")], &[]));
    stage.fail("a");
    stage.apply(cancelled());
    stage.end("b", StepOutcome::Aborted { not_applied: false });
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_cancel_after_which_the_process_is_lost_is_asked_for_again() {
    let mut stage = Stage::new(score([op("a"), delay("d", 60), op("z")], &["d -always-> z"]));
    stage.apply(cancelled());
    assert_eq!((stage.status("d"), stage.keys()), ("cancelled", vec!["a"]));
    let mut stage = stage.reload();
    stage.apply(cancelled());
    for key in ["a", "z"] {
        stage.end(key, StepOutcome::Aborted { not_applied: true });
    }
    assert_eq!(stage.verdict(), RunStatus::Cancelled);

    // even if everything that runs comes to a good end, the wait was left undone
    let mut stage = Stage::new(score([op("a"), delay("d", 60)], &[]));
    stage.apply(cancelled());
    let mut stage = stage.reload();
    stage.apply(cancelled());
    stage.ok("a", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_does_not_wait_for_a_person() {
    let mut stage = Stage::new(score([op_with("a", json!({"effect": "once"})), op("b")], &[]));
    stage.end("a", failed("timeout"));
    stage.apply(cancelled());
    stage.ok("b", json!({}));
    assert_eq!((stage.status("a"), stage.verdict()), ("unknown", RunStatus::Cancelled));
}

#[test]
fn a_person_may_still_speak_while_a_run_ends() {
    let mut stage = Stage::new(score([op_with("a", json!({"effect": "once"})), op("b")], &[]));
    stage.end("a", failed("timeout"));
    stage.apply(cancelled());
    stage.resolve("a", 1, Resolution::Done { output: Payload::null() });
    stage.ok("b", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);

    let mut stage = Stage::new(score([op_with("a", json!({"effect": "once"})), op("b")], &[]));
    stage.end("a", failed("timeout"));
    stage.apply(cancelled());
    stage.resolve("a", 1, Resolution::Again); // is not done anew, because nothing starts any more
    assert_eq!((stage.status("a"), stage.row("a").unwrap().attempt), ("cancelled", 2));
    stage.ok("b", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
}

#[test]
fn the_timeout_of_a_run_fails_it_whatever_still_comes() {
    let mut stage = Stage::new(score_with([op("a")], &[], json!({"timeout_s": 90})));
    stage.apply(Event::Timeout);
    assert_eq!(stage.aborted.len(), 1);
    stage.ok("a", json!({}));
    let error = stage.finish().error.clone().unwrap();
    assert_eq!(stage.verdict(), RunStatus::Failed);
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("run_timeout", "it was active for longer than 90 s")
    );
}

#[test]
fn the_first_end_counts_and_nothing_happens_after_the_last() {
    let mut stage = Stage::new(score_with([op("a")], &[], json!({"timeout_s": 90})));
    stage.apply(cancelled());
    stage.apply(Event::Timeout);
    stage.apply(cancelled());
    stage.end("a", StepOutcome::Aborted { not_applied: false });
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
    stage.apply(Event::Timeout);
    stage.apply(Event::Time);
    assert_eq!(stage.record.len(), 1);
}
