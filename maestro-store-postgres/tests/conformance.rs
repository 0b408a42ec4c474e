//! The store keeps every promise of the store port.

use std::sync::Arc;

use maestro_core::ports::Store;
use maestro_store_postgres_harness::Database;

async fn fresh_store() -> (Arc<dyn Store>, Database) {
    let database = Database::migrated().await;
    (Arc::new(database.store().await), database)
}

maestro_core::store_conformance!(fresh_store);
