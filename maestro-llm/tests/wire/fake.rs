//! The fake provider itself: what demos and tests of others rely on.

use maestro_core::domain::{Message, ModelTurn, Money};
use maestro_llm::fake::{Billed, FakeCall, FakeProvider, Script, ScriptError};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{MODELS, ask, call, client, fake, user};

#[tokio::test]
async fn it_counts_tokens_and_money_by_itself() {
    let rates =
        json!({"input": 3_000_000, "output": 15_000_000, "cache_read": 300_000, "cache_write": 3_750_000});
    let usage = json!({"input": 1_001, "output": 33, "cache_read": 7, "cache_write": 1});
    let script = json!({"models": {"small": rates}, "replies": [{"text": "hello", "usage": usage}]});
    let fake = fake(&script).await;
    for model in MODELS {
        ask(&client(&fake.endpoint()), call(model, "Hi")).await.0.unwrap();
    }
    let nanos = 1_001 * 3_000 + 33 * 15_000 + 7 * 300 + 3_750;
    let expected = Billed { calls: 2, tokens: 2 * 1_042, cost: Money::from_nanos(2 * nanos) };
    assert_eq!(fake.billed(), expected);
}

#[tokio::test]
async fn the_same_call_is_billed_the_same_by_the_length_of_what_is_said() {
    let fake = fake(&json!({"replies": [{"text": "eight by"}]})).await;
    let mut call = call("openai/small", "twelve bytes");
    call.system = "four".into();
    for _ in 0..2 {
        let usage = ask(&client(&fake.endpoint()), call.clone()).await.1.unwrap().1;
        assert_eq!((usage.input, usage.output, usage.cache_read), (Some(4), Some(2), None));
    }
}

#[tokio::test]
async fn a_reply_is_given_as_often_as_it_says_and_the_first_that_fits() {
    let limited = json!({"status": {"status": 429, "retry_after": "1"}});
    let fake = fake(&json!({"replies": [
        {"times": 1, "fault": limited},
        {"when": {"prompt": "lead", "turn": 1}, "text": "a lead"},
        {"when": {"system": "careful", "model": "small", "has_tools": false, "last": "second"}, "text": "a second"},
    ]}))
    .await;
    let client = client(&fake.endpoint());
    let mut second = call(MODELS[0], "the first");
    second.messages.extend([said("x"), user("the second")]);
    assert_eq!(
        ask(&client, call(MODELS[0], "a lead")).await.0.unwrap_err().failure.code,
        "model_rate_limited"
    );
    assert_eq!(ask(&client, call(MODELS[0], "a lead")).await.0.unwrap().text, "a lead");
    assert_eq!(ask(&client, second).await.0.unwrap().text, "a second");
    let error = ask(&client, call(MODELS[0], "nothing")).await.0.unwrap_err();
    assert!(error.failure.message.contains("no reply for turn 1 of small"), "{error}");
    let statuses: Vec<_> = fake.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(429), Some(200), Some(200), Some(400)]);
    assert_eq!(fake.billed().calls, 2);
}

fn said(text: &str) -> Message {
    Message::Model(ModelTurn { text: text.into(), ..ModelTurn::default() })
}

#[tokio::test]
async fn a_conversation_is_known_again_in_each_of_its_turns() {
    let fake = fake(&json!({"replies": [{"text": "yes"}]})).await;
    let client = client(&fake.endpoint());
    for prompt in ["one", "two"] {
        let mut call = call(MODELS[0], prompt);
        for _ in 0..2 {
            let turn = ask(&client, call.clone()).await.0.unwrap();
            call.messages.extend([Message::Model(turn), user("go on")]);
        }
    }
    let calls = fake.calls();
    let turns: Vec<u32> = calls.iter().map(|call| call.turn).collect();
    assert_eq!(turns, [1, 2, 1, 2]);
    assert_eq!(calls[0].conversation, calls[1].conversation);
    assert_ne!(calls[1].conversation, calls[2].conversation);
}

#[tokio::test]
async fn another_process_can_ask_what_it_was_asked() {
    let fake =
        fake(&json!({"models": {"small": {"input": 1_000, "output": 1_000}}, "replies": [{"text": "yes"}]}))
            .await;
    for model in MODELS {
        ask(&client(&fake.endpoint()), call(model, "Hi")).await.0.unwrap();
    }
    let address = fake.endpoint().replace("http://", "").replace("/v1/", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /calls HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let calls: Vec<FakeCall> = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(calls, fake.calls());
    assert_eq!(Billed::of(&calls), fake.billed());
}

#[tokio::test]
async fn another_script_goes_on_where_the_first_one_ended() {
    let fake = fake(&json!({"replies": [{"text": "one"}]})).await;
    let client = client(&fake.endpoint());
    assert_eq!(ask(&client, call(MODELS[0], "Hi")).await.0.unwrap().text, "one");
    fake.play(Script::parse(r#"{"replies": [{"text": "two"}]}"#).unwrap());
    assert_eq!(ask(&client, call(MODELS[0], "Hi")).await.0.unwrap().text, "two");
    assert_eq!(fake.calls().len(), 2);
    fake.stop().await;
}

#[tokio::test]
async fn a_template_that_finds_nothing_says_so() {
    let fake = fake(&json!({"replies": [{"text": "{{ data.name }}"}]})).await;
    let error = ask(&client(&fake.endpoint()), call(MODELS[0], "no data here")).await.0.unwrap_err();
    assert!(error.failure.message.contains("cannot be rendered"), "{error}");
    assert_eq!(fake.billed(), Billed::default());
}

#[test]
fn a_script_that_cannot_be_played_is_refused() {
    for (text, words) in [
        ("{", "line 1"),
        (r#"{"replies": [], "more": 1}"#, "more"),
        (r#"{"replies": [{"txt": "hello"}]}"#, "txt"),
        (r#"{"replies": [{"text": "{{ nothing closes"}]}"#, ""),
        (r#"{"replies": [{}, {"text": "a", "json": {}}]}"#, "reply 2"),
        (r#"{"replies": [{"fault": {"status": {"status": 200}}}]}"#, "400 to 599"),
    ] {
        let error: ScriptError = Script::parse(text).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn two_of_them_share_nothing() {
    let script = || Script::parse(r#"{"replies": [{"times": 1, "text": "once"}]}"#).unwrap();
    let (one, two) =
        (FakeProvider::start(script()).await.unwrap(), FakeProvider::start(script()).await.unwrap());
    for fake in [&one, &two] {
        assert!(ask(&client(&fake.endpoint()), call(MODELS[0], "Hi")).await.0.is_ok());
        assert!(ask(&client(&fake.endpoint()), call(MODELS[0], "Hi")).await.0.is_err());
    }
}
