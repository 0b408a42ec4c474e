//! What goes wrong, and whether asking again can help.

use std::{sync::Arc, time::Duration};

use maestro_core::ports::{Clock, ModelClient, StepError};
use maestro_llm::{
    Key, Provider, ProviderClient, SecretString,
    fake::{FakeProvider, Script},
};
use serde_json::{Value, json};

use crate::support::{KEY, MODELS, Recorder, ask, call, client, fake, manual_clock, until};

/// Plays a fault in both formats and returns what becomes of a call.
async fn failures(fault: Value) -> Vec<StepError> {
    let mut failures = Vec::new();
    for model in MODELS {
        let usage = json!({"input": 10, "output": 5, "cache_read": 2});
        let fake = fake(&json!({"replies": [{"text": "hello", "usage": usage, "fault": fault}]})).await;
        let (turn, billed) = ask(&client(&fake.endpoint()), call(model, "Hi")).await;
        assert_eq!(fake.calls().len(), 1, "trying again is not the client's affair");
        // What the client heard of is billed as it should be; a lost answer cannot say what it cost.
        if let Some((_, usage)) = billed {
            assert_eq!((usage.input, usage.output, usage.cache_read), (Some(10), Some(5), Some(2)));
            assert_eq!(fake.billed().tokens, 17);
        }
        failures.push(turn.unwrap_err());
    }
    failures
}

fn status(status: u16) -> Value {
    json!({"status": {"status": status}})
}

#[tokio::test]
async fn each_status_says_whether_asking_again_helps() {
    let cases = [
        (400, "model_refused_request", true),
        (401, "model_auth", true),
        (403, "model_auth", true),
        (404, "model_unknown", true),
        (408, "model_timeout", false),
        (409, "model_unavailable", false),
        (422, "model_refused_request", true),
        (429, "model_rate_limited", false),
        (500, "model_unavailable", false),
        (502, "model_unavailable", false),
        (503, "model_overloaded", false),
        (529, "model_overloaded", false),
    ];
    for (number, code, permanent) in cases {
        for error in failures(status(number)).await {
            assert_eq!(
                (error.failure.code.as_str(), error.permanent),
                (code, permanent),
                "{number}: {error}"
            );
            assert_eq!(error.not_applied, number < 500, "{number}");
            assert!(error.failure.message.contains(&format!(" answered {number}: ")), "{error}");
            assert_eq!(error.after, None);
        }
    }
}

#[tokio::test]
async fn the_providers_own_words_are_told() {
    let fault = json!({"status": {"status": 400, "message": "temperature: must be between 0 and 1"}});
    let messages: Vec<_> = failures(fault).await.into_iter().map(|error| error.failure.message).collect();
    assert_eq!(
        messages,
        MODELS.map(|model| {
            format!("{} answered 400: temperature: must be between 0 and 1", model.split('/').next().unwrap())
        })
    );
}

#[tokio::test]
async fn a_provider_says_when_to_come_again() {
    for (header, value, seconds) in [
        ("retry_after", json!("7"), 7.0),
        ("retry_after_ms", json!(1_500), 1.5),
        ("retry_after", json!("Thu, 01 Jan 1970 00:00:00 GMT"), 0.0),
    ] {
        for number in [429, 503] {
            let mut fault = status(number);
            fault["status"][header] = value.clone();
            for error in failures(fault).await {
                assert_eq!(error.after, Some(Duration::from_secs_f64(seconds)), "{value}");
            }
        }
    }
}

