//! What nobody may read in an error or a log: the key, and what was sent.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use maestro_llm::{Key, Provider, ProviderClient};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{KEY, MODELS, Recorder, ask, call, client, fake};

const PROMPT: &str = "The phone of Ada Lovelace is 555-0100.";

/// Writes down everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Servers that do what they can to make a client talk, and one that answers.
async fn talkative() -> Vec<(Recorder, &'static str)> {
    let words = format!("your key {KEY} and x-api-key={KEY}; you said \"{PROMPT}\"; Bearer {KEY}");
    let error = json!({"error": {"type": "invalid_request_error", "message": words}});
    let mut servers = Vec::new();
    for status in ["400 Bad", "401 Bad", "404 Bad", "429 Bad", "500 Bad", "307 Bad"] {
        servers.push((Recorder::answering(status, "", &error).await, status));
    }
    servers.push((Recorder::answering("200 OK", "", &error).await, "another object"));
    servers.push((Recorder::answering("200 OK", "", format!("{words} {{")).await, "no JSON"));
    servers.push((
        Recorder::answering("200 OK", "", json!({"content": words, "choices": words})).await,
        "strange",
    ));
    servers
}

#[tokio::test]
async fn no_error_and_no_log_holds_a_key_or_what_was_sent() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    tracing::trace!("heard");
    let mut told = String::new();
    for (server, what) in talkative().await {
        for model in MODELS {
            let client = client(&server.address);
            let error = ask(&client, call(model, PROMPT)).await.0.unwrap_err();
            assert!(error.failure.message.chars().count() <= 500, "{what}");
            writeln!(told, "{what} {model}: {error} {error:?}").unwrap();
        }
    }
    let fake = fake(&json!({"key": KEY, "replies": [{"text": "hello"}]})).await;
    for model in MODELS {
        ask(&client(&fake.endpoint()), call(model, PROMPT)).await.0.unwrap();
    }
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("message=heard"), "{logged}");
    for (place, text) in [("errors", &told), ("log", &logged)] {
        for secret in [KEY, &KEY[3..], PROMPT, "555-0100", "hello"] {
            assert!(!text.contains(secret), "{secret} stands in the {place}:\n{text}");
        }
    }
}

#[test]
fn what_is_set_up_prints_without_its_key() {
    let printed = format!("{:?}", Provider::anthropic(Key::value(KEY)));
    assert!(printed.contains("api.anthropic.com") && !printed.contains(KEY), "{printed}");
    let address = format!("https://user:{KEY}@api.example.com/v1/");
    let error =
        ProviderClient::new([Provider::anthropic(Key::none()).with_endpoint(&address)]).err().unwrap();
    assert!(!format!("{error} {error:?}").contains(KEY));
}

#[test]
fn a_set_up_that_cannot_work_is_refused() {
    let anthropic = || Provider::anthropic(Key::none());
    let bad: [Vec<Provider>; 5] = [
        vec![anthropic(), anthropic()],
        vec![anthropic().with_name("with/slash")],
        vec![anthropic().with_name("")],
        vec![anthropic().with_endpoint("ftp://example.com")],
        vec![anthropic().with_endpoint("https://example.com/v1/?key=x")],
    ];
    for providers in bad {
        assert!(ProviderClient::new(providers).is_err());
    }
    assert!(ProviderClient::new([anthropic(), anthropic().with_name("other")]).is_ok());
}
