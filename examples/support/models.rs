//! Whom LLM nodes ask: the real providers where the environment has a key, else a fake one on this machine.

use std::{env, io, sync::Arc};

use maestro::{
    engine::Builder,
    llm::{
        Key, Provider, ProviderClient, SetupError,
        fake::{FakeProvider, Script, ScriptError},
        prices,
    },
};

/// What the fake provider says to the agents of the shipped templates.
const SCRIPTS: [&str; 3] = [
    include_str!("../scripts/cold-leads.json"),
    include_str!("../scripts/reply-triage.json"),
    include_str!("../scripts/content-brief.json"),
];

/// The keys of real providers.
const KEYS: [&str; 3] = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"];

/// Gives an engine a client for language models and the prices of models. Returns the fake provider where there is one: it
/// stops when it is dropped.
pub(crate) async fn connect(builder: Builder) -> Result<(Builder, Option<FakeProvider>), ModelsError> {
    let has_key = KEYS.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    let (client, fake) = match has_key {
        true => (ProviderClient::from_env()?, None),
        false => {
            let fake = FakeProvider::start(script()?).await.map_err(ModelsError::Fake)?;
            let key = || Key::value("none-is-needed");
            let providers = [
                Provider::anthropic(key()).with_endpoint(fake.endpoint()),
                Provider::openai(key()).with_endpoint(fake.endpoint()),
            ];
            (ProviderClient::new(providers)?, Some(fake))
        }
    };
    Ok((builder.model_client(Arc::new(client)).price_book(prices::shipped()), fake))
}

/// Returns one script of all.
fn script() -> Result<Script, ScriptError> {
    let mut all = Script::default();
    for text in SCRIPTS {
        let script = Script::parse(text)?;
        all.latency_ms = all.latency_ms.max(script.latency_ms);
        all.models.extend(script.models);
        all.replies.extend(script.replies);
    }
    Ok(all)
}

/// Why no model can be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelsError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the script of the fake provider: {0}")]
    Script(#[from] ScriptError),
    #[error("the fake provider cannot listen: {0}")]
    Fake(io::Error),
}
