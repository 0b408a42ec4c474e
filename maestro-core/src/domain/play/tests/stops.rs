//! Runs that a `stop` node ends.

use serde_json::json;

use super::{
    score::{delay, map, op, op_with, repeat, score, score_with, stop, with},
    stage::{Stage, failed, failed_for_good},
};
use crate::domain::{RunStatus, play::StepOutcome};

#[test]
fn a_stop_ends_the_run_with_its_status() {
    let ended = |status: &str| {
        let end = with(stop("end", status), json!({"reason": "{{ input.why }}"}));
        let mut stage = Stage::new(score([op("a"), end, op("b")], &["a -> end", "end -> b"]));
        stage.ok("a", json!({"why": "enough"}));
        assert_eq!((stage.status("end"), stage.status("b")), ("succeeded", "none"));
        let finish = stage.finish().clone();
        assert_eq!(stage.reload().finish(), &finish);
        (finish.status, finish.output, finish.error.map(|error| (error.code, error.message)))
    };
    let (stopped, said) = (Some(("stopped".to_owned(), "enough".to_owned())), Some("enough".to_owned()));
    assert_eq!(ended("succeeded"), (RunStatus::Succeeded, said.clone(), None));
    assert_eq!(ended("completed"), (RunStatus::Completed, said, None));
    assert_eq!(ended("failed"), (RunStatus::Failed, None, stopped.clone()));
    assert_eq!(ended("cancelled"), (RunStatus::Cancelled, None, stopped));
}

#[test]
fn the_reason_of_a_stop_is_told_beside_a_failure_that_wins() {
    let end = with(stop("end", "cancelled"), json!({"reason": "no more"}));
    let mut stage = Stage::new(score([op("a"), end], &["a -always-> end"]));
    stage.end("a", failed_for_good("broken"));
    let finish = stage.finish();
    assert_eq!((finish.status, finish.output.as_deref()), (RunStatus::Failed, Some("no more")));
}

#[test]
fn a_stop_ends_what_runs_and_waits() {
    let nodes = [op("a"), op("b"), op("c"), delay("d", 60), op("e"), stop("end", "succeeded")];
    let mut stage = Stage::new(score(nodes, &["a -> end", "b -> e", "d -always-> e"]));
    stage.end("c", failed("flaky"));
    stage.ok("a", json!({}));
    assert_eq!((stage.status("d"), stage.status("c")), ("cancelled", "cancelled"));
    assert_eq!(stage.aborted, [stage.running[0].handle]);
    assert!(!stage.is_finished());
    stage.ok("b", json!({"b": 1}));
    assert_eq!((stage.status("b"), stage.status("e")), ("succeeded", "none"));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn an_error_of_a_step_that_was_told_to_end_is_no_failure() {
    let nodes = [op("a"), op("b"), stop("end", "succeeded")];
    let mut stage = Stage::new(score(nodes, &["a -> end"]));
    stage.ok("a", json!({}));
    stage.end("b", failed_for_good("told to end"));
    assert_eq!((stage.status("b"), stage.code("b")), ("cancelled", "told to end"));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn a_stop_after_a_handled_failure_completes() {
    let mut stage = Stage::new(score([op("a"), stop("end", "succeeded")], &["a -failure-> end"]));
    stage.fail("a");
    assert_eq!(stage.verdict(), RunStatus::Completed);
}

#[test]
fn a_stop_cannot_make_a_failing_run_good() {
    let mut stage = Stage::new(score([op("a"), stop("end", "succeeded")], &["a -always-> end"]));
    stage.fail("a");
    assert_eq!((stage.status("end"), stage.verdict()), ("succeeded", RunStatus::Failed));
}

#[test]
fn a_stop_in_a_body_ends_the_run() {
    let nodes = || {
        [
            map("each", json!([1, 2]), &["again"]),
            repeat("again", "false", 9, &["b", "end"]),
            op("b"),
            with(stop("end", "failed"), json!({"reason": "at {{ item }}"})),
            op("after"),
        ]
    };
    let edges = ["b -> end when output == 'enough'", "each -always-> after"];
    let mut stage = Stage::new(score(nodes(), &edges));
    stage.ok("each.1.again.0.b", json!("go on"));
    stage.ok("each.1.again.1.b", json!("enough"));
    assert_eq!(stage.aborted.len(), 1);
    stage.end("each.0.again.0.b", StepOutcome::Aborted { not_applied: false });
    assert_eq!(stage.status("each.1.again.1.end"), "succeeded");
    for open in ["each", "each.0.again", "each.1.again"] {
        assert_eq!(stage.status(open), "cancelled", "{open}");
    }
    assert_eq!((stage.status("again"), stage.status("after")), ("none", "none"));
    assert_eq!(stage.finish().error.as_ref().unwrap().message, "at 2");
    let again = stage.reload();
    assert_eq!((again.finish(), again.log.len()), (stage.finish(), stage.record.len()));
}

#[test]
fn a_stop_whose_reason_makes_no_sense_fails() {
    let end = with(stop("end", "succeeded"), json!({"reason": "{{ input.nope }}"}));
    let stage = Stage::new(score([end, op("b")], &["end -failure-> b"]));
    assert_eq!((stage.code("end"), stage.keys()), ("expression_error", vec!["b"]));
}

#[test]
fn a_step_that_was_running_when_its_worker_was_lost_is_not_left_running_by_a_stop() {
    let nodes = [op("a"), op("b"), stop("end", "succeeded")];
    let mut stage = Stage::new(score(nodes, &["a -> end"]));
    stage.record_start("b");
    stage.ok("a", json!({}));
    let stage = stage.reload();
    assert_eq!((stage.status("b"), stage.verdict()), ("cancelled", RunStatus::Succeeded));
    assert!(stage.row("b").unwrap().started_at.is_some());
}

#[test]
fn what_is_called_off_in_the_call_that_started_it_never_begins() {
    let nodes =
        [op("a"), op_with("b", json!({"effect": "once"})), op("c"), delay("d", 5), stop("end", "succeeded")];
    let edges = ["a -> b", "a -> c", "a -> d", "a -> end"];
    let mut stage = Stage::new(score(nodes, &edges));
    stage.ok("a", json!({}));
    assert_eq!((stage.aborted.len(), stage.started), (0, 1));
    let cancelled = ["a: succeeded", "b: cancelled", "c: cancelled", "d: cancelled", "end: succeeded"];
    assert_eq!(
        (stage.statuses(), stage.verdict()),
        (cancelled.map(str::to_owned).to_vec(), RunStatus::Succeeded)
    );
}

#[test]
fn fail_fast_does_not_run_interrupted_steps_again() {
    let nodes = [op("a"), op("b"), op("c")];
    let mut stage = Stage::new(score_with(nodes, &["b -always-> c"], json!({"fail_fast": true})));
    stage.record_start("b");
    stage.fail("a");
    let mut stage = stage.reload();
    assert_eq!((stage.status("b"), stage.keys()), ("cancelled", vec!["c"]));
    stage.ok("c", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}
