//! A PostgreSQL for tests: `DATABASE_URL` where that is set, else a private cluster of the machine's own binaries.
//!
//! Nothing is skipped: without PostgreSQL a test fails and says what to install. The cluster lives as long as the
//! process that made it, however that ends.

mod cluster;
mod database;
mod pooler;

pub use self::{
    cluster::{Cluster, cluster},
    database::Database,
    pooler::Pooler,
};
