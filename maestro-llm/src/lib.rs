//! Models for Maestro: clients that talk to providers, and what their tokens cost.
//!
//! [`ProviderClient`] is a [`ModelClient`](maestro_core::ports::ModelClient) for Anthropic, Gemini, Ollama, and OpenAI with
//! everybody who speaks its format.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `fake` | no | [`fake`]: a provider on this machine that plays a script, for demos and tests |
//! | `tls` | no | connections to providers by TLS; without it only `http` endpoints can be reached |

mod answer;
mod carry;
mod client;
mod environment;
mod error;
mod failure;
#[cfg(feature = "fake")]
pub mod fake;
mod hash;
mod pace;
pub mod prices;
mod provider;
mod request;

pub use secrecy::SecretString;

pub use self::client::ProviderClient;
pub use self::error::SetupError;
pub use self::provider::{Key, KeySource, Provider, StructuredOutput};
