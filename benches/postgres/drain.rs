//! Runs per second with a backlog of 100,000, and while they are enqueued; enqueuing in bulk and one by one.

use std::time::Instant;

use maestro::Roles;

use crate::{
    house::{House, enqueue},
    meter::Meter,
};

const RUNS: usize = 100_000;
const SINGLES: usize = 500;

pub(crate) async fn measure() {
    one_by_one().await;
    for steps in [1, 3] {
        backlog(steps).await;
        at_once(steps).await;
    }
}

async fn one_by_one() {
    let house = House::new().await;
    let orchestra = house.deploy(&house.workspace(), 1).await;
    let mut times = Vec::new();
    for _ in 0..SINGLES {
        let begin = Instant::now();
        house.workspace().run_now(&orchestra).await.unwrap();
        times.push(begin.elapsed());
    }
    times.sort();
    let rate = SINGLES as f64 / times.iter().sum::<std::time::Duration>().as_secs_f64();
    println!(
        "enqueue one by one: {rate:.0} runs/s, p50 {:.2?}, p99 {:.2?}",
        times[SINGLES / 2],
        times[SINGLES * 99 / 100]
    );
    house.close().await;
}

async fn backlog(steps: usize) {
    let house = House::new().await;
    let mut connection = house.database.connection().await;
    let orchestra = house.deploy(&house.workspace(), steps).await;
    let meter = Meter::read(&mut connection).await;
    enqueue(&house.workspace(), &orchestra, RUNS).await;
    meter.used(&mut connection).await.print(
        &format!("enqueue in bulk, {steps} steps"),
        RUNS,
        (RUNS / 1_000) as u64,
    );
    let meter = Meter::read(&mut connection).await;
    let player = house.player(Roles::worker()).await;
    house.drained(&orchestra, RUNS * steps).await;
    let used = meter.used(&mut connection).await;
    used.print(&format!("drain, {steps} steps"), RUNS, player.calls() as u64);
    player.stop().await;
    house.close().await;
}

async fn at_once(steps: usize) {
    let house = House::new().await;
    let mut connection = house.database.connection().await;
    let orchestra = house.deploy(&house.workspace(), steps).await;
    let meter = Meter::read(&mut connection).await;
    let player = house.player(Roles::worker()).await;
    enqueue(&house.workspace(), &orchestra, RUNS).await;
    house.drained(&orchestra, RUNS * steps).await;
    let used = meter.used(&mut connection).await;
    used.print(&format!("enqueue and drain at once, {steps} steps"), RUNS, player.calls() as u64);
    player.stop().await;
    house.close().await;
}
