//! Processes that die, and processes that only seem to.

use crate::{
    fleet::Process,
    house::{House, TTL},
};

const WORKER: [&str; 4] = ["--ttl-s", TTL, "--concurrency", "8"];

#[tokio::test]
async fn killed_workers_lose_no_run_and_repeat_nothing_that_is_on_record() {
    const KILLS: usize = 12;
    let house = House::new().await;
    let orchestra = house.deploy(10, 20).await;
    let mut runs = Vec::new();
    for _ in 0..30 {
        runs.push(house.enqueue(&orchestra).await);
    }
    let url = house.database.url();
    let mut fleet: Vec<Process> = (0..3).map(|_| Process::start(url, &WORKER)).collect();
    for kill in 1..=KILLS {
        // In the midst of steps, wherever each of them is.
        house.effects_reach(kill * 15).await;
        fleet.remove(0).kill();
        fleet.push(Process::start(url, &WORKER));
    }
    for run in &runs {
        house.finished(*run).await;
    }
    let effects = house.effects().await;
    let mut repeated = 0;
    for run in &runs {
        repeated += house.check(*run, &effects).await;
    }
    assert_eq!(effects.len(), 30 * 10, "an effect belongs to no step");
    assert!(repeated <= KILLS * 8, "at most what {KILLS} killed processes executed is repeated: {repeated}");
    house.close().await;
}

#[tokio::test]
async fn a_frozen_worker_that_thaws_writes_nothing_more() {
    let house = House::new().await;
    let orchestra = house.deploy(6, 150).await;
    let frozen = Process::start(house.database.url(), &WORKER);
    let run = house.enqueue(&orchestra).await;
    house.effects_reach(2).await;
    frozen.freeze();
    let other = Process::start(house.database.url(), &WORKER);
    house.finished(run).await;
    let before = house.steps(run).await;
    let repeated = house.check(run, &house.effects().await).await;
    assert!(
        repeated <= 1,
        "only the step that was frozen between its effect and its record is repeated: {repeated}"
    );

    // It goes on as somebody new: it plays the next run, and has left the old one alone.
    other.kill();
    frozen.thaw();
    let next = house.enqueue(&orchestra).await;
    house.finished(next).await;
    let effects = house.effects().await;
    house.check(next, &effects).await;
    assert!(
        effects
            .iter()
            .filter(|(key, _)| key.starts_with(&next.to_string()))
            .flat_map(|(_, times)| times)
            .all(|(_, worker)| *worker == frozen.id())
    );
    assert_eq!(house.steps(run).await, before, "what is on record stays as it is");
    house.close().await;
}
