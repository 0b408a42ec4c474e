//! Providers: who serves models, where, with which key, and how fast they may be asked.

mod key;
mod route;

use std::num::NonZeroU32;

pub use self::key::{Key, KeySource};
pub(crate) use self::{key::Refusal, route::route};
use crate::SetupError;

/// One who serves models.
///
/// ```
/// use maestro_llm::{Key, Provider};
///
/// let provider = Provider::anthropic(Key::env("ANTHROPIC_API_KEY"))
///     .with_requests_per_minute(50.try_into()?)
///     .with_tokens_per_minute(30_000.try_into()?);
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Provider {
    pub(crate) name: String,
    pub(crate) format: Format,
    pub(crate) endpoint: String,
    pub(crate) key: Key,
    pub(crate) serves: Vec<String>,
    pub(crate) structured_output: StructuredOutput,
    pub(crate) requests_per_minute: Option<NonZeroU32>,
    pub(crate) tokens_per_minute: Option<NonZeroU32>,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The Messages API of Anthropic.
    Anthropic,
    /// Chat Completions, as OpenAI defined them and many others speak them.
    OpenAi,
    /// `generateContent` of Google's Gemini API.
    Gemini,
    /// Chat Completions as Ollama speaks them: it cannot be held to a schema while it may call tools.
    Ollama,
}

/// How a model is told which form its answer must have. The engine checks the answer in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StructuredOutput {
    /// The provider holds the model to the schema, wherever it can: some cannot while there are tools, none can for every
    /// schema. Elsewhere as [`Instruction`](Self::Instruction).
    #[default]
    Native,
    /// The system prompt asks for it: for models that know nothing else.
    Instruction,
}

impl Provider {
    fn new(name: &str, format: Format, endpoint: &str, key: Key, serves: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            format,
            endpoint: endpoint.to_owned(),
            key,
            serves: serves.iter().map(|&begin| begin.to_owned()).collect(),
            structured_output: StructuredOutput::default(),
            requests_per_minute: None,
            tokens_per_minute: None,
        }
    }

    /// Anthropic: `anthropic/…`, and models that begin with `claude-`.
    pub fn anthropic(key: Key) -> Self {
        Self::new("anthropic", Format::Anthropic, "https://api.anthropic.com/v1/", key, &["claude-"])
    }

    /// OpenAI: `openai/…`, and models that begin with `gpt-`, `chatgpt-`, `o1`, `o3` or `o4`.
    pub fn openai(key: Key) -> Self {
        let serves = ["gpt-", "chatgpt-", "o1", "o3", "o4"];
        Self::new("openai", Format::OpenAi, "https://api.openai.com/v1/", key, &serves)
    }

    /// Google's Gemini API: `gemini/…`, and models that begin with `gemini-`.
    pub fn gemini(key: Key) -> Self {
        let endpoint = "https://generativelanguage.googleapis.com/v1beta/";
        Self::new("gemini", Format::Gemini, endpoint, key, &["gemini-"])
    }

    /// Ollama on this machine, by the Chat Completions that it speaks: `ollama/…`.
    pub fn ollama() -> Self {
        Self::new("ollama", Format::Ollama, "http://localhost:11434/v1/", Key::none(), &[])
    }

    /// Whoever speaks OpenAI's Chat Completions: `name/…`. The endpoint is what stands before `chat/completions`.
    ///
    /// ```
    /// # use maestro_llm::{Key, Provider};
    /// let groq = Provider::openai_compatible("groq", "https://api.groq.com/openai/v1/", Key::env("GROQ_API_KEY"));
    /// ```
    pub fn openai_compatible(name: impl AsRef<str>, endpoint: impl AsRef<str>, key: Key) -> Self {
        Self::new(name.as_ref(), Format::OpenAi, endpoint.as_ref(), key, &[])
    }

    /// Gives it another name, so that there can be two of one kind. It then serves only what is asked of it by that name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), serves: Vec::new(), ..self }
    }

    /// Sets where it is: the address of its API with the version, such as `https://api.anthropic.com/v1/`. By default the
    /// provider's own.
    #[must_use]
    pub fn with_endpoint(self, endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), ..self }
    }

    /// Sets which models go to it without its name before them, by how their names begin.
    #[must_use]
    pub fn with_models(self, begins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { serves: begins.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets how its models are told which form their answers must have.
    #[must_use]
    pub fn with_structured_output(self, structured_output: StructuredOutput) -> Self {
        Self { structured_output, ..self }
    }

    /// Bounds how often it is asked. So many may be asked at once, and as many again as a minute passes; a call waits for
    /// its turn. Each client counts for itself: what a fleet may ask has to be shared out among its processes.
    #[must_use]
    pub fn with_requests_per_minute(self, most: NonZeroU32) -> Self {
        Self { requests_per_minute: Some(most), ..self }
    }

    /// Bounds how many tokens it is asked for, in the same way. A call counts as a quarter of its bytes, and the answer as
    /// the most tokens that it may have, or 1,024 where that is not said.
    #[must_use]
    pub fn with_tokens_per_minute(self, most: NonZeroU32) -> Self {
        Self { tokens_per_minute: Some(most), ..self }
    }

    /// Checks what was set, and ends the endpoint with the `/` that paths are joined to.
    pub(crate) fn checked(mut self) -> Result<Self, SetupError> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
        };
        if self.name.is_empty() || !self.name.bytes().all(allowed) {
            return Err(SetupError::Name { name: self.name });
        }
        if !self.endpoint.ends_with('/') {
            self.endpoint.push('/');
        }
        let is_good = reqwest::Url::parse(&self.endpoint).is_ok_and(|url| {
            let is_http = matches!(url.scheme(), "http" | "https");
            let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            is_http && is_bare && url.password().is_none()
        });
        if !is_good {
            return Err(SetupError::Endpoint { provider: self.name });
        }
        Ok(self)
    }
}
