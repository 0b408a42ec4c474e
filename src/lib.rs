//! An embeddable engine for scheduled, durable automation.

pub use maestro_core::domain;
