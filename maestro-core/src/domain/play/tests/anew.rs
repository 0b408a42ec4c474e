//! Runs that have ended and are played anew, from what failed or from where a person says.

use serde_json::{Value, json};

use super::{
    score::{approval, llm, map, op, op_with, repeat, score, score_with, stop, with},
    stage::{Stage, cancelled, second},
};
use crate::domain::{Payload, Resolution, RunStatus, play::Event};

/// Returns what runs: the key, the try and the generation of each step, in the order of the starts.
fn running(stage: &Stage) -> Vec<(&str, u32, u32)> {
    stage.running.iter().map(|step| (step.key.as_str(), step.attempt, step.generation)).collect()
}

#[test]
fn what_failed_is_executed_anew_and_what_follows_for_the_first_time() {
    let mut stage = Stage::new(score([op("a"), op("b"), op("c")], &["a -> b", "b -> c"]));
    stage.ok("a", json!(1));
    stage.fail("b");
    assert_eq!(stage.verdict(), RunStatus::Failed);

    let mut stage = stage.play_anew(&[]);
    assert_eq!(running(&stage), [("b", 2, 1)]);
    assert_eq!(stage.input("b"), json!({"a": 1}));
    stage.ok("b", json!(2));
    assert_eq!(running(&stage), [("c", 2, 1)], "it was skipped by then");
    stage.ok("c", json!(3));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!(3)));
    assert_eq!((stage.status("b"), stage.record.len()), ("succeeded", 5));
}

#[test]
fn a_chosen_step_and_what_follows_are_executed_anew_and_nothing_else() {
    let nodes = [op("a"), op("b"), op("c"), op("d"), op("e")];
    let mut stage = Stage::new(score(nodes, &["a -> b", "a -> c", "b -> d", "c -> e"]));
    stage.ok("a", json!(1));
    stage.ok("b", json!(2));
    stage.ok("c", json!(3));
    stage.ok("e", json!(5));
    stage.fail("d");

    let mut stage = stage.play_anew(&["b"]);
    assert_eq!(running(&stage), [("b", 2, 1)]);
    stage.ok("b", json!(22));
    assert_eq!((running(&stage), stage.input("d")), (vec![("d", 2, 1)], json!({"b": 22})));
    stage.ok("d", json!(4));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
    assert_eq!(stage.row("c").unwrap().attempt, 1);
}

#[test]
fn tries_of_the_new_round_are_counted_anew() {
    let twice = json!({"retry": {"max_attempts": 2, "initial_s": 5, "factor": 1, "jitter": 0}});
    let mut stage = Stage::new(score([op_with("a", twice)], &[]));
    for _ in 0..2 {
        stage.end("a", super::stage::failed("broke"));
        stage.pass(5);
    }
    assert_eq!(stage.verdict(), RunStatus::Failed);
    let mut stage = stage.play_anew(&[]);
    assert_eq!(running(&stage), [("a", 3, 1)]);
    stage.end("a", super::stage::failed("broke"));
    let mut stage = stage.reload();
    stage.pass(5);
    assert_eq!(running(&stage), [("a", 4, 1)]);
    stage.end("a", super::stage::failed("broke"));
    assert_eq!(stage.verdict(), RunStatus::Failed);
    assert_eq!(running(&stage.play_anew(&[])), [("a", 5, 2)]);
}

#[test]
fn only_the_failed_item_of_a_map_is_played_again() {
    let nodes = [map("each", json!([0, 1, 2]), &["x", "y"]), op("x"), op("y"), op("end")];
    let mut stage = Stage::new(score(nodes, &["x -> y", "each -> end"]));
    for key in ["each.0.x", "each.2.x", "each.0.y", "each.2.y"] {
        stage.ok(key, json!(key));
    }
    stage.fail("each.1.x");
    assert_eq!((stage.verdict(), stage.status("each")), (RunStatus::Failed, "failed"));

    let mut stage = stage.play_anew(&[]);
    assert_eq!(running(&stage), [("each.1.x", 2, 1)]);
    assert_eq!((stage.status("each"), stage.row("each").unwrap().attempt), ("waiting", 2), "opened again");
    stage.ok("each.1.x", json!(1));
    stage.ok("each.1.y", json!("new"));
    assert_eq!(
        (stage.input("end"), running(&stage)),
        (json!({"each": ["each.0.y", "new", "each.2.y"]}), vec![("end", 2, 1)])
    );
    stage.ok("end", json!("done"));
    assert_eq!((stage.verdict(), stage.status("each")), (RunStatus::Succeeded, "succeeded"));
}

