//! How soon an idle process begins a run that another enqueued, and how long a lone run takes.

use std::time::{Duration, Instant};

use maestro::Roles;

use crate::house::House;

pub(crate) async fn measure() {
    pick_up(true, 300).await;
    pick_up(false, 20).await;
    lone_run(300).await;
}

/// From the answer of the enqueue to the begin of the step, in a process with connections of its own.
async fn pick_up(listen: bool, samples: usize) {
    let mut house = House::new().await;
    house.listen();
    let orchestra = house.deploy(&house.workspace(), 1).await;
    let options = house.database.options().with_listen(listen);
    let store = maestro::PostgresStore::connect(options).await.unwrap();
    let player = house.player_on(store, Roles::worker()).await;
    let mut times = Vec::new();
    for _ in 0..samples {
        tokio::time::sleep(Duration::from_millis(23)).await;
        house.workspace().run_now(&orchestra).await.unwrap();
        let committed = Instant::now();
        times.push(house.next_begin().await.saturating_duration_since(committed));
    }
    let how = if listen { "with NOTIFY" } else { "by polling" };
    print(&format!("pick-up from commit, {how}"), times);
    player.stop().await;
    house.close().await;
}

/// From the call that enqueues a run of three steps to its end, in one process.
async fn lone_run(samples: usize) {
    let house = House::new().await;
    let player = house.player(Roles::all()).await;
    let orchestra = house.deploy(&house.workspace(), 3).await;
    let workspace = player.maestro.default_workspace();
    let mut times = Vec::new();
    for _ in 0..samples {
        tokio::time::sleep(Duration::from_millis(7)).await;
        let begin = Instant::now();
        let run = workspace.run_now(&orchestra).await.unwrap();
        run.finished().await.unwrap();
        times.push(begin.elapsed());
    }
    print("a lone run of 3 steps, from call to end", times);
    player.stop().await;
    house.close().await;
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("{what}: p50 {:.2?}, p99 {:.2?}", at(50), at(99));
}
