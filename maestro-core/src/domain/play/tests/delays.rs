//! Nodes that wait.

use serde_json::json;

use super::{
    score::{delay, op, score, with},
    stage::{Stage, run_with, second},
};
use crate::domain::{RunStatus, play::Pause};

fn until(moment: &str) -> serde_json::Value {
    json!({"id": "d", "kind": "delay", "until": moment})
}

#[test]
fn a_delay_waits_and_passes_its_input_on() {
    let mut stage = Stage::new(score([op("a"), delay("d", 90), op("b")], &["a -> d", "d -> b"]));
    stage.ok("a", json!({"x": 1}));
    let row = stage.row("d").unwrap();
    assert_eq!((row.status.name(), row.resume_at, &row.input), ("waiting", Some(second(90)), &None));
    assert_eq!(stage.play.pause(), Pause::Until(second(90)));
    stage.pass(89);
    assert!(stage.running.is_empty());
    stage.pass(1);
    assert_eq!(stage.input("b"), json!({"x": 1}));
    let row = stage.row("d").unwrap();
    assert_eq!((row.status.name(), row.resume_at, row.started_at), ("succeeded", None, Some(second(0))));
}

#[test]
fn a_delay_with_a_template_passes_that_on_after_its_process_was_lost() {
    let slow = with(delay("d", 90), json!({"input": {"y": "{{ input.x }}"}}));
    let mut stage = Stage::with_input(score([slow, op("b")], &["d -> b"]), json!({"x": 1}));
    stage.pass(10);
    let mut stage = stage.reload();
    assert_eq!(stage.play.pause(), Pause::Until(second(90)));
    stage.pass(80);
    assert_eq!(stage.input("b"), json!({"y": 1}));
}

#[test]
fn no_time_at_all_is_one_row() {
    let stage = Stage::new(score([delay("d", 0)], &[]));
    assert_eq!((stage.log.len(), stage.status("d"), stage.verdict()), (1, "succeeded", RunStatus::Succeeded));
}

#[test]
fn a_moment_may_be_a_constant_a_template_or_past() {
    let stage = Stage::new(score([until("2027-01-15T08:00:05Z")], &[]));
    assert_eq!(stage.play.pause(), Pause::Until(second(5)));
    let stage = Stage::with_input(
        score([until("{{ run.input.at }}")], &[]),
        json!({"at": "2027-01-15T10:00:05.5+02:00"}),
    );
    assert_eq!(stage.play.pause(), Pause::Until(second(5) + chrono::TimeDelta::milliseconds(500)));
    let stage = Stage::new(score([until("1999-01-01T00:00:00Z")], &[]));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn what_is_no_moment_fails_for_good() {
    for garbage in ["tomorrow", "2027-01-15", "", "{{ run.input }}", "{{ 1 + 1 }}"] {
        let stage = Stage::new(score([until(garbage), op("b")], &["d -failure-> b"]));
        assert_eq!((stage.status("d"), stage.code("d")), ("failed", "not_a_time"), "{garbage}");
        assert_eq!(stage.keys(), ["b"]);
    }
    let stage = Stage::new(score([until("{{ input.nope }}")], &[]));
    assert_eq!(stage.code("d"), "expression_error");
}

#[test]
fn a_wait_whose_moment_is_not_on_record_begins_again() {
    let stage = Stage::new(score([delay("d", 90)], &[]));
    let row = crate::domain::RunStep { resume_at: None, ..stage.row("d").unwrap().clone() };
    let stage =
        Stage::load_plan(stage.plan.clone(), run_with(json!({})), stage.limits, vec![row], second(10));
    assert_eq!(stage.play.pause(), Pause::Until(second(100)));
}

#[test]
fn several_waits_end_in_order() {
    let nodes = [delay("x", 30), delay("y", 10), delay("z", 20), op("b")];
    let mut stage = Stage::new(score(nodes, &["x -> b", "y -> b", "z -> b"]));
    for _ in 0..3 {
        stage.pass(10);
    }
    let order: Vec<_> =
        stage.log.iter().filter(|row| row.status.is_final()).map(|row| row.key.as_str()).collect();
    assert_eq!(order, ["y", "z", "x"]);
    assert_eq!(stage.keys(), ["b"]);
}
