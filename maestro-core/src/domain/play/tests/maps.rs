//! Bodies that are played for each item of a list.

use serde_json::{Value, json};

use super::{
    score::{delay, map, op, op_with, score, with},
    stage::{Stage, failed, failed_for_good},
};
use crate::domain::{RunStatus, play::Event};

fn each(items: Value, fields: Value) -> Stage {
    Stage::new(score([with(map("each", items, &["b"]), fields), op("b")], &[]))
}

#[test]
fn results_come_in_the_order_of_the_items() {
    let mut stage = each(json!([10, 20, 30]), json!({}));
    assert_eq!(stage.keys(), ["each.0.b", "each.1.b", "each.2.b"]);
    assert_eq!((stage.input("each.1.b"), stage.running[1].input_is_own), (json!(20), false));
    stage.ok("each.2.b", json!("c"));
    stage.ok("each.0.b", json!("a"));
    stage.ok("each.1.b", json!("b"));
    assert_eq!((stage.output("each"), stage.result()), (json!(["a", "b", "c"]), json!(["a", "b", "c"])));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn an_empty_list_gives_an_empty_list() {
    let stage = each(json!([]), json!({}));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!([])));
    assert_eq!(stage.record.len(), 1);
}

#[test]
fn what_is_no_list_or_too_long_a_list_fails_for_good() {
    for items in [json!({}), json!("[1]"), json!(null), json!(7)] {
        let stage = each(items, json!({}));
        assert_eq!((stage.code("each"), stage.verdict()), ("not_a_list", RunStatus::Failed));
        assert!(!stage.row("each").unwrap().is_retried());
    }
    let stage = each(json!([1, 2, 3]), json!({"max_items": 2}));
    assert_eq!(stage.code("each"), "too_many_items");
    let stage = each(json!("{{ input.nope }}"), json!({}));
    assert_eq!(stage.code("each"), "expression_error");
}

#[test]
fn items_are_looked_up_where_a_template_may_look() {
    let list = map("each", json!("{{ from.a.list }}"), &["b"]);
    let mut stage = Stage::new(score([op("a"), list, op("b")], &["a -> each"]));
    stage.ok("a", json!({"list": [{"x": 1}, [2]]}));
    assert_eq!((stage.input("each.0.b"), stage.input("each.1.b")), (json!({"x": 1}), json!([2])));
}

#[test]
fn so_many_items_are_played_at_a_time() {
    let mut stage = each(json!([0, 1, 2, 3]), json!({"max_concurrency": 2}));
    assert_eq!(stage.keys(), ["each.0.b", "each.1.b"]);
    stage.ok("each.1.b", json!(1));
    assert_eq!(stage.keys(), ["each.0.b", "each.2.b"]);
    stage.ok("each.2.b", json!(2));
    stage.ok("each.3.b", json!(3));
    assert_eq!(stage.keys(), ["each.0.b"]);
    stage.ok("each.0.b", json!(0));
    assert_eq!(stage.output("each"), json!([0, 1, 2, 3]));
}

#[test]
fn a_failed_item_fails_the_loop_after_what_runs_has_ended() {
    let mut stage = each(json!([0, 1, 2]), json!({"max_concurrency": 2}));
    stage.fail("each.1.b");
    assert_eq!(stage.keys(), ["each.0.b"]); // the third never begins
    stage.end("each.0.b", failed_for_good("other"));
    let error = stage.row("each").unwrap().error.clone().unwrap();
    assert_eq!(error.code, "iteration_failed");
    assert_eq!(error.message, "iteration 0: step each.0.b: it was other"); // the first of them in the list
    assert_eq!(stage.verdict(), RunStatus::Failed);
    assert_eq!(stage.finish().error.as_ref().unwrap().code, "iteration_failed");
}

#[test]
fn a_failed_item_cancels_waits_and_new_nodes_of_other_items() {
    let nodes = [map("each", json!([0, 1, 2]), &["b", "d", "c"]), op("b"), delay("d", 60), op("c")];
    let edges = ["b -> d when item == 0", "b -> c when item == 1"];
    let mut stage = Stage::new(score(nodes, &edges));
    stage.ok("each.0.b", json!({}));
    stage.fail("each.2.b");
    assert_eq!(stage.status("each.0.d"), "cancelled");
    stage.ok("each.1.b", json!({}));
    assert_eq!((stage.status("each.1.c"), stage.status("each")), ("cancelled", "failed"));
}

#[test]
fn a_loop_that_fails_may_be_handled() {
    let nodes = [map("each", json!([0, 1]), &["b"]), op("b"), op("h")];
    let mut stage = Stage::new(score(nodes, &["each -failure-> h"]));
    stage.fail("each.0.b");
    stage.ok("each.1.b", json!({}));
    assert_eq!(stage.input("h")["error"]["code"], "iteration_failed");
    stage.ok("h", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Completed);
}

