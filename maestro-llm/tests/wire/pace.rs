//! Rate limits: who comes too early waits, by the clock that was given.

use std::{sync::Arc, time::Duration};

use maestro_core::{
    ports::{Clock, ModelClient},
    testing::ManualClock,
};
use maestro_llm::{Key, Provider, ProviderClient, fake::FakeProvider};
use serde_json::json;

use crate::support::{ask, call, fake, manual_clock, until};

async fn paced(set: impl Fn(Provider) -> Provider) -> (FakeProvider, ProviderClient, Arc<ManualClock>) {
    let fake = fake(&json!({"replies": [{"text": "hello"}]})).await;
    let provider = set(Provider::anthropic(Key::none()).with_endpoint(fake.endpoint()));
    let clock = manual_clock();
    let client = ProviderClient::new([provider]).unwrap().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    (fake, client, clock)
}

/// Waits until somebody waits for `span`, and lets it pass.
async fn pass(clock: &ManualClock, span: Duration) {
    until(|| clock.until_next_wake() == Some(span)).await;
    clock.advance(span);
}

#[tokio::test]
async fn so_many_requests_a_minute_and_no_more() {
    let (fake, client, clock) =
        paced(|provider| provider.with_requests_per_minute(2.try_into().unwrap())).await;
    for _ in 0..2 {
        ask(&client, call("claude-small", "Hi")).await.0.unwrap();
    }
    let (third, ()) = tokio::join!(ask(&client, call("claude-small", "Hi")), async {
        until(|| clock.until_next_wake() == Some(Duration::from_secs(30))).await;
        assert_eq!(fake.calls().len(), 2, "the third one waits for its turn");
        clock.advance(Duration::from_secs(30));
    });
    third.0.unwrap();
    assert_eq!(fake.calls().len(), 3);
}

#[tokio::test]
async fn so_many_tokens_a_minute_and_no_more() {
    let (fake, client, clock) =
        paced(|provider| provider.with_tokens_per_minute(1_000.try_into().unwrap())).await;
    let mut call = call("claude-small", &"word ".repeat(80)); // 100 tokens
    (call.system, call.max_tokens) = (String::new(), Some(500));
    ask(&client, call.clone()).await.0.unwrap();
    // 400 of 1,000 are left and 600 are asked for: 200 more come in 12 s.
    let (second, ()) = tokio::join!(ask(&client, call.clone()), pass(&clock, Duration::from_secs(12)));
    second.0.unwrap();
    call.max_tokens = Some(1_000_000); // more than a minute ever has
    let (third, ()) = tokio::join!(ask(&client, call), pass(&clock, Duration::from_secs(60)));
    third.0.unwrap();
    assert_eq!(fake.calls().len(), 3);
}

#[tokio::test]
async fn who_waits_can_be_cancelled() {
    let (fake, client, clock) =
        paced(|provider| provider.with_requests_per_minute(1.try_into().unwrap())).await;
    ask(&client, call("claude-small", "Hi")).await.0.unwrap();
    let call = call("claude-small", "Hi");
    let cancelled = call.cancelled.clone();
    let (turn, ()) = tokio::join!(client.turn(call), async {
        until(|| clock.until_next_wake() == Some(Duration::from_secs(60))).await;
        cancelled.cancel();
    });
    assert_eq!(turn.unwrap_err().failure.code, "cancelled");
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn providers_do_not_wait_for_each_other() {
    let fake = fake(&json!({"replies": [{"text": "hello"}]})).await;
    let one = 1.try_into().unwrap();
    let providers = ["a", "b"].map(|name| {
        Provider::openai_compatible(name, fake.endpoint(), Key::none()).with_requests_per_minute(one)
    });
    let client = ProviderClient::new(providers).unwrap().with_clock(manual_clock());
    for model in ["a/small", "b/small"] {
        ask(&client, call(model, "Hi")).await.0.unwrap();
    }
}
