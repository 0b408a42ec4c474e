//! What the clauses of the store port do not say of runs in PostgreSQL.

mod catalogue;
mod corrupt;
mod floors;
mod outside;
mod stage;
mod values;