#[test]
fn a_chosen_loop_is_played_anew_as_a_whole_and_may_have_other_items() {
    let nodes = [op("a"), map("each", json!("{{ input.list }}"), &["x"]), op("x"), op("end")];
    let mut stage = Stage::new(score(nodes, &["a -> each", "each -> end"]));
    stage.ok("a", json!({"list": [1, 2, 3]}));
    for key in ["each.0.x", "each.1.x", "each.2.x"] {
        stage.ok(key, json!(0));
    }
    stage.fail("end");

    let mut whole = stage.play_anew(&["each"]);
    assert_eq!(running(&whole), [("each.0.x", 2, 1), ("each.1.x", 2, 1), ("each.2.x", 2, 1)]);
    whole.ok("each.1.x", json!(1));
    let mut whole = whole.reload();
    assert_eq!(whole.keys(), ["each.0.x", "each.2.x"]);

    let mut fewer = stage.play_anew(&["a"]);
    assert_eq!(running(&fewer), [("a", 2, 1)]);
    fewer.ok("a", json!({"list": [9]}));
    assert_eq!((running(&fewer), fewer.status("each.2.x")), (vec![("each.0.x", 2, 1)], "waiting"));
    for stage in [&mut fewer, &mut whole] {
        while let Some(key) = stage.keys().first().map(|key| (*key).to_owned()) {
            stage.ok(&key, json!(7));
        }
        assert_eq!(stage.verdict(), RunStatus::Succeeded);
    }
    assert_eq!(fewer.status("each.2.x"), "cancelled", "its place did not come again");
    assert_eq!(fewer.row("each.2.x").unwrap().started_at, None);
}

#[test]
fn a_repeat_goes_on_at_the_iteration_that_failed_and_iterations_behind_a_chosen_one_follow_from_it() {
    let nodes = [repeat("again", "index == 2", 9, &["x"]), op("x")];
    let mut stage = Stage::new(score(nodes, &[]));
    stage.ok("again.0.x", json!(0));
    stage.ok("again.1.x", json!(1));
    stage.fail("again.2.x");
    assert_eq!(stage.verdict(), RunStatus::Failed);
    assert_eq!(running(&stage.play_anew(&[])), [("again.2.x", 2, 1)]);

    let mut stage = stage.play_anew(&["again.0.x"]);
    assert_eq!(running(&stage), [("again.0.x", 2, 1)]);
    stage.ok("again.0.x", json!(10));
    let mut stage = stage.reload();
    assert_eq!((running(&stage), stage.input("again.1.x")), (vec![("again.1.x", 2, 1)], json!(10)));
    stage.ok("again.1.x", json!(11));
    stage.ok("again.2.x", json!(12));
    assert_eq!((stage.verdict(), stage.result()), (RunStatus::Succeeded, json!(12)));
}

fn calls(names: &[&str]) -> Value {
    let call = |name: &&str| json!({"id": name, "name": name, "arguments": {}});
    json!({"tool_calls": names.iter().map(call).collect::<Vec<_>>(), "stop": "tools"})
}

/// Returns an ended run of an LLM node whose third turn failed.
fn talk() -> Stage {
    let mut stage = Stage::new(score([llm("write", "Write."), op("b")], &["write -> b"]));
    stage.ok("write.m1", calls(&["s.o", "s.o"]));
    stage.ok("write.t1", json!(1));
    stage.ok("write.t2", json!(2));
    stage.ok("write.m2", calls(&["s.o"]));
    stage.fail("write.t3");
    stage.fail("write.m3");
    assert_eq!(stage.verdict(), RunStatus::Failed);
    stage
}

