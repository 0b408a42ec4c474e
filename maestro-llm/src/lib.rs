//! Models for Maestro: clients that talk to providers, and what their tokens cost.

pub mod prices;
