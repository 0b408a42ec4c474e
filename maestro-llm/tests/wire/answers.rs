//! What a model answers: words, tool calls, why it stopped, and what it is billed.

use maestro_core::domain::{Payload, TurnEnd};
use serde_json::json;

use crate::support::{MODELS, Recorder, ask, call, client, fake, tool};

#[tokio::test]
async fn words_arrive_as_they_were_said_and_the_usage_as_it_is_billed() {
    let usage = json!({"input": 10, "output": 7, "cache_read": 80, "cache_write": 5, "reasoning": 3});
    let fake = fake(&json!({"replies": [{"text": "Dear Ada,\n\"hello\" – ümlaut", "usage": usage}]})).await;
    let client = client(&fake.endpoint());
    for model in MODELS {
        let (turn, billed) = ask(&client, call(model, "Write to Ada.")).await;
        let turn = turn.unwrap();
        assert_eq!((turn.text.as_str(), turn.stop), ("Dear Ada,\n\"hello\" – ümlaut", TurnEnd::Done));
        assert_eq!((turn.tool_calls.len(), turn.carry), (0, None));
        let (billed_model, usage) = billed.unwrap();
        assert_eq!(billed_model, model, "the name that prices are looked up by");
        assert_eq!((usage.input, usage.output), (Some(10), Some(7)));
        assert_eq!((usage.cache_read, usage.cache_write, usage.reasoning), (Some(80), Some(5), Some(3)));
        let raw = usage.raw.unwrap();
        let raw = raw.value().unwrap();
        assert!(raw.get("input_tokens").or(raw.get("prompt_tokens")).is_some(), "{raw}");
    }
    assert_eq!(fake.billed().tokens, 2 * (10 + 7 + 80 + 5));
    for call in fake.calls() {
        assert_eq!(
            (call.asked.model.as_str(), call.asked.system.as_str()),
            ("small", "You are a careful writer.")
        );
        assert_eq!((call.asked.prompt(), call.asked.max_tokens), ("Write to Ada.", Some(500)));
        assert_eq!(call.asked.idempotency_key.as_deref(), Some("01890000/draft.m1/1"));
    }
}

#[tokio::test]
async fn tokens_that_nobody_told_are_unknown() {
    let silent = [
        json!({"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn"}),
        json!({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}),
    ];
    for (model, body) in MODELS.into_iter().zip(silent) {
        let server = Recorder::answering("200 OK", "", &body).await;
        let (turn, billed) = ask(&client(&server.address), call(model, "Hi")).await;
        assert_eq!(turn.unwrap().text, "hi");
        let (_, usage) = billed.expect("a call that was answered is billed");
        assert_eq!((usage.input, usage.output, usage.raw), (None, None, None));
    }
}

#[tokio::test]
async fn a_tool_call_names_the_operation_and_its_arguments() {
    let calls = json!([
        {"name": "crm.find-lead", "arguments": {"name": "{{ data.name }}", "tags": ["a"]}},
        {"name": "made_up"},
        {"name": "note.add", "arguments": {"input": "call her"}},
    ]);
    let fake = fake(&json!({"replies": [{"text": "Let me see.", "tool_calls": calls}]})).await;
    let client = client(&fake.endpoint());
    for model in MODELS {
        let mut call = call(model, "Who is {\"name\": \"ada\"}?");
        call.tools = vec![
            tool("crm.find-lead", json!({"type": "object", "properties": {"name": {"type": "string"}}})),
            tool("note.add", json!({"type": "string"})),
        ];
        let turn = ask(&client, call).await.0.unwrap();
        assert_eq!((turn.text.as_str(), turn.stop), ("Let me see.", TurnEnd::Tools));
        let called: Vec<_> =
            turn.tool_calls.iter().map(|call| (call.name.as_str(), call.arguments.clone())).collect();
        let expected = [
            ("crm.find-lead", Payload::from(json!({"name": "ada", "tags": ["a"]}))),
            ("made_up", Payload::from(json!({}))),
            ("note.add", Payload::from(json!("call her"))),
        ];
        assert_eq!(called, expected, "{model}");
        let ids: std::collections::BTreeSet<_> = turn.tool_calls.iter().map(|call| &call.id).collect();
        assert_eq!(ids.len(), 3, "each call has an id of its own");
    }
    for call in fake.calls() {
        assert_eq!(call.asked.tools, ["crm__find-lead", "note__add"]);
    }
}

#[tokio::test]
async fn why_a_model_stopped_is_told_in_our_words() {
    for end in [TurnEnd::Done, TurnEnd::Length, TurnEnd::Refused] {
        let fake = fake(&json!({"replies": [{"text": "I", "stop": end.name()}]})).await;
        for model in MODELS {
            let turn = ask(&client(&fake.endpoint()), call(model, "Go on")).await.0.unwrap();
            assert_eq!((turn.stop, turn.text.as_str()), (end, "I"), "{model}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_while_it_called_a_tool_is_no_call_to_rely_on() {
    let reply = json!({"tool_calls": [{"name": "a.b"}], "stop": "length"});
    let fake = fake(&json!({"replies": [reply]})).await;
    for model in MODELS {
        let turn = ask(&client(&fake.endpoint()), call(model, "Go on")).await.0.unwrap();
        assert_eq!(turn.stop, TurnEnd::Length, "{model}");
    }
}
