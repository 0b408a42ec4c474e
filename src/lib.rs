//! An embeddable engine for scheduled, durable automation.

#[cfg(feature = "memory")]
pub use maestro_store_memory::MemoryStore;
