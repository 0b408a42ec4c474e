//! Nodes that wait for a person.

use serde_json::json;

use super::{
    score::{approval, op, score, with},
    stage::{Stage, second},
};
use crate::domain::{
    Actor, Payload, RunStatus,
    play::{Answer, Event, Pause},
};

fn answer(stage: &mut Stage, approved: bool, note: Option<&str>, data: Option<serde_json::Value>) {
    let answer = Answer {
        approved,
        by: Actor::new("ann"),
        note: note.map(str::to_owned),
        data: data.map(Payload::from),
    };
    stage.apply(Event::Answered { key: "ask".parse().unwrap(), attempt: 1, answer });
}

fn asked(fields: serde_json::Value) -> Stage {
    let ask = with(json!({"id": "ask", "kind": "approval", "title": "Send {{ input.n }}?"}), fields);
    let edges = ["a -> ask", "ask -> b", "ask -failure-> c"];
    let mut stage = Stage::new(score([op("a"), ask, op("b"), op("c")], &edges));
    stage.ok("a", json!({"n": 3, "list": [1]}));
    stage
}

#[test]
fn a_question_shows_its_title_and_holds_nothing() {
    let stage = asked(json!({}));
    assert_eq!((stage.status("ask"), stage.play.pause()), ("waiting", Pause::Person));
    assert_eq!(stage.output("ask"), json!({"approval": {"title": "Send 3?"}}));
}

#[test]
fn what_is_approved_flows_on_with_name_note_and_data() {
    let mut stage = asked(json!({})).reload();
    answer(&mut stage, true, Some("fine"), Some(json!({"list": [2], "to": "bob"})));
    let said = json!({"title": "Send 3?", "approved": true, "by": "ann", "note": "fine"});
    let expected = json!({"n": 3, "list": [2], "to": "bob", "approval": said});
    assert_eq!(stage.input("b"), expected);
    assert_eq!((stage.output("ask"), stage.status("c")), (expected, "skipped"));
}

#[test]
fn data_that_is_no_object_has_a_name_of_its_own() {
    let mut stage = asked(json!({}));
    answer(&mut stage, true, None, Some(json!([7])));
    assert_eq!((stage.input("b")["data"].clone(), stage.input("b")["n"].clone()), (json!([7]), json!(3)));
}

#[test]
fn what_is_rejected_fails_for_good_and_says_who_and_why() {
    let mut stage = asked(json!({}));
    answer(&mut stage, false, Some("too many"), Some(json!({"most": 1})));
    assert_eq!(stage.code("ask"), "rejected");
    let input = stage.input("c");
    assert_eq!(input["error"]["message"], "rejected by ann: too many");
    assert_eq!((&input["most"], &input["approval"]["by"]), (&json!(1), &json!("ann")));
    let stage = stage.reload();
    assert_eq!(stage.input("c"), input);

    let mut stage = Stage::new(score([with(approval("ask"), json!({}))], &[]));
    answer(&mut stage, false, None, None);
    assert_eq!(stage.verdict(), RunStatus::Failed);
}

#[test]
fn an_answer_to_another_try_or_a_second_one_changes_nothing() {
    let mut stage = asked(json!({}));
    let other = Answer { approved: true, by: Actor::new("ann"), note: None, data: None };
    stage.apply(Event::Answered { key: "ask".parse().unwrap(), attempt: 2, answer: other.clone() });
    stage.apply(Event::Answered { key: "a".parse().unwrap(), attempt: 1, answer: other });
    assert_eq!(stage.status("ask"), "waiting");
    answer(&mut stage, true, None, None);
    answer(&mut stage, false, None, None);
    assert_eq!(stage.status("ask"), "succeeded");
}

#[test]
fn nobody_answers_in_time() {
    for (policy, status, code) in [
        ("approve", "succeeded", ""),
        ("reject", "failed", "rejected"),
        ("fail", "failed", "approval_timeout"),
    ] {
        let mut stage = asked(json!({"timeout_s": 60, "on_timeout": policy}));
        assert_eq!(stage.play.pause(), Pause::Until(second(60)));
        stage.pass(30);
        let mut stage = stage.reload();
        stage.pass(30);
        assert_eq!((stage.status("ask"), stage.code("ask")), (status, code), "{policy}");
    }
}
