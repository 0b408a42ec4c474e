//! Maestro's store in PostgreSQL: many processes, nothing lost, nothing twice.
//!
//! [`PostgresStore`] has every role of the [store port](maestro_core::ports::store). It lives in a schema of its own,
//! `maestro` unless the host says otherwise, and opens a few connections of its own: what the host's pool is set to, and
//! what else lives in the database, stays untouched.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `tls` | no | connections by TLS, with rustls |

mod options;
mod store; // the one public type

mod connect;
mod error;
mod lanes;
mod statement;

mod migrate;

mod columns; // lists for statements
mod rows; // what statements return

mod agents;
mod costs;
mod orchestras;
mod runs;
mod scores;
mod secrets;
mod versions; // what scores and agents have in common
mod workers;

mod clock;
mod events;

pub use self::{
    clock::DatabaseClock, error::SetupError, migrate::MigrationScript, options::PgOptions, runs::Hint,
    store::PostgresStore,
};

#[cfg(test)]
mod plans;
