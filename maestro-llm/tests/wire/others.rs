//! The formats that the fake provider does not speak: what is sent to Gemini and to Ollama, and how their answers are read.

use maestro_core::domain::{Message, TurnEnd};
use maestro_llm::{Key, Provider, ProviderClient};
use serde_json::{Value, json};

use crate::support::{Recorder, ask, call, result, tool};

async fn gemini(body: Value) -> (Recorder, ProviderClient) {
    let server = Recorder::answering("200 OK", "", &body).await;
    let provider = Provider::gemini(Key::value("k")).with_endpoint(&server.address);
    (server, ProviderClient::new([provider]).unwrap())
}

#[tokio::test]
async fn gemini_is_asked_and_read_in_its_own_format() {
    let parts = json!([
        {"text": "Looking."},
        {"functionCall": {"name": "crm__find", "args": {"name": "ada"}}, "thoughtSignature": "c2ln"},
    ]);
    let usage = json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 7,
                       "thoughtsTokenCount": 20, "totalTokenCount": 127});
    let body = json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "usageMetadata": usage});
    let (server, client) = gemini(body).await;
    let mut next = call("gemini-3-pro", "Find Ada.");
    next.tools =
        vec![tool("crm.find", json!({"type": "object", "properties": {"name": {"type": "string"}}}))];
    next.output_schema = Some(json!({"type": "object", "properties": {"city": {"type": "string"}}}));
    let (turn, billed) = ask(&client, next.clone()).await;
    let turn = turn.unwrap();
    assert_eq!((turn.text.as_str(), turn.stop), ("Looking.", TurnEnd::Tools));
    assert_eq!(turn.tool_calls[0].name, "crm.find");
    let usage = billed.unwrap().1;
    assert_eq!((usage.input, usage.cache_read, usage.output), (Some(40), Some(60), Some(27)));

    let sent = server.request();
    assert!(
        sent.head.starts_with("POST /v1/models/gemini-3-pro:generateContent HTTP/1.1\r\n"),
        "{}",
        sent.head
    );
    assert!(sent.head.contains("x-goog-api-key: k\r\n"), "{}", sent.head);
    assert_eq!(sent.body["tools"][0]["functionDeclarations"][0]["name"], "crm__find");
    assert_eq!(sent.body["generationConfig"]["maxOutputTokens"], 500);
    let system = sent.body["systemInstruction"]["parts"][0]["text"].as_str().unwrap();
    assert!(system.contains("JSON Schema"), "it takes no schema beside tools: {system}");

    let id = turn.tool_calls[0].id.clone();
    next.messages.extend([Message::Model(turn), result(&id, "crm.find", json!({"city": "London"}), false)]);
    next.tools.clear();
    ask(&client, next).await.0.unwrap();
    let sent = server.requests().pop().unwrap().body;
    assert_eq!(sent["contents"][1]["parts"][1]["thoughtSignature"], "c2ln");
    assert_eq!(sent["contents"][2]["parts"][0]["functionResponse"]["name"], "crm__find");
    assert_eq!(sent["generationConfig"]["responseJsonSchema"]["properties"]["city"]["type"], "string");
}

#[tokio::test]
async fn gemini_may_refuse_before_its_model_says_anything() {
    let usage = json!({"promptTokenCount": 9, "totalTokenCount": 9});
    let body = json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage});
    let (_server, client) = gemini(body).await;
    let (turn, billed) = ask(&client, call("gemini-3-pro", "Hi")).await;
    assert_eq!(turn.unwrap().stop, TurnEnd::Refused);
    let usage = billed.unwrap().1;
    assert_eq!((usage.input, usage.output), (Some(9), Some(0)));
}

#[tokio::test]
async fn ollama_is_asked_without_a_key_and_held_to_a_schema_when_there_are_no_tools() {
    let choice = json!({"message": {"content": "{\"city\":\"London\"}"}, "finish_reason": "stop"});
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11});
    let server = Recorder::answering("200 OK", "", json!({"choices": [choice], "usage": usage})).await;
    let client = ProviderClient::new([Provider::ollama().with_endpoint(&server.address)]).unwrap();
    let mut next = call("ollama/llama4:8b", "Where is Ada?");
    next.output_schema = Some(json!({"type": "array"}));
    let (turn, billed) = ask(&client, next.clone()).await;
    assert_eq!(turn.unwrap().text, r#"{"city":"London"}"#);
    assert_eq!(billed.unwrap().1.input, Some(5));
    let sent = server.request();
    assert!(sent.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", sent.head);
    assert_eq!(sent.body["model"], "llama4:8b");
    assert_eq!(sent.body["response_format"]["json_schema"]["schema"]["type"], "array");

    next.tools = vec![tool("crm.find", json!({"type": "object"}))];
    ask(&client, next).await.0.unwrap();
    assert!(server.requests().pop().unwrap().body.get("response_format").is_none());
}
