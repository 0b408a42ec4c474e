//! What the clauses of the store port do not say of runs in PostgreSQL.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod catalogue;
mod corrupt;
mod floors;
mod outside;
mod stage;
mod values;
