//! What a client of models sends and reads, through real sockets: in the formats of Anthropic and of OpenAI against the fake
//! provider, in others against a server that records.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod answers;
mod conversations;
mod failures;
mod fake;
mod forms;
mod others;
mod pace;
mod secrets;
mod support;
