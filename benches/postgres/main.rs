//! What the engine costs on PostgreSQL at default settings: `cargo bench --bench postgres`, or `-- drain idle` for some.
//!
//! Every case has a database of its own on a private server (or on `DATABASE_URL`), with `fsync` and `synchronous_commit`
//! on. Client and server share the machine: compare cases of one run, not absolute numbers of different machines.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark measures real time and may fail"
)]

mod bound;
mod drain;
mod fairness;
mod house;
mod idle;
mod latency;
mod meter;
mod pinned;
mod retention;

use std::time::Duration;

use maestro_store_postgres_harness::Database;
use sqlx::Row;

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wants = |case: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == case);
    print_settings().await;
    if wants("bound") {
        bound::measure().await;
    }
    if wants("drain") {
        drain::measure().await;
    }
    if wants("latency") {
        latency::measure().await;
    }
    if wants("idle") {
        idle::measure(Duration::from_secs(30)).await;
    }
    if wants("fairness") {
        fairness::measure().await;
    }
    if wants("pinned") {
        pinned::measure(pin()).await;
    }
    if wants("retention") {
        retention::measure().await;
    }
}

/// Returns how long a snapshot is held: three minutes, or as many seconds as `PIN_S` says.
fn pin() -> Duration {
    let seconds = std::env::var("PIN_S").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(180))
}

async fn print_settings() {
    let database = Database::empty().await;
    let mut connection = database.connection().await;
    let names = [
        "server_version",
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "shared_buffers",
        "max_wal_size",
    ];
    let sql = "select name || '=' || setting || coalesce(unit, '') from pg_settings where name = any($1) order by name";
    let rows = sqlx::query(sql).bind(&names[..]).fetch_all(&mut connection).await.unwrap();
    let settings: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("settings: {}, {cores} cores for client and server", settings.join(", "));
}
