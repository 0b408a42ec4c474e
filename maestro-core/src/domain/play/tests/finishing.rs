//! The final status of a run and its line.

use serde_json::json;

use super::{
    score::{map, op, op_with, score, score_with, with},
    stage::{Stage, failed_for_good},
};
use crate::domain::{
    Money, Payload, RunStatus, Usage,
    play::{Billed, StepOutcome},
};

fn billed(tokens: u64, cost: Option<i64>) -> Billed {
    Billed {
        model: "m".into(),
        usage: Usage { input: Some(tokens), output: Some(0), ..Usage::default() },
        price: None,
        cost: cost.map(Money::from_nanos),
    }
}

fn good() -> StepOutcome {
    StepOutcome::Succeeded(Payload::from(json!({"n": 3})))
}

#[test]
fn a_run_is_completed_when_something_failed_and_was_handled() {
    let each = with(map("each", json!([1]), &["b"]), json!({}));
    let nodes = [each, op_with("b", json!({"on_error": "continue"}))];
    let mut stage = Stage::new(score(nodes, &[]));
    stage.fail("each.0.b");
    assert_eq!((stage.status("each"), stage.verdict()), ("succeeded", RunStatus::Completed));
    assert_eq!(stage.reload().verdict(), RunStatus::Completed);
}

#[test]
fn the_line_is_the_summary_and_what_was_spent() {
    let summary = json!({"summary": "{{ result.n }} drafts"});
    let mut stage = Stage::new(score_with([op("a"), op("b")], &["a -> b"], summary));
    stage.end_billed("a", good(), billed(5_000, Some(30_000_000)));
    stage.end_billed("b", good(), billed(432, Some(10_000_000)));
    assert_eq!(stage.finish().output.as_deref(), Some("3 drafts · 5.4K tokens · $0.04"));
    assert_eq!(stage.finish().totals.input_tokens, 5_432);
    assert_eq!(stage.row("b").unwrap().cost, Some(Money::from_nanos(10_000_000)));
}

#[test]
fn an_unknown_price_is_never_zero() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b"]));
    stage.end_billed("a", good(), billed(900, Some(30_000_000)));
    stage.end_billed("b", good(), billed(99, None));
    assert_eq!(stage.finish().output.as_deref(), Some("999 tokens · cost unknown"));
    assert_eq!(stage.finish().totals.cost(), None);
}

#[test]
fn every_try_that_was_billed_counts() {
    let mut stage = Stage::new(score([op("a")], &[]));
    stage.end_billed("a", super::stage::failed("flaky"), billed(5, Some(1)));
    stage.pass(60);
    stage.end_billed("a", good(), billed(6, Some(2)));
    assert_eq!((stage.finish().totals.input_tokens, stage.finish().totals.known.nanos()), (11, 3));
    assert_eq!(stage.reload().finish().totals, stage.finish().totals);
}

#[test]
fn a_run_that_spent_nothing_and_has_no_summary_has_no_line() {
    let mut stage = Stage::new(score([op("a")], &[]));
    stage.ok("a", json!({}));
    assert_eq!(stage.finish().output, None);
}

#[test]
fn a_summary_that_makes_no_sense_does_not_fail_the_run() {
    let mut stage = Stage::new(score_with([op("a")], &[], json!({"summary": "{{ result.nope }}"})));
    stage.ok("a", json!({}));
    let line = stage.finish().output.clone().unwrap();
    assert!(line.starts_with("(summary: ") && line.contains("nope"), "{line}");
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn a_run_that_did_not_end_well_has_no_summary() {
    let mut stage = Stage::new(score_with([op("a")], &[], json!({"summary": "all is well"})));
    stage.end_billed("a", failed_for_good("bad"), billed(1, Some(0)));
    assert_eq!(stage.finish().output.as_deref(), Some("1 tokens · $0.00"));
}

#[test]
fn a_line_is_not_endless() {
    let mut stage = Stage::new(score_with([op("a")], &[], json!({"summary": "{{ result }}"})));
    stage.ok("a", json!("ä".repeat(100_000)));
    assert_eq!(stage.finish().output.as_ref().unwrap().chars().count(), 4_096);
}
