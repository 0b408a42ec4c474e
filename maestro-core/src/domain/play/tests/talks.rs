//! LLM nodes: turns, tool calls and answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    score::{llm, op, score, with},
    stage::{Stage, failed, failed_for_good},
};
use crate::domain::{
    Failure, Message, RunStatus,
    play::{AskedTurn, Event, Pause, Work},
};

fn stage(fields: Value) -> Stage {
    let write = with(llm("write", "Write to {{ input.name }}."), fields);
    let mut stage = Stage::new(score([op("a"), write, op("b")], &["a -> write", "write -> b"]));
    stage.ok("a", json!({"name": "Ann"}));
    stage
}

fn asked<'a>(stage: &'a Stage, key: &str) -> &'a AskedTurn {
    match &stage.running.iter().find(|step| step.key.as_str() == key).expect("it runs").work {
        Work::Turn(turn) => turn,
        Work::Operation { .. } => panic!("{key} is no turn"),
    }
}

fn says(text: &str) -> Value {
    json!({"text": text})
}

fn calls(names: &[&str]) -> Value {
    let call =
        |(at, name): (usize, &&str)| json!({"id": format!("c{at}"), "name": name, "arguments": {"n": at}});
    json!({"tool_calls": names.iter().enumerate().map(call).collect::<Vec<_>>(), "stop": "tools"})
}

#[test]
fn a_text_is_the_output() {
    let mut stage = stage(json!({}));
    let turn = asked(&stage, "write.m1");
    assert_eq!(turn.messages, [Message::User { text: "Write to Ann.".to_owned() }]);
    assert_eq!((turn.model.as_str(), turn.may_call_tools), ("m", true));
    stage.ok("write.m1", says("Hello Ann"));
    assert_eq!(stage.input("b"), json!({"write": "Hello Ann"}));
    let row = stage.row("write").unwrap();
    assert_eq!((row.kind.name(), row.tool_name.as_deref(), &row.usage), ("llm", Some("m"), &None));
    assert_eq!(stage.row("write.m1").unwrap().kind.name(), "model_turn");
}

#[test]
fn tools_are_steps_of_their_own_and_answer_in_the_order_of_the_calls() {
    let mut stage = stage(json!({}));
    stage.ok("write.m1", calls(&["s.o", "s.o"]));
    assert_eq!(stage.keys(), ["write.t1", "write.t2"]);
    assert_eq!(stage.input("write.t2"), json!({"n": 1}));
    stage.ok("write.t2", json!("second"));
    stage.ok("write.t1", json!("first"));
    let Message::ToolResult { call_id, output, is_error, .. } = &asked(&stage, "write.m2").messages[2] else {
        panic!()
    };
    assert_eq!((call_id.as_str(), output.as_str(), *is_error), ("c0", "\"first\"", false));
    assert_eq!(stage.row("write.t1").unwrap().tool_name.as_deref(), Some("s.o"));
    stage.ok("write.m2", says("done"));
    stage.ok("b", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Succeeded);
}

