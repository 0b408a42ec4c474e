//! Each tier of the suite can be played alone, on a store that is known by one role only.

use std::sync::Arc;

use maestro_core::ports::store::{AgentStore, RunStore, ScoreStore, SecretStore};
use maestro_store_memory::MemoryStore;

async fn fresh_runs() -> (Arc<dyn RunStore>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

async fn fresh_scores() -> (Arc<dyn ScoreStore>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

async fn fresh_agents() -> (Arc<dyn AgentStore>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

async fn fresh_secrets() -> (Arc<dyn SecretStore>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

/// A store need not be a trait object.
async fn fresh_whole() -> (Arc<MemoryStore>, ()) {
    (Arc::new(MemoryStore::new()), ())
}

maestro_core::store_conformance!(runs: fresh_runs);
maestro_core::store_conformance!(scores: fresh_scores);
maestro_core::store_conformance!(agents: fresh_agents);
maestro_core::store_conformance!(secrets: fresh_secrets);
maestro_core::store_conformance!(orchestras: fresh_whole);
maestro_core::store_conformance!(workers: fresh_whole);
maestro_core::store_conformance!(costs: fresh_whole);
maestro_core::store_conformance!(events: fresh_whole);
