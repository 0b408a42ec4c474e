//! What those who call the API rely on, asked of the router as a service, without a socket.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod house;

mod bad_input;
mod description;
mod edits;
mod health;
mod lists;
mod mounting;
mod refusals;
mod roles;
mod runs;
mod streams;
