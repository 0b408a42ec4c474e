//! The pages: each reads what it shows and hands it to its template.

pub(crate) mod orchestra;
pub(crate) mod overview;
pub(crate) mod run;
pub(crate) mod runs;

mod run_table;
mod schedule;
mod stats;