#[tokio::test]
async fn a_date_to_come_again_at_is_measured_by_the_clock_that_was_given() {
    let fault = json!({"status": {"status": 429, "retry_after": "Sun, 22 Nov 2026 09:02:00 GMT"}});
    let fake = fake(&json!({"replies": [{"fault": fault}]})).await;
    let client = client(&fake.endpoint()).with_clock(manual_clock());
    let error = ask(&client, call(MODELS[0], "Hi")).await.0.unwrap_err();
    assert_eq!(error.after, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_may_be_asked_for_again_and_is_billed() {
    for fault in ["malformed", "empty"] {
        for model in MODELS {
            let usage = json!({"input": 10, "output": 5});
            let fake = fake(&json!({"replies": [{"text": "hello", "usage": usage, "fault": fault}]})).await;
            let (turn, billed) = ask(&client(&fake.endpoint()), call(model, "Hi")).await;
            let error = turn.unwrap_err();
            assert_eq!((error.failure.code.as_str(), error.permanent), ("model_malformed", false), "{error}");
            let usage = billed.expect("it was paid for").1;
            assert_eq!((usage.input, usage.output), (Some(10), Some(5)), "{fault} {model}");
        }
    }
}

#[tokio::test]
async fn arguments_that_are_no_json_may_be_asked_for_again_and_are_billed() {
    let function = json!({"name": "crm__find", "arguments": "{\"name\": "});
    let call_of_tool = json!({"id": "call_1", "type": "function", "function": function});
    let choice =
        json!({"message": {"content": null, "tool_calls": [call_of_tool]}, "finish_reason": "tool_calls"});
    let usage =
        json!({"prompt_tokens": 30, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 20}});
    let server = Recorder::answering("200 OK", "", json!({"choices": [choice], "usage": usage})).await;
    let (turn, billed) = ask(&client(&server.address), call("openai/small", "Hi")).await;
    assert_eq!(turn.unwrap_err().failure.code, "model_malformed");
    let usage = billed.unwrap().1;
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(10), Some(4), Some(20)));
}

#[tokio::test]
async fn a_page_instead_of_an_answer_is_not_billed() {
    let server = Recorder::answering("200 OK", "content-type: text/html\r\n", "<html>hello</html>").await;
    let (turn, _) = ask(&client(&server.address), call(MODELS[0], "Hi")).await;
    assert_eq!(turn.unwrap_err().failure.code, "model_malformed");
}

