//! The client: one call, from the engine's words to the provider's and back.

use std::{env, sync::Arc, time::Duration};

use async_trait::async_trait;
use genai::{
    Client, Error, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::ChatResponse,
    resolver::{AuthData, Endpoint},
    webc,
};
use maestro_core::{
    domain::{ModelTurn, TurnEnd, Usage},
    ports::{Clock, ModelCall, ModelClient, StepError, SystemClock},
};
use secrecy::{ExposeSecret, SecretString};
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::{
    Provider, SetupError,
    answer::{self, is_blocked},
    environment,
    failure::{self, Told},
    pace::Pace,
    provider::{Format, route},
    request::Request,
};

/// How long a provider may think about one turn.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Asks the models of any number of providers.
///
/// The provider's name stands before the model's: `anthropic/claude-sonnet-4-5`, `groq/llama-4`. Without it, how the
/// model's name begins decides ([`Provider::with_models`]).
///
/// A call is made once; tries are the engine's. No redirect is followed. Errors and logs hold neither keys nor what was
/// sent, and logs not what was answered, at any level.
///
/// ```
/// use maestro_llm::{Key, Provider, ProviderClient};
///
/// let client = ProviderClient::new([
///     Provider::anthropic(Key::env("ANTHROPIC_API_KEY")),
///     Provider::openai_compatible("groq", "https://api.groq.com/openai/v1/", Key::env("GROQ_API_KEY")),
/// ])?;
/// # Ok::<(), maestro_llm::SetupError>(())
/// ```
pub struct ProviderClient {
    providers: Vec<(Provider, Pace)>,
    client: Client,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

impl ProviderClient {
    /// Makes a client of these providers. The first one that serves a model is asked.
    ///
    /// # Errors
    /// [`SetupError`] when a name or an endpoint cannot be used.
    pub fn new(providers: impl IntoIterator<Item = Provider>) -> Result<Self, SetupError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let mut checked: Vec<(Provider, Pace)> = Vec::new();
        for provider in providers {
            let provider = provider.checked()?;
            if checked.iter().any(|(other, _)| other.name == provider.name) {
                return Err(SetupError::SameName { name: provider.name });
            }
            let pace = Pace::new(&provider, &clock);
            checked.push((provider, pace));
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none()) // the key would go along
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .build()
            .map_err(|error| SetupError::Http { reason: error.to_string() })?;
        let client = Client::builder()
            .with_reqwest(http)
            .build()
            .map_err(|error| SetupError::Http { reason: error.to_string() })?;
        Ok(Self { providers: checked, client, clock, timeout: TIMEOUT })
    }

    /// Makes a client of the providers whose keys stand in the environment: `ANTHROPIC_API_KEY`, `OPENAI_API_KEY` and
    /// `GEMINI_API_KEY`, and of Ollama, which has none. `ANTHROPIC_BASE_URL` (without the version, as Anthropic's own tools
    /// take it), `OPENAI_BASE_URL` (with it, as OpenAI's do) and `OLLAMA_HOST` say where they are when it is elsewhere.
    ///
    /// # Errors
    /// [`SetupError`] when what stands there is no address.
    pub fn from_env() -> Result<Self, SetupError> {
        Self::new(environment::providers(|name| env::var(name).ok()))
    }

    /// Waits and reads the time by `clock`; by default by the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        for (provider, pace) in &mut self.providers {
            *pace = Pace::new(provider, &clock);
        }
        Self { clock, ..self }
    }

    /// Sets how long a provider may take for one turn, waiting for its rate limits apart. Default 10 minutes.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    async fn ask(&self, call: &ModelCall) -> Result<ModelTurn, StepError> {
        let providers = self.providers.iter().map(|(provider, _)| provider);
        let Some((at, model)) = route(providers.clone(), &call.model) else {
            return Err(failure::no_provider(&call.model, providers));
        };
        let (provider, pace) = &self.providers[at];
        pace.wait(call).await;
        let key = provider.key.reveal(&call.workspace).await;
        let key = key.map_err(|refusal| failure::no_key(provider, refusal))?;
        let request = Request::new(provider, call);
        let target = target(provider, model, key.as_ref());
        // genai and what is beneath log answers as they come, and providers quote keys and prompts: nobody listens.
        let answer = self.client.exec_chat(target, request.chat, Some(&request.options));
        let answer = answer.with_subscriber(NoSubscriber::default());
        let timeout = self.clock.sleep(self.timeout);
        let told = |now| Told { provider, call, key: key.as_ref(), now };
        let answer = tokio::select! {
            biased;
            answer = answer => answer,
            () = timeout => return Err(told(self.clock.now()).timeout(self.timeout)),
        };
        let told = told(self.clock.now());
        if let Some(usage) = billed(provider.format, &answer) {
            call.meter.report(&call.model, usage);
        }
        match answer {
            Ok(response) => answer::read(provider, &request.tools, response)
                .map_err(|malformed| told.malformed(&malformed)),
            Err(Error::ChatResponseGeneration { response_body, .. }) if is_blocked(&response_body) => {
                Ok(ModelTurn { stop: TurnEnd::Refused, ..ModelTurn::default() })
            }
            Err(error) => Err(told.failure(&error)),
        }
    }
}

#[async_trait]
impl ModelClient for ProviderClient {
    async fn turn(&self, call: ModelCall) -> Result<ModelTurn, StepError> {
        if call.cancelled.is_cancelled() {
            return Err(failure::cancelled().not_applied());
        }
        tokio::select! {
            biased; // an answer that is there counts: it was paid for
            turn = self.ask(&call) => turn,
            () = call.cancelled.cancelled() => Err(failure::cancelled()),
        }
    }
}

fn target(provider: &Provider, model: &str, key: Option<&SecretString>) -> ServiceTarget {
    let kind = match provider.format {
        Format::Anthropic => AdapterKind::Anthropic,
        Format::OpenAi | Format::Ollama => AdapterKind::OpenAI,
        Format::Gemini => AdapterKind::Gemini,
    };
    // genai insists on a key.
    let key = key.map_or("none", ExposeSecret::expose_secret);
    ServiceTarget {
        endpoint: Endpoint::from_owned(provider.endpoint.as_str()),
        auth: AuthData::from_single(key),
        model: ModelIden::new(kind, model),
    }
}

/// Returns what the provider bills, as far as it says; `None` when it did not answer as one that was paid. What it said
/// nothing about is unknown.
fn billed(format: Format, answer: &Result<ChatResponse, Error>) -> Option<Usage> {
    match answer {
        Ok(response) => {
            let body = response.captured_raw_body.as_ref();
            Some(body.and_then(|body| answer::usage(format, body)).unwrap_or_default())
        }
        Err(Error::ChatResponseGeneration { response_body, .. }) => answer::usage(format, response_body),
        Err(Error::WebModelCall {
            webc_error: webc::Error::ResponseFailedInvalidJson { body, .. }, ..
        }) => Some(answer::salvage(format, body).unwrap_or_default()),
        Err(_) => None,
    }
}
