//! Writers that insist: what they were told is saved must be there at the end.

use std::{error::Error, time::Duration};

use chrono::DateTime;
use maestro_core::{
    domain::{Agent, WorkspaceId},
    ports::{
        Clock, SystemClock,
        store::{AgentStore, StoreError},
    },
};
use maestro_store_postgres::PostgresStore;

/// Returns a version of an agent.
pub(crate) fn version(id: &str, version: u32) -> Agent {
    Agent {
        id: id.parse().unwrap(),
        version,
        name: id.to_owned(),
        description: String::new(),
        model: String::new(),
        system_prompt: format!("Be version {version}."),
        allowed_tools: Vec::new(),
        max_tokens: None,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

/// Repeats a call until the store answers, as the engine does.
pub(crate) async fn insist<T, F>(mut call: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    for _ in 0..2_000 {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
        SystemClock::new().sleep(Duration::from_millis(10)).await;
    }
    panic!("the store does not come back");
}

/// Saves a version of an agent, whatever happens.
pub(crate) async fn save(store: &PostgresStore, id: &str, number: u32) {
    let (workspace, agent) = (WorkspaceId::default(), version(id, number));
    insist(|| store.save_agent(&workspace, &agent)).await;
}

/// Demands that every version is there.
pub(crate) async fn demand_versions(store: &PostgresStore, id: &str, count: u32) {
    let (workspace, agent) = (WorkspaceId::default(), id.parse().unwrap());
    for number in 1..=count {
        let found = insist(|| store.agent(&workspace, &agent, Some(number))).await;
        assert_eq!(found, version(id, number));
    }
}

/// Returns an error with everything it says of its causes.
pub(crate) fn words(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", words(source)),
        None => error.to_string(),
    }
}
