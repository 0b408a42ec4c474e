//! The form of a request: schemas of answers and tools, limits, and names.

use maestro_llm::{Key, Provider, ProviderClient, StructuredOutput};
use serde_json::{Value, json};

use crate::support::{KEY, MODELS, Recorder, ask, call, client, fake, tool};

fn mail() -> Value {
    json!({
        "type": "object",
        "properties": {"subject": {"type": "string", "minLength": 1}},
        "required": ["subject"],
    })
}

#[tokio::test]
async fn a_provider_is_told_of_the_schema_in_its_own_field() {
    let fake = fake(&json!({"replies": [{"json": {"subject": "Hi {{ model }}"}}]})).await;
    for model in MODELS {
        let mut call = call(model, "A mail.");
        call.output_schema = Some(mail());
        let turn = ask(&client(&fake.endpoint()), call).await.0.unwrap();
        assert_eq!(turn.text, r#"{"subject":"Hi small"}"#);
        let asked = fake.calls().pop().unwrap().asked;
        let schema = asked.output_schema.unwrap();
        assert_eq!(schema["properties"]["subject"], json!({"type": "string"}), "only what all can enforce");
        assert_eq!(
            (&schema["required"], &schema["additionalProperties"]),
            (&json!(["subject"]), &json!(false))
        );
        assert_eq!(asked.system, "You are a careful writer.");
    }
}

#[tokio::test]
async fn a_schema_that_cannot_be_enforced_is_asked_for_in_words() {
    let fake = fake(&json!({"replies": [{"json": [1]}]})).await;
    let list = json!({"type": "array", "items": {"type": "integer"}});
    for model in MODELS {
        let mut call = call(model, "Numbers.");
        call.output_schema = Some(list.clone());
        ask(&client(&fake.endpoint()), call).await.0.unwrap();
        let asked = fake.calls().pop().unwrap().asked;
        assert_eq!(asked.output_schema, None);
        assert!(asked.system.starts_with("You are a careful writer.\n\n"), "{}", asked.system);
        assert!(asked.system.ends_with(&list.to_string()), "{}", asked.system);
    }
}

#[tokio::test]
async fn a_provider_that_knows_no_schemas_is_asked_in_words() {
    let fake = fake(&json!({"replies": [{"json": {"subject": "Hi"}}]})).await;
    let provider = Provider::openai_compatible("old", fake.endpoint(), Key::none())
        .with_structured_output(StructuredOutput::Instruction);
    let mut call = call("old/model", "A mail.");
    call.output_schema = Some(mail());
    ask(&ProviderClient::new([provider]).unwrap(), call).await.0.unwrap();
    let asked = fake.calls().pop().unwrap().asked;
    assert!(asked.output_schema.is_none() && asked.system.contains("minLength"), "{}", asked.system);
}

#[tokio::test]
async fn tools_are_defined_as_each_format_wants_them() {
    let answers = [
        json!({"content": [], "stop_reason": "end_turn"}),
        json!({"choices": [{"message": {"content": "-"}, "finish_reason": "stop"}]}),
    ];
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    for (model, answer) in MODELS.into_iter().zip(answers) {
        let server = Recorder::answering("200 OK", "", &answer).await;
        let mut call = call(model, "Hi");
        call.tools = vec![tool("crm.find", schema.clone())];
        ask(&client(&server.address), call).await.0.unwrap();
        let sent = server.request().body;
        let defined = if model.starts_with("anthropic") {
            json!({"name": "crm__find", "description": "does find", "input_schema": schema})
        } else {
            let function = json!({"name": "crm__find", "description": "does find", "parameters": schema, "strict": false});
            json!({"type": "function", "function": function})
        };
        assert_eq!(sent["tools"], json!([defined]));
    }
}

#[tokio::test]
async fn each_format_carries_its_key_where_it_belongs_and_goes_to_its_path() {
    let server = Recorder::answering("500 Oh", "", json!({})).await;
    for (model, path, header) in [
        ("anthropic/small", "/v1/messages", format!("x-api-key: {KEY}")),
        ("openai/small", "/v1/chat/completions", format!("authorization: Bearer {KEY}")),
    ] {
        let _ = ask(&client(&server.address), call(model, "Hi")).await;
        let head = server.requests().pop().unwrap().head;
        assert!(head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{head}");
        assert!(head.contains(&header), "{head}");
    }
}

#[tokio::test]
async fn a_model_keeps_its_whole_name_whatever_it_ends_with() {
    let server = Recorder::answering("500 Oh", "", json!({})).await;
    let providers = [Provider::openai_compatible("router", &server.address, Key::value("k"))];
    let client = ProviderClient::new(providers).unwrap();
    for name in ["qwen-max", "magistral-medium", "o9-none", "meta/llama-4", "model:8b"] {
        let _ = ask(&client, call(&format!("router/{name}"), "Hi")).await;
        let sent = server.requests().pop().unwrap().body;
        assert_eq!(sent["model"], name);
        assert!(sent.get("reasoning_effort").is_none(), "{sent}");
    }
}
