//! A provider on this machine that plays a script, for demos and tests.
//!
//! [`FakeProvider`] speaks the Messages API of Anthropic (`POST /v1/messages`) and the Chat Completions of OpenAI
//! (`POST /v1/chat/completions`) as they are on the wire. A [`Script`] says what its models answer; what nobody scripted is
//! refused in words that say so. It keeps every call, and counts tokens and money by itself, for tests that compare.
//!
//! ```
//! use maestro_llm::{Key, Provider, ProviderClient, fake::{FakeProvider, Script}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = Script::parse(r#"{
//!     "models": {"claude-small": {"input": 1000000, "output": 5000000}},
//!     "replies": [
//!         {"when": {"turn": 1, "last": "lead"}, "tool_calls": [{"name": "crm.find", "arguments": {"name": "{{ data.name }}"}}]},
//!         {"when": {"turn": 2}, "text": "{{ results[0].name | title }} is in {{ results[0].city }}."}
//!     ]
//! }"#)?;
//! let fake = FakeProvider::start(script).await?;
//!
//! let client = ProviderClient::new([Provider::anthropic(Key::value("any")).with_endpoint(fake.endpoint())])?;
//! // … give it to an engine and play; then:
//! assert_eq!((fake.calls().len(), fake.billed().cost.nanos()), (0, 0));
//! fake.stop().await;
//! # Ok(())
//! # }
//! ```

mod answers;
mod anthropic;
mod asked;
mod house;
mod ledger;
mod open_ai;
mod playing;
mod script;
mod server;

pub use self::asked::{Asked, Said, WireFormat};
pub use self::ledger::{Billed, FakeCall, Tokens};
pub use self::script::{Fault, Rates, Reply, Script, ScriptError, ScriptedCall, ScriptedTokens, When};
pub use self::server::FakeProvider;
