//! Throughput while somebody else's transaction keeps every dead row alive.

use std::time::Duration;

use maestro::Roles;
use maestro_core::testing::Method;
use tokio::time::sleep;

use crate::house::House;

/// How long throughput is measured before that.
const BEFORE: Duration = Duration::from_secs(20);

pub(crate) async fn measure(span: Duration) {
    let house = House::new().await;
    let orchestra = house.deploy(&house.workspace(), 1).await;
    let player = house.player(Roles::worker()).await;
    let feeder = house.feed(&orchestra);
    sleep(Duration::from_secs(5)).await;
    let before = house.rate(sleep(BEFORE)).await;
    let mut pin = house.database.connection().await;
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from maestro.orchestras")
        .execute(&mut pin)
        .await
        .unwrap();
    let first_call = player.plan.calls().len();
    let during = house.rate(sleep(span)).await;
    let claims = player.times(Method::Claim, first_call);
    sqlx::raw_sql("rollback").execute(&mut pin).await.unwrap();
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
