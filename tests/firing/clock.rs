//! Clocks that change: daylight saving, and times of day that jump.

use chrono::TimeDelta;
use maestro::domain::Overlap;

use crate::stage::{Stage, at, plays, seconds, slots};

async fn new_york(cron: &str, from: &str, through: &str) -> Vec<String> {
    let stage = Stage::at(from).await;
    let orchestra = stage.enabled(plays("quick").cron(cron).timezone("America/New_York")).await;
    stage.tick_until(through, TimeDelta::minutes(10)).await;
    stage.assert_covers(&orchestra.id, &slots(&orchestra, at(from), at(through))).await;
    stage.lines(&orchestra.id).await
}

#[tokio::test]
async fn a_fixed_time_fires_once_on_the_days_when_clocks_change() {
    let spring = new_york("30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z").await;
    assert_eq!(spring, ["08T07:00 fired", "09T06:30 fired"], "in the gap: at its end");
    let autumn = new_york("30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z").await;
    assert_eq!(autumn, ["01T05:30 fired", "02T06:30 fired"], "in the repeated hour: in the first pass");
}

#[tokio::test]
async fn a_wildcard_follows_elapsed_time_when_clocks_change() {
    let spring = new_york("*/30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z").await;
    assert_eq!(spring, ["09T06:00 fired", "09T06:30 fired"], "nothing in the gap");
    let autumn = new_york("*/30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z").await;
    assert_eq!(
        autumn,
        ["01T05:00 fired", "01T05:30 fired", "01T06:00 fired", "01T06:30 fired"],
        "both passes"
    );
}

#[tokio::test]
async fn a_clock_that_goes_back_fires_nothing_twice() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("*/10 * * * *")).await;
    stage.tick_until("2026-11-21T10:00:00Z", TimeDelta::minutes(1)).await;
    stage.clock.jump(TimeDelta::hours(-1));
    stage.tick_until("2026-11-21T10:30:00Z", TimeDelta::minutes(1)).await;
    stage
        .assert_covers(
            &orchestra.id,
            &slots(&orchestra, at("2026-11-21T08:30:00Z"), at("2026-11-21T10:30:00Z")),
        )
        .await;
    assert!(stage.lines(&orchestra.id).await.iter().all(|line| line.ends_with("fired")));
}

#[tokio::test]
async fn edits_after_the_clock_went_back_cover_nothing_twice() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("*/10 * * * *")).await;
    stage.tick_at("2026-11-21T09:00:00Z").await;
    stage.clock.jump(TimeDelta::minutes(-15));
    stage.workspace.disable_orchestra(&orchestra.id).await.unwrap();
    let enabled = stage.workspace.enable_orchestra(&orchestra.id).await.unwrap().orchestra;
    assert_eq!(enabled.next_fire_at, Some(at("2026-11-21T09:10:00Z")), "09:00 has had its turn");
    stage.tick_until("2026-11-21T09:30:00Z", TimeDelta::minutes(1)).await;
    stage
        .assert_covers(
            &orchestra.id,
            &slots(&orchestra, at("2026-11-21T08:30:00Z"), at("2026-11-21T09:30:00Z")),
        )
        .await;
}

#[tokio::test]
async fn a_clock_that_jumps_forward_is_downtime() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 * * * *").overlap(Overlap::Allow)).await;
    stage.clock.jump(TimeDelta::days(3) + TimeDelta::minutes(10));
    stage.tick().await;
    let lines = stage.lines(&orchestra.id).await;
    assert_eq!(
        lines,
        ["21T09:00..23T08:00 (48) missed", "23T09:00..24T07:00 (23) coalesced", "24T08:00 fired"]
    );
}

#[tokio::test]
async fn the_loop_wakes_for_the_slot_and_after_a_jump() {
    let stage = Stage::at("2026-11-21T08:59:59.4Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 * * * *")).await;
    let scheduler = maestro::Maestro::builder(stage.store.clone())
        .roles(maestro::Roles::scheduler())
        .clock(stage.clock.clone())
        .skill(crate::stage::skill())
        .build()
        .await
        .unwrap();
    let fires = async |count: usize| {
        while stage.ledger(&orchestra.id).await.len() < count {
            tokio::task::yield_now().await;
        }
    };
    let sleeps = async || {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    sleeps().await;
    assert_eq!(stage.ledger(&orchestra.id).await, []);
    stage.clock.advance(std::time::Duration::from_millis(600));
    fires(1).await;
    assert_eq!(stage.ledger(&orchestra.id).await[0].late_ms, 0);

    sleeps().await;
    stage.clock.jump(TimeDelta::hours(1));
    stage.clock.advance(seconds(5)); // as long as a scheduler looks away
    fires(2).await;
    scheduler.shutdown(seconds(1)).await;
    stage.clock.advance(seconds(7_200));
    sleeps().await;
    assert_eq!(stage.ledger(&orchestra.id).await.len(), 2, "nothing fires after shutdown");
}
