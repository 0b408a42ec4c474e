//! Throughput while somebody else's transaction keeps every dead row alive.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use maestro::Roles;
use maestro_core::testing::Method;

use crate::house::{House, enqueue};

/// Between two measurements of throughput.
const BEFORE: Duration = Duration::from_secs(20);
const CHUNK: usize = 20_000;

pub(crate) async fn measure(span: Duration) {
    let house = House::new().await;
    let orchestra = house.deploy(&house.workspace(), 1).await;
    let player = house.player(Roles::worker()).await;
    let (workspace, executed) = (house.workspace(), house.executed.clone());
    let feeder = tokio::spawn({
        let (workspace, orchestra, executed) = (workspace.clone(), orchestra.clone(), executed.clone());
        async move {
            let mut enqueued = 0;
            loop {
                if executed.load(Ordering::SeqCst) + CHUNK > enqueued {
                    enqueue(&workspace, &orchestra, CHUNK).await;
                    enqueued += CHUNK;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    let rate = async |span: Duration| {
        let (before, begin) = (executed.load(Ordering::SeqCst), Instant::now());
        tokio::time::sleep(span).await;
        (executed.load(Ordering::SeqCst) - before) as f64 / begin.elapsed().as_secs_f64()
    };
    let before = rate(BEFORE).await;
    let mut pin = house.database.connection().await;
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from maestro.orchestras")
        .execute(&mut pin)
        .await
        .unwrap();
    let first_call = player.plan.calls().len();
    let during = rate(span).await;
    let calls = player.plan.calls();
    sqlx::raw_sql("rollback").execute(&mut pin).await.unwrap();
    let mut claims: Vec<Duration> = calls[first_call..]
        .iter()
        .filter(|call| call.method == Method::Claim)
        .filter_map(|call| call.took)
        .collect();
    claims.sort();
    println!(
        "pinned snapshot for {span:?}, enqueuing and draining: {before:.0} runs/s before, {during:.0} during, ratio {:.2}; a claim takes p50 {:.1?}, p99 {:.1?}, at most {:.1?}",
        during / before,
        claims[claims.len() / 2],
        claims[claims.len() * 99 / 100],
        claims[claims.len() - 1],
    );
    feeder.abort();
    player.stop().await;
    house.close().await;
}