#[test]
fn turns_that_were_paid_are_not_asked_for_again() {
    let mut stage = talk().play_anew(&[]);
    assert_eq!(running(&stage), [("write.m3", 2, 1)], "and what a tool failed with was an answer");
    stage.ok("write.m3", json!({"text": "done"}));
    assert_eq!(running(&stage), [("b", 2, 1)]);
    stage.ok("b", json!(1));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn turns_and_tools_behind_a_chosen_one_follow_from_it() {
    let ended = talk();
    assert_eq!(running(&ended.play_anew(&["write"])), [("write.m1", 2, 1)]);
    let mut stage = ended.play_anew(&["write.t2"]);
    assert_eq!(running(&stage), [("write.t2", 2, 1)]);
    stage.ok("write.t2", json!(22));
    assert_eq!(running(&stage), [("write.m2", 2, 1)]);
    let mut stage = stage.reload();
    stage.ok("write.m2", calls(&["s.o", "s.o"]));
    assert_eq!(running(&stage), [("write.t3", 2, 1), ("write.t4", 1, 0)], "there was no fourth before");
}

#[test]
fn an_llm_node_that_failed_although_no_turn_did_is_played_anew_as_a_whole() {
    let node = with(llm("write", "Write."), json!({"output_schema": {"type": "object"}}));
    let mut stage = Stage::new(score([node], &[]));
    stage.ok("write.m1", json!({"text": "no"}));
    stage.ok("write.m2", json!({"text": "no"}));
    assert_eq!(stage.code("write"), "answer_does_not_fit");
    let mut stage = stage.play_anew(&[]);
    assert_eq!(running(&stage), [("write.m1", 2, 1)]);
    stage.ok("write.m1", json!({"text": "{}"}));
    assert_eq!((stage.verdict(), stage.status("write.m2")), (RunStatus::Succeeded, "cancelled"));
}

#[test]
fn what_was_handled_stands_unless_it_is_chosen() {
    let dropping = with(map("each", json!([1, 2]), &["x"]), json!({"on_item_error": "drop"}));
    let nodes = [dropping, op("x"), op("save"), op("ask"), op("help"), op("send")];
    let edges = ["each -> save", "save -> ask", "ask -failure-> help", "help -> send"];
    let mut stage = Stage::new(score(nodes, &edges));
    stage.ok("each.0.x", json!(1));
    stage.fail("each.1.x");
    stage.ok("save", json!(1));
    stage.fail("ask");
    stage.ok("help", json!(1));
    stage.fail("send");
    assert_eq!(running(&stage.play_anew(&[])), [("send", 2, 1)]);
    assert_eq!(running(&stage.play_anew(&["ask"])), [("ask", 2, 1)]);
    let mut stage = stage.play_anew(&["each.1.x"]);
    assert_eq!(running(&stage), [("each.1.x", 2, 1)]);
    for (key, output) in [("each.1.x", 2), ("save", 3), ("ask", 4)] {
        stage.ok(key, json!(output));
    }
    assert_eq!((stage.status("help"), stage.status("send")), ("skipped", "skipped"));
    assert_eq!(stage.verdict(), RunStatus::Succeeded, "nothing stands any more that has failed");
}

#[test]
fn a_failure_that_led_to_a_stop_is_played_anew() {
    let nodes = [op("a"), stop("enough", "failed"), op("b")];
    let mut stage = Stage::new(score(nodes, &["a -failure-> enough", "a -> b"]));
    stage.fail("a");
    assert_eq!((stage.verdict(), stage.status("enough")), (RunStatus::Failed, "succeeded"));
    let mut stage = stage.play_anew(&[]);
    assert_eq!(running(&stage), [("a", 2, 1)]);
    stage.ok("a", json!(1));
    stage.ok("b", json!(1));
    assert_eq!((stage.verdict(), stage.status("enough")), (RunStatus::Succeeded, "skipped"));
}

#[test]
fn a_cancelled_run_goes_on_where_it_was_left() {
    let nodes = [op("a"), map("each", json!([1, 2, 3]), &["x"]), op("x"), approval("ok"), op("end")];
    let mut stage = Stage::new(score_with(nodes, &["a -> each", "each -> ok", "ok -> end"], json!({})));
    stage.ok("a", json!({}));
    stage.ok("each.1.x", json!(1));
    stage.apply(cancelled());
    stage.end("each.0.x", crate::domain::play::StepOutcome::Aborted { not_applied: false });
    stage.end("each.2.x", crate::domain::play::StepOutcome::Aborted { not_applied: false });
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
    let mut stage = stage.play_anew(&[]);
    assert_eq!(running(&stage), [("each.0.x", 2, 1), ("each.2.x", 2, 1)]);
    stage.ok("each.0.x", json!(0));
    stage.ok("each.2.x", json!(2));
    assert_eq!(stage.status("ok"), "waiting");
    stage.apply(cancelled());
    let mut stage = stage.play_anew(&[]);
    assert_eq!(
        (stage.status("ok"), stage.row("ok").unwrap().attempt),
        ("waiting", 3),
        "skipped, then asked, then asked again"
    );
    stage.apply(cancelled());
    assert_eq!(stage.verdict(), RunStatus::Cancelled);
}

#[test]
fn an_effect_that_was_cut_off_is_left_to_a_person_unless_it_is_chosen() {
    let once = json!({"effect": "once"});
    let mut stage = Stage::new(score([op("a"), op_with("pay", once), op("b")], &["a -> pay", "pay -> b"]));
    stage.ok("a", json!(1));
    // Its store ends a run without asking its worker.
    let mut row = stage.row("pay").unwrap().clone();
    row = row.cancelled(second(9));
    stage.record.insert((row.key.clone(), row.attempt), row);
    assert_eq!(running(&stage.play_anew(&["pay"])), [("pay", 2, 1)]);
    assert_eq!(running(&stage.play_anew(&["a"])), [("a", 2, 1)]);

    let mut stage = stage.play_anew(&[]);
    assert_eq!((stage.status("pay"), running(&stage)), ("unknown", vec![]));
    stage.resolve("pay", 2, Resolution::Done { output: Payload::from(json!("paid")) });
    assert_eq!((stage.input("b"), stage.reload().keys()), (json!({"pay": "paid"}), vec!["b"]));
}

#[test]
fn what_could_not_be_told_of_is_decided_anew() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b when output.n > 3"]));
    stage.ok("a", json!({}));
    assert_eq!((stage.verdict(), stage.code("b")), (RunStatus::Failed, "expression_error"));
    let same = stage.play_anew(&[]);
    assert_eq!(
        (same.verdict(), same.row("b").unwrap().attempt),
        (RunStatus::Failed, 2),
        "nothing has changed"
    );
    let mut stage = same.play_anew(&["a"]);
    stage.ok("a", json!({"n": 1}));
    assert_eq!((stage.verdict(), stage.status("b")), (RunStatus::Succeeded, "skipped"));
}

#[test]
fn a_run_that_lost_its_workers_goes_on_with_what_they_had_begun() {
    let mut stage = Stage::new(score([op("a"), op("b")], &["a -> b"]));
    stage.ok("a", json!(1));
    stage.record_start("b");
    // It was given up: nobody ended the step.
    assert_eq!(running(&stage.play_anew(&[])), [("b", 1, 0)]);
    let mut stage = stage.play_anew(&["b"]);
    assert_eq!(running(&stage), [("b", 2, 1)]);
    stage.apply(Event::Time);
    assert_eq!(
        stage.record.values().map(|row| row.status.name()).collect::<Vec<_>>(),
        ["succeeded", "cancelled", "waiting"]
    );
}
