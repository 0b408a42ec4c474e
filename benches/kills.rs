//! Three workers, one of them killed every second for a minute, 300 runs of 20 effects: `scripts/kill-test`.
//!
//! Prints what was lost, recorded twice and repeated, and how long it took from the last kill until everything had ended.
//! A dead worker is noticed after 30 s of silence, as is the default. Exits with 1 when something was lost or recorded
//! twice.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark measures real time and may fail"
)]

#[path = "../tests/fleet/mod.rs"]
mod fleet;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use fleet::{Process, effects};
use maestro::RunStatus;
use maestro_store_postgres_harness::Database;
use sqlx::Row;

const KILLS: usize = 60;
const RUNS: usize = 300;
const EFFECTS: usize = 20;
/// Milliseconds that an effect takes.
const MS: u64 = 200;
/// So that the work lasts for as long as the kills.
const WORKER: [&str; 2] = ["--concurrency", "8"];

#[tokio::main]
async fn main() -> ExitCode {
    let database = effects::database().await;
    let store = database.store().await;
    let maestro = effects::asker(&store).await;
    let workspace = maestro.default_workspace();
    let orchestra = effects::deploy(&workspace, EFFECTS, MS).await;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        runs.push(workspace.run_now(&orchestra).await.unwrap());
    }

    let mut fleet: Vec<_> = (0..3).map(|_| Process::start(database.url(), &WORKER)).collect();
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_secs(1)).await;
        fleet.remove(0).kill();
        fleet.push(Process::start(database.url(), &WORKER));
    }
    let last_kill = Instant::now();
    let mut lost = 0;
    for run in runs {
        let run = run.finished().await.unwrap();
        lost += usize::from(run.status != RunStatus::Succeeded);
    }
    let drained = last_kill.elapsed().as_secs_f64();
    let (effects, repeated) = count_effects(&database).await;
    lost += RUNS * EFFECTS - effects;
    let double = count_double_records(&database).await;
    println!("{KILLS} kills, {RUNS} runs of {EFFECTS} effects of {MS} ms, 3 workers");
    println!("jobs_lost={lost} double_records={double} repeated_effects={repeated}");
    println!("drained {drained:.1} s after the last kill");
    maestro.shutdown(Duration::ZERO).await;
    store.close().await;
    if lost + double == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns how many effects happened at all, and how often one happened again.
async fn count_effects(database: &Database) -> (usize, i64) {
    let sql =
        "select count(distinct idempotency_key), count(*) - count(distinct idempotency_key) from effects";
    let row = sqlx::query(sql).fetch_one(&mut database.connection().await).await.unwrap();
    (usize::try_from(row.get::<i64, _>(0)).unwrap(), row.get(1))
}

/// Returns how many steps succeeded more than once.
async fn count_double_records(database: &Database) -> usize {
    let sql = "select count(*) from (select from maestro.run_steps where status = $1 \
               group by workspace_id, run_id, key having count(*) > 1) as double";
    let succeeded = maestro::domain::StepStatus::Succeeded.name();
    let row = sqlx::query(sql).bind(succeeded).fetch_one(&mut database.connection().await).await.unwrap();
    usize::try_from(row.get::<i64, _>(0)).unwrap()
}
