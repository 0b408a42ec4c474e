//! Slots that come while a run is live, runs that are held, and workspaces that are paused.

use chrono::TimeDelta;
use maestro::{
    OrchestraPatch,
    domain::{Actor, LiveCount, Overlap},
};

use crate::stage::{Stage, at, plays, slots};

#[tokio::test]
async fn a_slot_while_a_run_waits_becomes_what_overlap_says() {
    let expected = [
        (Overlap::Skip, "fired, skipped_overlap, skipped_overlap, skipped_overlap", (1, 0)),
        (Overlap::QueueOne, "fired, buffered, skipped_overlap, skipped_overlap", (1, 1)),
        (Overlap::QueueAll, "fired, buffered, buffered, buffered", (1, 3)),
        (Overlap::Allow, "fired, fired, fired, fired", (4, 0)),
    ];
    for (overlap, outcomes, (active, held)) in expected {
        let stage = Stage::at("2026-11-21T08:59:00Z").await;
        let orchestra = stage.enabled(plays("slow").cron("0 * * * *").overlap(overlap)).await;
        stage.tick_until("2026-11-21T12:00:00Z", TimeDelta::minutes(1)).await;
        let rows = stage.ledger(&orchestra.id).await;
        let told: Vec<_> = rows.iter().map(|row| row.outcome.name()).collect();
        assert_eq!(told.join(", "), outcomes, "{overlap}");
        assert_eq!(stage.live(&orchestra.id).await, LiveCount { active, held }, "{overlap}");
        stage
            .assert_covers(
                &orchestra.id,
                &slots(&orchestra, at("2026-11-21T08:59:00Z"), at("2026-11-21T12:00:00Z")),
            )
            .await;
    }
}

#[tokio::test]
async fn held_runs_go_one_by_one_when_those_before_them_end() {
    let stage = Stage::at("2026-11-21T08:59:00Z").await;
    let orchestra = stage.enabled(plays("slow").cron("0 * * * *").overlap(Overlap::QueueAll)).await;
    stage.tick_until("2026-11-21T11:00:00Z", TimeDelta::minutes(1)).await;
    for held in [1, 0] {
        stage.end_oldest(&orchestra.id).await;
        stage.tick().await;
        assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 1, held });
    }
    stage.end_oldest(&orchestra.id).await;
    assert_eq!(stage.live(&orchestra.id).await, LiveCount::default());
}

#[tokio::test]
async fn a_limit_holds_what_is_over_it_and_raising_it_lets_go() {
    let stage = Stage::at("2026-11-21T08:59:00Z").await;
    let new = plays("slow").cron("0 * * * *").overlap(Overlap::Allow).max_concurrent_runs(2);
    let orchestra = stage.enabled(new).await;
    stage.tick_until("2026-11-21T14:00:00Z", TimeDelta::minutes(1)).await;
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 2, held: 4 });
    let outcomes: Vec<_> = stage.ledger(&orchestra.id).await.iter().map(|row| row.outcome.name()).collect();
    assert_eq!(outcomes, ["fired", "fired", "buffered", "buffered", "buffered", "buffered"]);

    let edit = |limit| {
        stage.workspace.edit_orchestra(
            &orchestra.id,
            OrchestraPatch::default().with_max_concurrent_runs(limit),
            None,
        )
    };
    edit(Some(3)).await.unwrap();
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 3, held: 3 });
    stage.end_oldest(&orchestra.id).await;
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 3, held: 2 });
    edit(None).await.unwrap();
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 5, held: 0 });
}

#[tokio::test]
async fn a_paused_workspace_writes_down_its_slots_and_plays_from_its_resumption_on() {
    let stage = Stage::at("2026-11-21T08:59:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 * * * *")).await;
    stage.tick_at("2026-11-21T09:00:00Z").await;
    let person = Actor::new("ada");
    stage.workspace.pause(&person).await.unwrap();
    assert_eq!(stage.workspace.state().await.unwrap().paused.unwrap().0, person);
    stage.tick_at("2026-11-21T10:00:00Z").await;
    stage.tick_at("2026-11-21T12:30:00Z").await;
    stage.workspace.resume(&person).await.unwrap();
    assert_eq!(stage.workspace.state().await.unwrap().paused, None);
    stage.tick_at("2026-11-21T13:00:00Z").await;
    assert_eq!(
        stage.lines(&orchestra.id).await,
        ["21T09:00 fired", "21T10:00 disabled", "21T11:00..21T12:00 (2) disabled", "21T13:00 fired"]
    );
    assert_eq!(stage.ledger(&orchestra.id).await[1].reason.as_deref(), Some("the workspace is paused"));
}