#[test]
fn null_keeps_the_length_and_drop_does_not() {
    let mut stage = each(json!([0, 1, 2]), json!({"on_item_error": "null"}));
    stage.fail("each.1.b");
    stage.ok("each.0.b", json!("a"));
    stage.ok("each.2.b", json!("c"));
    assert_eq!((stage.output("each"), stage.verdict()), (json!(["a", null, "c"]), RunStatus::Completed));

    let mut stage = each(json!([0, 1, 2]), json!({"on_item_error": "drop"}));
    stage.fail("each.0.b");
    stage.fail("each.1.b");
    stage.ok("each.2.b", json!(null));
    assert_eq!((stage.output("each"), stage.verdict()), (json!([null]), RunStatus::Completed));
}

#[test]
fn a_failing_item_winds_down_by_itself() {
    let nodes = [
        with(map("each", json!([0, 1]), &["a", "b", "c", "z"]), json!({"on_item_error": "null"})),
        op("a"),
        op("b"),
        op("c"),
        op("z"),
    ];
    let mut stage = Stage::new(score(nodes, &["b -> c", "b -always-> z"]));
    stage.fail("each.0.a");
    stage.ok("each.0.b", json!({}));
    assert_eq!(stage.status("each.0.c"), "cancelled");
    stage.ok("each.0.z", json!({})); // cleans up
    for key in ["a", "b", "c", "z"] {
        stage.ok(&format!("each.1.{key}"), json!({key: 1}));
    }
    assert_eq!(stage.output("each"), json!([null, {"a": 1, "c": 1, "z": 1}]));
}

#[test]
fn loops_nest() {
    let nodes = [
        map("rows", json!([[1, 2], [], [3]]), &["cells"]),
        map("cells", json!("{{ item }}"), &["b"]),
        op_with("b", json!({"input": "{{ item * 10 }}"})),
    ];
    let mut stage = Stage::new(score(nodes, &[]));
    assert_eq!(stage.keys(), ["rows.0.cells.0.b", "rows.0.cells.1.b", "rows.2.cells.0.b"]);
    for step in ["rows.2.cells.0.b", "rows.0.cells.1.b", "rows.0.cells.0.b"] {
        let input = stage.input(step);
        stage.ok(step, input);
    }
    assert_eq!(stage.result(), json!([[10, 20], [], [30]]));
}

#[test]
fn two_waits_of_one_item_may_end_at_the_same_moment() {
    let nodes = [map("each", json!([0]), &["x", "y"]), delay("x", 5), delay("y", 5)];
    let mut stage = Stage::new(score(nodes, &[]));
    stage.pass(5);
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
    // the root's waits too, and those of several items
    let nodes = [delay("w", 5), map("each", json!([0, 1]), &["x", "y"]), delay("x", 5), delay("y", 5)];
    let mut stage = Stage::new(score(nodes, &[]));
    stage.pass(5);
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn a_late_end_of_a_step_does_not_reach_the_one_that_now_stands_in_its_place() {
    let each = with(map("each", json!([0, 1]), &["b"]), json!({"max_concurrency": 1}));
    let mut stage = Stage::new(score([each, op_with("b", json!({"effect": "once"}))], &[]));
    let old = stage.running[0].clone();
    stage.end("each.0.b", failed("timeout"));
    let done = crate::domain::Resolution::Done { output: crate::domain::Payload::null() };
    stage.resolve("each.0.b", 1, done);
    assert_eq!(stage.keys(), ["each.1.b"]);
    let late = stage.end_of(&old, failed_for_good("late"));
    let written = stage.log.len();
    stage.apply(Event::Ended(Box::new(late)));
    assert_eq!((stage.log.len(), stage.keys()), (written, vec!["each.1.b"]));
}

#[test]
fn a_loop_goes_on_after_its_process_is_lost() {
    let mut stage = each(json!([0, 1, 2, 3, 4]), json!({"max_concurrency": 2}));
    stage.now = super::stage::second(7);
    stage.ok("each.1.b", json!("b"));
    stage.ok("each.2.b", json!("c"));
    let before = stage.keys().join(" ");
    stage.now = super::stage::second(70);
    let mut stage = stage.reload();
    assert_eq!(stage.keys().join(" "), "each.0.b each.3.b");
    assert_eq!(before, "each.0.b each.3.b");
    for (index, text) in [(3, "d"), (4, "e"), (0, "a")] {
        stage.ok(&format!("each.{index}.b"), json!(text));
    }
    assert_eq!(stage.output("each"), json!(["a", "b", "c", "d", "e"]));
    assert_eq!(stage.row("each").unwrap().started_at, Some(super::stage::second(7))); // as far as is on record
}
