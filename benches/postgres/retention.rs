//! Deleting a million old runs while new ones are played.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use chrono::{TimeDelta, Utc};
use maestro::{Roles, ports::store::RunStore};

use crate::house::{House, enqueue};

const OLD: usize = 1_000_000;
const BATCH: u32 = 1_000;
const LOAD: usize = 300_000;

pub(crate) async fn measure() {
    let house = House::new().await;
    let orchestra = house.deploy(&house.workspace(), 1).await;
    // A run that has ended is the pattern; the others are its copies, a year old.
    let player = house.player(Roles::worker()).await;
    let pattern = house.workspace().run_now(&orchestra).await.unwrap();
    pattern.finished().await.unwrap();
    age(&house, pattern.id().to_string()).await;

    let executed = house.executed.clone();
    let rate = async |begin: Instant, before: usize| {
        (executed.load(Ordering::SeqCst) - before) as f64 / begin.elapsed().as_secs_f64()
    };
    enqueue(&house.workspace(), &orchestra, LOAD).await;
    let (begin, before) = (Instant::now(), executed.load(Ordering::SeqCst));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let alone = rate(begin, before).await;

    let (begin, before) = (Instant::now(), executed.load(Ordering::SeqCst));
    let (mut deleted, mut longest) = (0, Duration::ZERO);
    while executed.load(Ordering::SeqCst) < LOAD {
        let call = Instant::now();
        let now = Utc::now();
        let count = house.store.prune_runs(now - TimeDelta::days(90), now, BATCH).await.unwrap();
        longest = longest.max(call.elapsed());
        deleted += count as usize;
        if count == 0 {
            break;
        }
    }
    let beside = rate(begin, before).await;
    let spent = begin.elapsed().as_secs_f64();
    println!(
        "retention of {OLD} runs in batches of {BATCH}: {:.0} runs/s deleted, the longest delete {longest:.0?}; {alone:.0} runs/s played before and {beside:.0} beside it",
        deleted as f64 / spent,
    );
    player.stop().await;
    house.close().await;
}

/// Copies an ended run, with its steps, a million times into the past.
async fn age(house: &House, pattern: String) {
    let mut connection = house.database.connection().await;
    for (table, id, times) in
        [("runs", "id", ["queued_at", "finished_at"]), ("run_steps", "run_id", ["started_at", "finished_at"])]
    {
        let moved = times.map(|time| format!("'{time}', (row.{time} - interval '1 year')::text")).join(", ");
        let sql = format!(
            "insert into maestro.{table} select (jsonb_populate_record(row, jsonb_build_object('{id}', \
             overlay(row.{id}::text placing lpad(to_hex(n), 12, '0') from 25), {moved}))).* \
             from maestro.{table} as row, generate_series(1, {OLD}) as n where row.{id} = $1::uuid"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&pattern).execute(&mut connection).await.unwrap();
    }
    sqlx::raw_sql("vacuum analyze").execute(&mut connection).await.unwrap();
}
