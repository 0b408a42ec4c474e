//! The memory store keeps every promise of the store port.

use std::sync::Arc;

use maestro_core::ports::Store;
use maestro_store_memory::MemoryStore;

async fn fresh_store() -> (Arc<dyn Store>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

maestro_core::store_conformance!(fresh_store);
