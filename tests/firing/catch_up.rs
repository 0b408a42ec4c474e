//! Slots that nobody fired in time: downtime under every misfire and overlap policy.

use chrono::TimeDelta;
use maestro::domain::{Misfire, Overlap};

use crate::stage::{Stage, at, plays, slots};

#[tokio::test]
async fn a_week_down_gives_what_misfire_and_overlap_say_and_a_row_for_every_slot() {
    // (misfire, overlap) → the ledger after a week, and the runs there are
    let week = [
        (Misfire::Skip, Overlap::Skip, "15T09:00..21T09:00 (7) missed", 0),
        (Misfire::Skip, Overlap::QueueAll, "15T09:00..21T09:00 (7) missed", 0),
        (
            Misfire::FireOnce,
            Overlap::Skip,
            "15T09:00..18T09:00 (4) missed, 19T09:00..20T09:00 (2) coalesced, 21T09:00 fired",
            1,
        ),
        (
            Misfire::FireOnce,
            Overlap::QueueOne,
            "15T09:00..18T09:00 (4) missed, 19T09:00..20T09:00 (2) coalesced, 21T09:00 fired",
            1,
        ),
        (
            Misfire::FireOnce,
            Overlap::QueueAll,
            "15T09:00..18T09:00 (4) missed, 19T09:00..20T09:00 (2) coalesced, 21T09:00 fired",
            1,
        ),
        (
            Misfire::FireOnce,
            Overlap::Allow,
            "15T09:00..18T09:00 (4) missed, 19T09:00..20T09:00 (2) coalesced, 21T09:00 fired",
            1,
        ),
        (
            Misfire::FireAll,
            Overlap::QueueAll,
            "15T09:00..18T09:00 (4) missed, 19T09:00 fired, 20T09:00 buffered, 21T09:00 buffered",
            3,
        ),
        (
            Misfire::FireAll,
            Overlap::Allow,
            "15T09:00..18T09:00 (4) missed, 19T09:00 fired, 20T09:00 fired, 21T09:00 fired",
            3,
        ),
    ];
    for (misfire, overlap, expected, runs) in week {
        let stage = Stage::at("2026-11-14T12:00:00Z").await;
        let new = plays("slow").cron("0 9 * * *").misfire(misfire).overlap(overlap);
        let orchestra = stage.enabled(new.catchup_window_s(3 * 86_400)).await;
        let ticked = stage.tick_at("2026-11-21T12:00:00Z").await;
        assert_eq!(stage.lines(&orchestra.id).await.join(", "), expected, "{misfire} {overlap}");
        assert_eq!(ticked.fired, runs);
        assert_eq!(ticked.next_slot_at, Some(at("2026-11-22T09:00:00Z")));
        stage
            .assert_covers(
                &orchestra.id,
                &slots(&orchestra, at("2026-11-14T12:00:00Z"), at("2026-11-21T12:00:00Z")),
            )
            .await;
    }
}

#[tokio::test]
async fn catch_up_is_capped_and_plays_in_the_order_of_slots() {
    let stage = Stage::at("2026-11-21T00:00:30Z").await;
    let new = plays("quick").cron("*/5 * * * *").misfire(Misfire::FireAll).overlap(Overlap::QueueAll);
    let orchestra = stage.enabled(new).await;
    stage.tick_at("2026-11-21T23:58:00Z").await;
    let rows = stage.ledger(&orchestra.id).await;
    assert_eq!((rows.len(), rows[0].count), (101, 187), "100 are caught up: {:?}", rows[0]);
    assert!(rows[0].reason.as_deref().unwrap().contains("only the latest 100 of 287"), "{:?}", rows[0]);
    stage
        .assert_covers(
            &orchestra.id,
            &slots(&orchestra, at("2026-11-21T00:00:30Z"), at("2026-11-21T23:58:00Z")),
        )
        .await;

    let runs = stage.runs(&orchestra.id).await;
    let by_end = {
        let mut runs: Vec<_> = runs.iter().collect();
        runs.sort_by_key(|run| (run.started_at, run.id));
        runs
    };
    let slots_of =
        |runs: &[&maestro::Run]| runs.iter().map(|run| format!("{:?}", run.trigger)).collect::<Vec<_>>();
    let mut sorted = slots_of(&by_end);
    sorted.sort();
    assert_eq!(slots_of(&by_end), sorted);
    assert!(runs.iter().all(|run| run.status.is_good()), "all were let go, one after the other");
}

#[tokio::test]
async fn lateness_is_exact_and_a_minute_is_not_late() {
    let stage = Stage::at("2026-11-21T08:00:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 9 * * *").misfire(Misfire::Skip)).await;
    stage.clock.set(at("2026-11-21T09:00:59.123456Z"));
    stage.tick().await;
    stage.tick_at("2026-11-22T09:01:00.001Z").await;
    let rows = stage.ledger(&orchestra.id).await;
    let told: Vec<_> = rows.iter().map(|row| (row.outcome.name(), row.late_ms)).collect();
    assert_eq!(told, [("fired", 59_123), ("missed", 60_001)]);
    assert_eq!(rows[0].run_id, Some(stage.runs(&orchestra.id).await[0].id));
}

#[tokio::test]
async fn decades_down_are_counted_not_walked() {
    let stage = Stage::at("1990-01-01T00:00:30Z").await;
    let orchestra = stage.enabled(plays("quick").cron("* * * * *").timezone("Europe/Berlin")).await;
    stage.tick_at("2026-11-21T12:00:30Z").await;
    let rows = stage.ledger(&orchestra.id).await;
    let minutes = (at("2026-11-21T12:00:30Z") - at("1990-01-01T00:00:30Z")).num_minutes();
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), minutes as u64);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].late_ms, TimeDelta::seconds(86_400 + 30).num_milliseconds());
}
