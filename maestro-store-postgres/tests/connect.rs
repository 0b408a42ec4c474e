//! Connecting: to a database, to none, and with what settings.

use std::{error::Error, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::ports::Clock;
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

#[tokio::test]
async fn a_server_that_never_answers_is_unreachable_in_time() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = mute.local_addr().unwrap().to_string();
    let options = PgOptions::from_url(&format!("postgres://anna@{place}/music?sslmode=disable")).unwrap();
    let connected = PostgresStore::connect(options.with_connect_timeout(Duration::from_millis(50))).await;
    let said = connected.unwrap_err().to_string();
    assert!(said.contains(&place) && said.contains("timed out") && !said.contains("pool"), "{said}");
}

#[tokio::test]
async fn the_clock_tells_the_time_of_the_server() {
    let database = Database::empty().await;
    let store = database.store().await;
    let clock = store.clock();
    let mut connection = database.connection().await;
    let ask = "select clock_timestamp()";
    let before: DateTime<Utc> = sqlx::query_scalar(ask).fetch_one(&mut connection).await.unwrap();
    let told = clock.now();
    let after: DateTime<Utc> = sqlx::query_scalar(ask).fetch_one(&mut connection).await.unwrap();
    // as exact as an answer is quick, on a machine that may be busy
    let inexact = TimeDelta::seconds(5);
    assert!(before - inexact < told && told < after + inexact, "{before} {told} {after}");
    assert_eq!(told.timestamp_subsec_nanos() % 1_000, 0, "whole microseconds");
    store.close().await;
}