#[tokio::test]
async fn a_connection_that_breaks_or_never_was_may_be_tried_again() {
    for error in failures(json!("dropped")).await {
        assert_eq!((error.failure.code.as_str(), error.permanent), ("model_unreachable", false), "{error}");
        assert!(!error.not_applied, "the model may have worked");
    }
    let gone = fake(&json!({"replies": []})).await;
    let endpoint = gone.endpoint();
    gone.stop().await;
    for model in MODELS {
        let error = ask(&client(&endpoint), call(model, "Hi")).await.0.unwrap_err();
        assert_eq!((error.failure.code.as_str(), error.permanent), ("model_unreachable", false), "{error}");
        assert!(error.not_applied, "nothing was sent");
    }
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let (theirs, ours) = (manual_clock(), manual_clock());
    let script = Script::parse(r#"{"latency_ms": 1, "replies": [{"text": "late"}]}"#).unwrap();
    let any_port = "127.0.0.1:0".parse().unwrap();
    let fake = FakeProvider::start_at(any_port, script, theirs).await.unwrap();
    let client = client(&fake.endpoint())
        .with_clock(Arc::clone(&ours) as Arc<dyn Clock>)
        .with_timeout(Duration::from_secs(60));
    let (answer, ()) = tokio::join!(ask(&client, call(MODELS[0], "Hi")), async {
        until(|| fake.calls().len() == 1).await;
        ours.advance(Duration::from_secs(60));
    });
    let error = answer.0.unwrap_err();
    assert_eq!((error.failure.code.as_str(), error.permanent), ("model_timeout", false), "{error}");
    assert!(!error.not_applied, "the model may have worked");
}

#[tokio::test]
async fn a_cancelled_call_ends_at_once() {
    let clock = manual_clock();
    let script = Script::parse(r#"{"latency_ms": 1, "replies": [{"text": "late"}]}"#).unwrap();
    let any_port = "127.0.0.1:0".parse().unwrap();
    let fake = FakeProvider::start_at(any_port, script, clock).await.unwrap();
    let client = client(&fake.endpoint());
    let call = call(MODELS[0], "Hi");
    let cancelled = call.cancelled.clone();
    let (turn, ()) = tokio::join!(client.turn(call.clone()), async {
        until(|| fake.calls().len() == 1).await;
        cancelled.cancel();
    });
    let error = turn.unwrap_err();
    assert_eq!((error.failure.code.as_str(), error.not_applied), ("cancelled", false));
    let error = client.turn(call).await.unwrap_err();
    assert!(error.not_applied, "what is cancelled already is not sent");
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_for_the_key_would_go_along() {
    let elsewhere = Recorder::answering("200 OK", "", json!({})).await;
    let head = format!("location: {}messages\r\n", elsewhere.address);
    let server = Recorder::answering("307 Temporary Redirect", &head, json!({})).await;
    for model in MODELS {
        let error = ask(&client(&server.address), call(model, "Hi")).await.0.unwrap_err();
        assert_eq!((error.failure.code.as_str(), error.permanent), ("model_moved", true), "{error}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_is_told_before_or_by_the_provider() {
    let fake = fake(&json!({"key": KEY, "replies": [{"text": "hello"}]})).await;
    let ask_with = async |key: Key| {
        let provider = Provider::anthropic(key).with_endpoint(fake.endpoint());
        ask(&ProviderClient::new([provider]).unwrap(), call("claude-small", "Hi")).await.0
    };
    assert!(
        ask_with(Key::value(format!("{KEY}\n"))).await.is_ok(),
        "a line feed at the end is no part of it"
    );
    assert!(ask_with(Key::source(|_: &_| Ok(SecretString::from(KEY)))).await.is_ok());
    let asked = fake.calls().len();
    for (key, words) in [
        (Key::env("MAESTRO_TEST_NO_SUCH_KEY"), "MAESTRO_TEST_NO_SUCH_KEY"),
        (Key::value(""), "is empty"),
        (Key::value("two words"), "blanks"),
    ] {
        let error = ask_with(key).await.unwrap_err();
        assert_eq!((error.failure.code.as_str(), error.permanent), ("model_auth", true));
        assert!(error.failure.message.contains(words), "{error}");
    }
    let closed = ask_with(Key::source(|_: &_| Err(StepError::with_code("vault_closed", "come later")))).await;
    let closed = closed.unwrap_err();
    assert_eq!(
        (closed.failure.code.as_str(), closed.permanent),
        ("vault_closed", false),
        "the host's own error"
    );
    assert_eq!(fake.calls().len(), asked, "without a key nobody is asked");
    let wrong = ask_with(Key::value("wrong")).await.unwrap_err();
    assert_eq!((wrong.failure.code.as_str(), wrong.permanent), ("model_auth", true));
}

#[tokio::test]
async fn a_model_that_nobody_serves_is_a_clear_error() {
    let fake =
        fake(&json!({"models": {"small": {"input": 1, "output": 1}}, "replies": [{"text": "hello"}]})).await;
    let client = client(&fake.endpoint());
    for model in ["llama-4", "", "mistral/small", "openai/"] {
        let error = ask(&client, call(model, "Hi")).await.0.unwrap_err();
        assert_eq!((error.failure.code.as_str(), error.permanent), ("model_unknown", true), "{error}");
        assert!(error.failure.message.ends_with("write one of anthropic/…, openai/…"), "{error}");
    }
    assert!(fake.calls().is_empty());
    for model in ["anthropic/large", "openai/large"] {
        let error = ask(&client, call(model, "Hi")).await.0.unwrap_err();
        assert_eq!((error.failure.code.as_str(), error.permanent), ("model_unknown", true), "{error}");
    }
}
