//! How soon a lone run of one workspace begins while another has a million queued.

use std::time::{Duration, Instant};

use maestro::{Roles, WorkspaceId};

use crate::house::{House, enqueue};

const QUEUED: usize = 1_000_000;

pub(crate) async fn measure() {
    let house = House::new().await;
    let busy = house.deploy(&house.workspace(), 1).await;
    let quiet: WorkspaceId = "quiet".parse().unwrap();
    let quiet = house.asker.workspace(&quiet);
    let lone = house.deploy(&quiet, 1).await;
    enqueue(&house.workspace(), &busy, QUEUED).await;
    let player = house.player(Roles::worker()).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let begin = Instant::now();
        let run = quiet.run_now(&lone).await.unwrap();
        run.finished().await.unwrap();
        times.push(begin.elapsed());
    }
    times.sort();
    let worst = times.last().unwrap();
    println!(
        "fairness, {QUEUED} runs of another workspace queued: a lone run has ended after p50 {:.0?}, at most {worst:.0?}",
        times[10]
    );
    player.stop().await;
    house.close().await;
}
