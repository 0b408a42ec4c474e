//! An embeddable engine for scheduled, durable automation.

pub use maestro_core::domain;
#[cfg(feature = "memory")]
pub use maestro_store_memory::MemoryStore;
