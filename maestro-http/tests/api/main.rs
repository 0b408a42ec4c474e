//! What those who call the API rely on, asked of the router as a service, without a socket.

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
