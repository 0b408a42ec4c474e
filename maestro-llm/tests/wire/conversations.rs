//! Conversations of several turns: what was said before is sent again as the provider wants to see it.

use maestro_core::{
    domain::{Message, ModelTurn, TurnEnd},
    ports::ModelCall,
};
use maestro_llm::fake::Said;
use serde_json::json;

use crate::support::{MODELS, Recorder, ask, call, client, fake, result, tool, user};

/// Asks for the first turn and returns the call of the second, with the results of its tools.
async fn second_turn(endpoint: &str, model: &str) -> ModelCall {
    let mut next = call(model, "Find Ada and Bob.");
    next.tools =
        vec![tool("crm.find", json!({"type": "object"})), tool("note.add", json!({"type": "string"}))];
    let turn = ask(&client(endpoint), next.clone()).await.0.unwrap();
    let ids: Vec<String> = turn.tool_calls.iter().map(|call| call.id.clone()).collect();
    next.messages.push(Message::Model(turn));
    next.messages.push(result(&ids[0], "crm.find", json!({"city": "London"}), false));
    next.messages.push(result(&ids[1], "note.add", json!({"code": "failed", "message": "no"}), true));
    next
}

fn script() -> serde_json::Value {
    let calls = json!([
        {"name": "crm.find", "arguments": {"name": "ada"}},
        {"name": "note.add", "arguments": {"input": "hi"}},
    ]);
    json!({"replies": [
        {"when": {"turn": 1}, "text": "Looking.", "tool_calls": calls},
        {"when": {"turn": 2}, "text": "She is in {{ results[0].city }}; {{ results[1].message }}."},
        {"when": {"turn": 3}, "text": "{{ last }}"},
    ]})
}

#[tokio::test]
async fn the_results_of_tools_go_back_to_the_calls_that_asked_for_them() {
    let fake = fake(&script()).await;
    for model in MODELS {
        let next = second_turn(&fake.endpoint(), model).await;
        let turn = ask(&client(&fake.endpoint()), next).await.0.unwrap();
        assert_eq!((turn.text.as_str(), turn.stop), ("She is in London; no.", TurnEnd::Done));
        let asked = fake.calls().pop().unwrap();
        assert_eq!((asked.turn, asked.asked.messages.len()), (2, 4));
        let calls = vec!["crm__find".to_owned(), "note__add".to_owned()];
        assert_eq!(asked.asked.messages[1], Said::Model { text: "Looking.".into(), calls });
        let Said::Tool { is_error, text, .. } = &asked.asked.messages[3] else { panic!("{asked:?}") };
        assert_eq!(text, r#"{"code":"failed","message":"no"}"#);
        assert_eq!(*is_error, model.starts_with("anthropic"), "the one format with a word for it");
    }
}

#[tokio::test]
async fn the_last_turn_may_call_no_tools_although_earlier_ones_did() {
    let fake = fake(&script()).await;
    for model in MODELS {
        let mut next = second_turn(&fake.endpoint(), model).await;
        next.tools.clear();
        let turn = ask(&client(&fake.endpoint()), next).await.0.unwrap();
        assert_eq!(turn.text, "She is in London; no.", "{model}");
        assert!(fake.calls().pop().unwrap().asked.tools.is_empty(), "none may be called");
    }
}

#[tokio::test]
async fn an_answer_is_mended_also_where_models_do_not_go_on_from_their_own_words() {
    let fake = fake(&json!({"replies": [{"text": "{{ turn }}"}]})).await;
    for model in MODELS {
        let mut next = call(model, "A number, please.");
        next.messages.push(Message::Model(ModelTurn { text: "seven".into(), ..ModelTurn::default() }));
        assert_eq!(ask(&client(&fake.endpoint()), next.clone()).await.0.unwrap().text, "2");
        next.messages.push(user("in digits"));
        ask(&client(&fake.endpoint()), next).await.0.unwrap();
        assert_eq!(fake.calls().pop().unwrap().asked.last(), "in digits");
    }
}

#[tokio::test]
async fn an_empty_turn_is_left_out_for_nobody_takes_one() {
    let fake = fake(&json!({"replies": [{"text": "yes"}]})).await;
    for model in MODELS {
        let mut next = call(model, "First");
        next.messages.extend([Message::Model(ModelTurn::default()), user("Second")]);
        ask(&client(&fake.endpoint()), next).await.0.unwrap();
        let said: Vec<_> = fake.calls().pop().unwrap().asked.messages;
        assert!(said.iter().all(|said| matches!(said, Said::User { .. })), "{said:?}");
    }
}

#[tokio::test]
async fn signed_thoughts_go_back_as_they_came_and_only_to_who_signed_them() {
    let thought = json!({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"});
    let hidden = json!({"type": "redacted_thinking", "data": "eHl6"});
    let called = json!({"type": "tool_use", "id": "toolu_1", "name": "crm__find", "input": {"name": "ada"}});
    let content = json!([thought, hidden, {"type": "text", "text": "Looking."}, called]);
    let body = json!({"content": content, "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 2}});
    let server = Recorder::answering("200 OK", "", &body).await;
    let client = client(&server.address);
    let mut next = call("anthropic/deep", "Find Ada.");
    next.tools = vec![tool("crm.find", json!({"type": "object"}))];
    let turn = ask(&client, next.clone()).await.0.unwrap();
    assert_eq!((turn.text.as_str(), turn.tool_calls[0].name.as_str()), ("Looking.", "crm.find"));

    let recorded = serde_json::to_string(&turn).unwrap();
    next.messages.push(Message::Model(serde_json::from_str(&recorded).unwrap()));
    next.messages.push(result("toolu_1", "crm.find", json!("London"), false));
    ask(&client, next.clone()).await.0.unwrap();
    let sent = server.requests().pop().unwrap().body;
    assert_eq!(sent["messages"][1]["content"], content);
    let returned = json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "London"}]);
    assert_eq!(sent["messages"][2]["content"], returned);

    next.model = "openai/other".into();
    let _ = ask(&client, next).await; // this server answers in the other format
    let sent = server.requests().pop().unwrap().body.to_string();
    assert!(sent.contains("crm__find") && !sent.contains("c2ln") && !sent.contains("eHl6"), "{sent}");
}