#[test]
fn a_tool_that_fails_or_is_not_allowed_is_told_to_the_model() {
    let mut stage = stage(json!({}));
    stage.ok("write.m1", calls(&["s.o", "rm.all", "s.o"]));
    assert_eq!((stage.code("write.t2"), stage.keys()), ("tool_not_allowed", vec!["write.t1", "write.t3"]));
    stage.end("write.t1", failed("busy"));
    stage.pass(1);
    stage.end("write.t1", failed_for_good("gone"));
    stage.ok("write.t3", json!(3));
    let told: Vec<_> = asked(&stage, "write.m2")
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::ToolResult { output, is_error: true, .. } => {
                Some(output.value().unwrap()["error"]["code"].clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, [json!("gone"), json!("tool_not_allowed")]);
    stage.ok("write.m2", says("never mind"));
    stage.ok("b", json!({}));
    assert_eq!(stage.verdict(), RunStatus::Succeeded, "the model has handled it");
}

#[test]
fn a_conversation_goes_on_from_its_record_wherever_it_is_cut() {
    let script = |stage: &mut Stage, key: &str| match key {
        "write.m1" | "write.m2" => stage.ok(key, calls(&["s.o", "s.o"])),
        "write.m3" => stage.ok(key, says("the end")),
        key => stage.ok(key, json!({"name": "Ann"})),
    };
    let mut whole = stage(json!({}));
    let mut asked_for = BTreeSet::new();
    while let Some(key) = whole.keys().first().map(|key| (*key).to_owned()) {
        script(&mut whole, &key);
    }
    for cut in 0..=whole.log.len() {
        let rows = super::law::as_stored(whole.log[..cut].iter().cloned());
        let mut part = whole.load_from(rows);
        while let Some(key) = part.keys().first().map(|key| (*key).to_owned()) {
            let paid = whole.log[..cut].iter().any(|row| row.key.as_str() == key && row.status.is_final());
            assert!(!paid, "{key} is on record and done again");
            asked_for.insert(key.clone());
            script(&mut part, &key);
        }
        assert_eq!(part.record.len(), whole.record.len());
        assert_eq!(part.finish(), whole.finish());
    }
    assert_eq!(asked_for.len(), 3 + 4 + 2, "every step, a and b too, was cut off once");
}

#[test]
fn an_answer_that_does_not_fit_is_mended_once() {
    let schema = json!({"output_schema": {"type": "object", "required": ["subject"]}});
    let mut stage1 = stage(schema.clone());
    stage1.ok("write.m1", says("Sure!"));
    let turn = asked(&stage1, "write.m2");
    assert!(!turn.may_call_tools);
    let Some(Message::User { text }) = turn.messages.last() else { panic!() };
    assert!(text.contains("not valid JSON"), "{text}");
    stage1.ok("write.m2", says("```json\n{\"subject\": \"Hi\"}\n```"));
    assert_eq!(stage1.input("b"), json!({"subject": "Hi"}));

    let mut stage2 = stage(schema);
    stage2.ok("write.m1", says("{}"));
    stage2.ok("write.m2", says("{\"subjekt\": 1}"));
    assert_eq!(stage2.code("write"), "answer_does_not_fit");
    assert!(stage2.finish().error.as_ref().unwrap().message.contains("subject"));
}

#[test]
fn rounds_of_tools_are_limited() {
    let mut stage = stage(json!({"max_tool_rounds": 1}));
    stage.ok("write.m1", calls(&["s.o"]));
    stage.ok("write.t1", json!({}));
    assert!(!asked(&stage, "write.m2").may_call_tools, "it is told that it must answer now");
    stage.ok("write.m2", calls(&["s.o"]));
    assert_eq!(stage.code("write"), "too_many_tool_rounds");
}

#[test]
fn what_the_provider_cut_off_or_held_back_is_no_answer() {
    for (stop, code) in [("length", "answer_cut_off"), ("refused", "model_refused")] {
        let mut stage = stage(json!({}));
        stage.ok("write.m1", json!({"text": "Dear", "stop": stop}));
        assert_eq!((stage.code("write"), stage.verdict()), (code, RunStatus::Failed));
    }
}

#[test]
fn a_turn_is_tried_again_and_its_failure_for_good_is_that_of_the_node() {
    let mut stage = stage(json!({"effect": "once"}));
    stage.end("write.m1", failed("model_busy"));
    assert!(matches!(stage.play.pause(), Pause::Until(_)), "to ask a model has no effect");
    stage.pass(1);
    stage.end("write.m1", failed_for_good("model_auth"));
    assert_eq!((stage.code("write"), stage.status("b")), ("model_auth", "skipped"));
}

#[test]
fn what_a_tool_does_once_is_done_once() {
    let mut stage = stage(json!({"effect": "once"}));
    stage.ok("write.m1", calls(&["s.o"]));
    assert_eq!(stage.status("write.t1"), "running", "its start is on record");
    let stage = stage.reload();
    assert_eq!((stage.status("write.t1"), stage.play.pause()), ("unknown", Pause::Person));
}

#[test]
fn a_turn_that_costs_too_much_ends_the_run_and_spares_what_was_paid() {
    let nodes = [llm("one", "1"), llm("two", "2")];
    let mut stage = Stage::new(score(nodes, &[]));
    let handle = stage.take("two.m1").handle;
    stage.apply(Event::OverBudget { handle, failure: Failure::new("budget_exceeded", "too much") });
    assert!(stage.aborted.is_empty() && !stage.is_finished());
    stage.ok("one.m1", says("paid"));
    assert_eq!((stage.status("one"), stage.output("one")), ("succeeded", json!("paid")));
    let error = stage.finish().error.as_ref().unwrap();
    assert_eq!((stage.verdict(), error.code.as_str()), (RunStatus::Failed, "budget_exceeded"));
    assert_eq!((stage.code("two.m1"), stage.status("two")), ("budget_exceeded", "cancelled"));
}

#[test]
fn a_turn_waits_for_the_next_day_or_for_somebody_who_wakes_it() {
    let until = super::stage::second(500);
    let held = |stage: &mut Stage| {
        let handle = stage.take("write.m1").handle;
        let reason = Failure::new("daily_budget", "the money of the day is spent");
        let since = stage.now;
        stage.apply(Event::Held { handle, reason, since, until });
        assert_eq!((stage.status("write.m1"), stage.play.pause()), ("waiting", Pause::Until(until)));
    };
    let mut stage = stage(json!({}));
    held(&mut stage);
    let mut stage = stage.reload();
    assert_eq!(stage.code("write.m1"), "daily_budget");
    stage.apply(Event::Woken);
    held(&mut stage);
    stage.pass(500);
    stage.ok("write.m1", says("at last"));
    assert_eq!((stage.input("b"), stage.code("write.m1")), (json!({"write": "at last"}), ""));
}

#[test]
fn an_agent_that_the_run_lacks_fails_the_node() {
    let stage = Stage::new(score([with(llm("write", "x"), json!({"agent": "nobody"}))], &[]));
    assert_eq!(stage.code("write"), "agent_absent");
}
