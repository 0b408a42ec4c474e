//! Engines on a database that a URL names.

use std::error::Error;

use maestro::{Maestro, PgOptions, PostgresStore, SetupError, engine::Builder, ports::store::StoreError};

use crate::skills::{self, Traces};

/// Opens the store in a database, brings its schema up to date, and begins an engine with the skills of the examples.
pub(crate) async fn open(url: &str) -> Result<(PostgresStore, Builder), DatabaseError> {
    let store = PostgresStore::connect(PgOptions::from_url(url)?).await?;
    store.migrate().await?;
    let traces = Traces::in_database(url).map_err(DatabaseError::Traces)?;
    let builder = Maestro::builder(store.clone());
    let builder = skills::all(Some(traces)).into_iter().fold(builder, Builder::skill);
    Ok((store, builder))
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("{}", with_causes(.0))]
    Store(#[from] StoreError),
    #[error("cannot leave traces: {0}")]
    Traces(sqlx::Error),
}

/// Says what went wrong and why: an error of the store leaves the words of the database to its source.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let (mut said, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}"); // the driver's errors repeat their source
        }
        cause = error.source();
    }
    said
}
