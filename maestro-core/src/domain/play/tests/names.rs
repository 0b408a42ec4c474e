//! Which names templates and conditions see.

use serde_json::json;

use super::{
    score::{map, op, op_with, repeat, score},
    stage::Stage,
};

#[test]
fn a_template_sees_the_run() {
    let text = "{{ run.id }} {{ run.orchestra_id }} {{ run.score_id }} {{ run.score_version }} {{ run.trigger.kind }} \
                {{ run.input.x }} {{ run.queued_at }} {{ run.started_at }}";
    let stage = Stage::with_input(score([op_with("a", json!({"input": text}))], &[]), json!({"x": [1]}));
    let id = stage.run.run_id;
    let expected = format!("{id} nightly test 1 manual [1] 2027-01-15T07:59:59Z 2027-01-15T08:00:00Z");
    assert_eq!(stage.input("a"), json!(expected));
}

#[test]
fn from_holds_the_output_of_each_taken_edge() {
    let check = json!({"input": {
        "a": "{{ from.a }}", "failed": "{{ from.b.error.code }}", "c": "{{ from.c is defined }}",
        "all": "{{ from | list }}",
    }});
    let edges = ["a -> z", "b -always-> z", "c -failure-> z"];
    let mut stage = Stage::new(score([op("a"), op("b"), op("c"), op_with("z", check)], &edges));
    stage.ok("a", json!([1]));
    stage.fail("b");
    stage.ok("c", json!({}));
    // the failure of `b` was not handled, and yet `z` plays, because an always edge leads to it
    assert_eq!(stage.input("z"), json!({"a": [1], "failed": "broke", "c": false, "all": ["a", "b"]}));
}

#[test]
fn what_loops_give_is_not_seen_outside_of_them() {
    for name in ["item", "index", "previous", "output", "result"] {
        let template = json!({"input": format!("{{{{ {name} }}}}")});
        let stage = Stage::new(score([op_with("a", template)], &[]));
        assert_eq!((stage.status("a"), stage.code("a")), ("failed", "expression_error"), "{name}");
    }
}

#[test]
fn a_body_sees_item_and_index() {
    let shown = json!({"input": {"item": "{{ item }}", "index": "{{ index }}", "input": "{{ input }}"}});
    let edges = ["b -> c when item == 'y' and index == 1"];
    let score = score([map("each", json!(["x", "y"]), &["b", "c"]), op("b"), op_with("c", shown)], &edges);
    let mut stage = Stage::new(score);
    stage.ok("each.0.b", json!({}));
    stage.ok("each.1.b", json!(5));
    assert_eq!(stage.status("each.0.c"), "skipped");
    assert_eq!(stage.input("each.1.c"), json!({"item": "y", "index": 1, "input": {"b": 5}}));
}

#[test]
fn nested_loops_see_the_innermost_of_each_name() {
    let shown = json!({"input": ["{{ item }}", "{{ index }}", "{{ previous is none }}"]});
    let nodes = [
        map("each", json!(["x", "y"]), &["again"]),
        repeat("again", "index == 1", 2, &["inner"]),
        map("inner", json!(["{{ item }}", "z"]), &["b"]),
        op_with("b", shown),
    ];
    let mut stage = Stage::new(score(nodes, &[]));
    assert_eq!(
        stage.keys(),
        [
            "each.0.again.0.inner.0.b",
            "each.0.again.0.inner.1.b",
            "each.1.again.0.inner.0.b",
            "each.1.again.0.inner.1.b"
        ]
    );
    assert_eq!(stage.input("each.1.again.0.inner.0.b"), json!(["y", 0, true]));
    assert_eq!(stage.input("each.1.again.0.inner.1.b"), json!(["z", 1, true]));
    stage.ok("each.0.again.0.inner.0.b", json!(1));
    stage.ok("each.0.again.0.inner.1.b", json!(2));
    assert_eq!(stage.input("each.0.again.1.inner.0.b"), json!(["x", 0, false]));
}

#[test]
fn the_item_of_an_outer_loop_is_seen_in_a_repeat_within() {
    let shown = json!({"input": ["{{ item }}", "{{ index }}", "{{ previous }}"]});
    let nodes = [
        map("each", json!(["x"]), &["again"]),
        repeat("again", "result == 1", 5, &["b"]),
        op_with("b", shown),
    ];
    let mut stage = Stage::new(score(nodes, &[]));
    assert_eq!(stage.input("each.0.again.0.b"), json!(["x", 0, null]));
    stage.ok("each.0.again.0.b", json!(0));
    assert_eq!(stage.input("each.0.again.1.b"), json!(["x", 1, 0]));
}

#[test]
fn a_summary_sees_the_result_and_every_node_that_finished() {
    let line = "{{ result.n }} of {{ run.input.all }}, {{ from.b.error.code }}, {{ from.c is defined }}";
    let nodes = [op("a"), op("b"), op("c"), op("d")];
    let edges = ["a -> b", "b -> c", "b -failure-> d"];
    let score = super::score::score_with(nodes, &edges, json!({"summary": line}));
    let mut stage = Stage::with_input(score, json!({"all": 9}));
    stage.ok("a", json!({}));
    stage.fail("b");
    stage.ok("d", json!({"n": 3}));
    assert_eq!(stage.finish().output.as_deref(), Some("3 of 9, broke, false"));
}
