//! Failures: who handles them, and how a run winds down when nobody does.

use serde_json::json;

use super::{
    score::{delay, map, op, score, score_with},
    stage::{Stage, failed, failed_for_good},
};
use crate::domain::{RunStatus, play::StepOutcome};

#[test]
fn a_taken_failure_edge_handles_a_failure() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["a -> b", "a -failure-> c"]));
    stage.fail("a");
    stage.ok("c", json!({"c": 1}));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Completed, json!({"c": 1})));
    assert_eq!(stage.finish().error, None);
}

#[test]
fn a_failure_edge_that_is_not_taken_handles_nothing() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -failure-> b when error.code == 'other'"]));
    stage.fail("a");
    assert_eq!((stage.status("b"), stage.verdict()), ("skipped", RunStatus::Failed));
    let error = stage.finish().error.clone().unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("broke", "step a: it was broke"));
    assert_eq!(stage.finish().result, None);
}

#[test]
fn an_always_edge_handles_nothing_but_is_played() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["a -always-> b", "b -> c"]));
    stage.fail("a");
    assert_eq!(stage.keys(), ["b"]);
    stage.ok("b", json!({}));
    assert_eq!(stage.keys(), ["c"]); // it follows a node that started so
    stage.ok("c", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_failing_run_lets_running_steps_finish_and_starts_nothing_new() {
    let nodes = [op("a"), op("b"), op("c"), op("d"), op("e")];
    let mut stage = Stage::new(score(nodes, &["b -> c", "c -> d", "c -always-> e"]));
    stage.fail("a");
    assert_eq!(stage.keys(), ["b"]);
    stage.ok("b", json!({"kept": true}));
    assert_eq!((stage.status("c"), stage.status("d"), stage.keys()), ("cancelled", "skipped", vec!["e"]));
    assert_eq!(stage.output("b"), json!({"kept": true}));
    stage.ok("e", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
    assert_eq!(stage.row("c").unwrap().started_at, None);
}

#[test]
fn a_handler_that_fails_is_judged_by_the_same_rule() {
    let edges = ["a -failure-> b", "b -failure-> c"];
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &edges));
    stage.fail("a");
    stage.fail("b");
    stage.ok("c", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Completed);

    let mut stage = Stage::new(score([op("a"), op("b")], &["a -failure-> b"]));
    stage.fail("a");
    stage.end("b", failed_for_good("worse"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
    assert_eq!(stage.finish().error.as_ref().unwrap().code, "worse");
}

#[test]
fn tries_of_a_step_that_has_started_go_on_in_a_failing_run() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["b -> c"]));
    stage.end("b", failed("flaky"));
    stage.fail("a");
    assert!(!stage.is_finished());
    stage.pass(10);
    assert_eq!(stage.keys(), ["b"]);
    stage.ok("b", json!({}));
    assert_eq!((stage.status("b"), stage.status("c")), ("succeeded", "cancelled"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn waits_are_cancelled_in_a_failing_run_unless_they_clean_up() {
    let nodes = [op("a"), delay("wait", 60), op("z"), op("b"), delay("rest", 60), op("last")];
    let edges = ["wait -always-> z", "b -always-> rest", "rest -> last"];
    let mut stage = Stage::new(score(nodes, &edges));
    stage.ok("b", json!({}));
    stage.fail("a");
    assert_eq!((stage.status("wait"), stage.status("rest")), ("cancelled", "waiting"));
    assert_eq!(stage.row("wait").unwrap().resume_at, None);
    stage.ok("z", json!({}));
    stage.pass(60);
    stage.ok("last", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn the_first_failure_names_the_run() {
    let mut stage = Stage::new(score([op("a"), op("b")], &[]));
    stage.end("b", failed_for_good("first"));
    stage.pass(1);
    stage.end("a", failed_for_good("second"));
    assert_eq!(stage.finish().error.as_ref().unwrap().message, "step b: it was first");
}

#[test]
fn of_failures_at_one_moment_that_of_the_first_node_names_the_run() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &[]));
    stage.fail("b");
    stage.end("a", failed_for_good("other"));
    let rows = stage.record.values().rev().cloned().collect(); // however they are read
    let mut again = stage.load_from(rows);
    for stage in [&mut stage, &mut again] {
        if !stage.running.is_empty() {
            stage.ok("c", json!({}));
        }
        assert_eq!(stage.finish().error.as_ref().unwrap().message, "step a: it was other");
    }
}

#[test]
fn fail_fast_ends_running_steps_and_retries() {
    let nodes = [op("a"), op("b"), op("c"), op("d"), op("e")];
    let edges = ["b -always-> d", "e -failure-> d"];
    let mut stage = Stage::new(score_with(nodes, &edges, json!({"fail_fast": true})));
    stage.end("c", failed("flaky"));
    let (b, e) = (stage.running[1].handle, stage.running[2].handle);
    stage.fail("a");
    assert_eq!(stage.aborted, [b, e]);
    assert_eq!(stage.row("c").unwrap().attempt, 2);
    assert_eq!((stage.status("c"), stage.code("c")), ("cancelled", ""));
    stage.end("b", StepOutcome::Aborted { not_applied: false });
    stage.end("e", failed("it was told to end")); // with tries left: and yet it is not tried again
    assert_eq!((stage.status("e"), stage.code("e")), ("cancelled", "it was told to end"));
    assert_eq!(stage.keys(), ["d"]); // cleans up
    stage.ok("d", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn fail_fast_spares_what_cleans_up() {
    let nodes = [op("a"), op("b"), op("c")];
    let mut stage = Stage::new(score_with(nodes, &["b -always-> c"], json!({"fail_fast": true})));
    stage.ok("b", json!({}));
    stage.fail("a");
    assert!(stage.aborted.is_empty());
    stage.end("c", failed("flaky"));
    stage.pass(10);
    stage.ok("c", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_step_that_ends_early_unasked_has_failed() {
    let mut stage = Stage::new(score([op("a")], &[]));
    stage.end("a", StepOutcome::Aborted { not_applied: false });
    assert_eq!((stage.status("a"), stage.code("a")), ("failed", "aborted"));
    assert!(stage.row("a").unwrap().is_retried());
}

#[test]
fn a_failing_run_begins_no_new_iterations() {
    let each = super::score::with(map("each", json!([1, 2, 3]), &["b"]), json!({"max_concurrency": 2}));
    let mut stage = Stage::new(score([op("a"), each, op("b"), op("z")], &["each -always-> z"]));
    assert_eq!(stage.keys(), ["a", "each.0.b", "each.1.b"]);
    stage.fail("a");
    stage.ok("each.0.b", json!(1));
    stage.ok("each.1.b", json!(2));
    assert_eq!((stage.status("each"), stage.keys()), ("cancelled", vec!["z"]));
    stage.ok("z", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn a_loop_that_has_begun_everything_ends_as_usual_in_a_failing_run() {
    let mut stage = Stage::new(score([op("a"), map("each", json!([1, 2]), &["b"]), op("b")], &[]));
    stage.fail("a");
    stage.ok("each.0.b", json!(1));
    stage.ok("each.1.b", json!(2));
    assert_eq!((stage.status("each"), stage.output("each")), ("succeeded", json!([1, 2])));
}

#[test]
fn a_loop_that_cleans_up_plays_all_of_its_iterations() {
    let each = super::score::with(map("each", json!([1, 2]), &["b"]), json!({"max_concurrency": 1}));
    let mut stage = Stage::new(score([op("a"), each, op("b")], &["a -always-> each"]));
    stage.fail("a");
    stage.ok("each.0.b", json!(1));
    stage.ok("each.1.b", json!(2));
    assert_eq!(stage.output("each"), json!([1, 2]));
    assert_eq!(stage.verdict(), RunStatus::Failed);
}
