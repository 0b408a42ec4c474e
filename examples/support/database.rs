//! Where the records of the examples live when a URL is given.

use maestro::{PgOptions, PostgresStore, SetupError};

/// Opens the store in a database and brings its schema up to date.
pub(crate) async fn open(url: &str) -> Result<PostgresStore, SetupError> {
    let store = PostgresStore::connect(PgOptions::from_url(url)?).await?;
    store.migrate().await?;
    Ok(store)
}
