//! What hosts and people rely on when operations use secrets: nothing leaks, keys change, mistakes are told.

#![allow(clippy::unwrap_used, reason = "test code")]

mod canary;
mod capture;
mod house;
mod keys;
mod sources;
mod vault;
