//! What an engine asks of the database while there is nothing to do.

use std::time::Duration;

use maestro::Roles;

use crate::house::House;

/// How long backends may keep their counts to themselves.
const SETTLE: Duration = Duration::from_secs(12);

pub(crate) async fn measure(span: Duration) {
    let house = House::new().await;
    house.deploy(&house.workspace(), 1).await;
    let player = house.player(Roles::all()).await;
    tokio::time::sleep(SETTLE).await;
    let before = player.calls();
    tokio::time::sleep(span).await;
    let calls = player.calls() - before;
    println!("idle: {:.2} calls of the store a second", calls as f64 / span.as_secs_f64());
    player.stop().await;
    house.close().await;
}
