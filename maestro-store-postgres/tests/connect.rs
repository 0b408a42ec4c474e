//! Connecting: to a database, to none, and with what settings.

use std::error::Error;

use maestro_store_postgres::{PgOptions, PostgresStore, SetupError};
use maestro_store_postgres_harness::Database;

#[tokio::test]
async fn a_store_connects_and_migrates_as_often_as_it_is_asked() {
    let database = Database::empty().await;
    let store = database.store().await;
    for _ in 0..2 {
        store.migrate().await.unwrap();
    }
    store.close().await;
}

#[tokio::test]
async fn an_unreachable_database_is_one_clear_error_without_the_password() {
    let url = "postgres://anna:s3cret@localhost:1/music";
    let error = PostgresStore::connect(PgOptions::from_url(url).unwrap()).await.unwrap_err();
    assert!(matches!(error, SetupError::Unreachable { .. }), "{error:?}");
    let mut said = format!("{error:?} {error}");
    let mut source: Option<&dyn Error> = error.source();
    while let Some(error) = source {
        said.push_str(&error.to_string());
        source = error.source();
    }
    assert!(error.to_string().contains("localhost:1") && error.to_string().contains("refused"), "{error}");
    assert!(!said.contains("s3cret"), "{said}");
}
