//! Errors: what the driver says, sorted by what the caller does next.

use std::error::Error;

use maestro_core::ports::store::StoreError;
use sqlx::error::DatabaseError;

/// Why a store cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Options that make no sense.
    #[error("options: {reason}")]
    Options {
        /// Which, and what would.
        reason: String,
    },
    /// The database did not answer as one does.
    #[error("cannot connect to PostgreSQL at {place}: {reason}")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// Why, in the words of the driver or of the server.
        reason: String,
        /// What the driver said.
        #[source]
        source: Box<dyn Error + Send + Sync + 'static>,
    },
    /// The schema was made by a later release of Maestro than this one. Update the program.
    #[error(
        "the schema is at migration {found}, and this release of Maestro knows none after {latest}: update it"
    )]
    Newer {
        /// The number of the migration that is not known.
        found: i64,
        /// The last one that is.
        latest: i64,
    },
    /// The schema could not be brought up to date.
    #[error("cannot migrate the schema: {reason}")]
    Migration {
        /// Why.
        reason: String,
        /// What the driver said.
        #[source]
        source: Box<dyn Error + Send + Sync + 'static>,
    },
}

/// Sorts what became of a statement. The one place that knows SQLSTATE codes.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    let is_refusal = match &error {
        sqlx::Error::Database(refusal) => is_about_data(refusal.as_ref()),
        sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => true,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            return corrupt("row", "", &error);
        }
        _ => false,
    };
    if is_refusal {
        return StoreError::NotStorable { reason: words(&error) };
    }
    StoreError::Unavailable { source: Box::new(error) }
}

/// Says that a row makes no sense.
pub(crate) fn corrupt(what: &'static str, id: impl ToString, reason: impl ToString) -> StoreError {
    StoreError::Corrupt { what, id: id.to_string(), reason: reason.to_string() }
}

/// Tells whether the connection is good after an error: the server refused the statement and goes on.
pub(crate) fn leaves_connection(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(refusal) = error else { return false };
    // 40: serialization, deadlock. 55: lock not available. 57014: statement timeout.
    is_about_data(refusal.as_ref())
        || refusal
            .code()
            .is_some_and(|code| code.starts_with("40") || code.starts_with("55") || code == "57014")
}

/// Tells whether the server refused a value. Everything else may be well another time: lost connections (08), conflicts
/// (40), full disks and memory (53), locks (55), timeouts and shutdowns (57), a standby (25), a schema that is not there
/// yet (42).
fn is_about_data(refusal: &dyn DatabaseError) -> bool {
    // 22: values; 23: constraints; 54: limits, such as the size of an index row.
    let code = refusal.code();
    code.is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)))
}

/// Returns the message of the server where there is one: the driver wraps it in words of its own.
pub(crate) fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(refusal) => refusal.message().to_owned(),
        other => other.to_string(),
    }
}
