//! A million old runs are deleted, as the engine does by itself, while new ones are played.

use std::time::{Duration, Instant};

use maestro::{Roles, domain::RunId};
use maestro_core::testing::Method;
use sqlx::Row;
use tokio::time::sleep;

use crate::house::House;

const OLD: usize = 1_000_000;
/// How long throughput is measured before that.
const BEFORE: Duration = Duration::from_secs(20);

pub(crate) async fn measure() {
    let house = House::new().await;
    let orchestra = house.deploy(&house.workspace(), 1).await;
    let player = house.player(Roles::worker()).await;
    // A run that has ended is the pattern; the others are its copies, a year old.
    let pattern = house.workspace().run_now(&orchestra).await.unwrap();
    pattern.finished().await.unwrap();
    age(&house, pattern.id()).await;

    let feeder = house.feed(&orchestra);
    sleep(Duration::from_secs(5)).await;
    let before = house.rate(sleep(BEFORE)).await;
    let begin = Instant::now();
    let sweeper = house.player(Roles::scheduler()).await;
    let during = house.rate(none_is_older(&house, pattern.id())).await;
    let deleted = OLD as f64 / begin.elapsed().as_secs_f64();
    let deletes = sweeper.times(Method::PruneRuns, 0);
    println!(
        "retention of {OLD} runs: {deleted:.0} deleted a second, a batch takes p50 {:.1?}, p99 {:.1?}, at most {:.1?}; {before:.0} runs/s played before and {during:.0} meanwhile, ratio {:.2}",
        deletes[deletes.len() / 2],
        deletes[deletes.len() * 99 / 100],
        deletes[deletes.len() - 1],
        during / before,
    );
    feeder.abort();
    sweeper.stop().await;
    player.stop().await;
    house.close().await;
}

/// Copies an ended run, with its steps, a million times into the past. The time within their ids is moved as well.
async fn age(house: &House, pattern: RunId) {
    let mut connection = house.database.connection().await;
    for (table, id, times) in
        [("runs", "id", ["queued_at", "finished_at"]), ("run_steps", "run_id", ["started_at", "finished_at"])]
    {
        let moved = times.map(|time| format!("'{time}', row.{time} - interval '1 year'")).join(", ");
        let sql = format!(
            "insert into maestro.{table} select copy.* \
             from maestro.{table} as row cross join generate_series(1, {OLD}) as n \
             cross join lateral (select replace(row.{id}::text, '-', '') as hex) as id \
             cross join lateral (select ('x' || left(id.hex, 12))::bit(48)::bigint - 365::bigint * 86400000 + n as ms) as made \
             cross join lateral jsonb_populate_record(row, jsonb_build_object( \
             '{id}', lpad(to_hex(made.ms), 12, '0') || substr(id.hex, 13), {moved})) as copy \
             where row.{id} = $1::uuid"
        );
        let copied = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(pattern.to_string());
        assert_eq!(copied.execute(&mut connection).await.unwrap().rows_affected(), OLD as u64);
    }
    sqlx::raw_sql("vacuum analyze").execute(&mut connection).await.unwrap();
}

/// Waits until there is no run with a smaller id than the pattern: no copy.
async fn none_is_older(house: &House, pattern: RunId) {
    let mut connection = house.database.connection().await;
    let sql = "select not exists (select from maestro.runs where workspace_id = 'default' and id < $1::uuid)";
    loop {
        let answer = sqlx::query(sql).bind(pattern.to_string()).fetch_one(&mut connection).await.unwrap();
        if answer.get(0) {
            return;
        }
        sleep(Duration::from_millis(200)).await;
    }
}
