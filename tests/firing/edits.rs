//! Orchestras that are edited and switched while slots come and go.

use chrono::TimeDelta;
use maestro::{Error, OrchestraPatch, domain::Overlap, ports::Clock};

use crate::stage::{Stage, at, plays, slots};

#[tokio::test]
async fn after_disable_has_returned_no_slot_fires_not_even_one_that_was_due() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 * * * *")).await;
    stage.clock.set(at("2026-11-21T09:00:05Z"));
    let disabled = stage.workspace.disable_orchestra(&orchestra.id).await.unwrap().orchestra;
    assert!(!disabled.enabled);
    assert_eq!(disabled.next_fire_at, Some(at("2026-11-21T10:00:00Z")));
    assert_eq!(stage.tick().await.fired, 0);
    assert_eq!(stage.tick_at("2026-11-21T12:00:00Z").await.fired, 0);

    let rows = stage.ledger(&orchestra.id).await;
    assert_eq!(rows[0].reason.as_deref(), Some("the orchestra was disabled before the slot was played"));
    assert_eq!(stage.lines(&orchestra.id).await, ["21T09:00 disabled", "21T10:00..21T12:00 (3) disabled"]);
    stage.workspace.enable_orchestra(&orchestra.id).await.unwrap();
    stage.tick_at("2026-11-21T13:00:00Z").await;
    assert_eq!(
        stage.lines(&orchestra.id).await,
        ["21T09:00 disabled", "21T10:00..21T12:00 (3) disabled", "21T13:00 fired"],
        "what passed while it was disabled is written down as it was shown"
    );
}

#[tokio::test]
async fn switching_twice_changes_nothing() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let enabled = stage.enabled(plays("quick").cron("0 * * * *")).await;
    let again = stage.workspace.enable_orchestra(&enabled.id).await.unwrap().orchestra;
    assert_eq!(again, enabled);
    let disabled = stage.workspace.disable_orchestra(&enabled.id).await.unwrap().orchestra;
    assert_eq!(stage.workspace.disable_orchestra(&enabled.id).await.unwrap().orchestra, disabled);
    assert_eq!((disabled.revision, disabled.schedule_rev), (3, 3));
}

#[tokio::test]
async fn another_cron_or_zone_plays_from_its_next_slot_on() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 9 * * *")).await;
    stage.clock.set(at("2026-11-21T09:00:02Z"));
    let patch = OrchestraPatch::default().with_timezone("Asia/Kathmandu");
    let edited = stage.workspace.edit_orchestra(&orchestra.id, patch, None).await.unwrap().orchestra;
    assert_eq!(edited.next_fire_at, Some(at("2026-11-22T03:15:00Z")));
    let row = stage.ledger(&orchestra.id).await.remove(0);
    assert_eq!((row.outcome.name(), row.late_ms), ("missed", 2_000));
    assert_eq!(row.reason.as_deref(), Some("the schedule was edited before the slot was played"));

    stage.tick_at("2026-11-22T03:15:00Z").await;
    let patch = OrchestraPatch::default().with_cron("*/15 * * * *");
    stage.workspace.edit_orchestra(&orchestra.id, patch, None).await.unwrap();
    stage.tick_until("2026-11-22T03:45:00Z", TimeDelta::minutes(1)).await;
    let patch = OrchestraPatch::default().with_cron("");
    let never = stage.workspace.edit_orchestra(&orchestra.id, patch, None).await.unwrap().orchestra;
    assert_eq!((never.cron, never.next_fire_at), (None, None));
    stage.tick_at("2026-11-25T00:00:00Z").await;
    assert_eq!(
        stage.lines(&orchestra.id).await,
        ["21T09:00 missed", "22T03:15 fired", "22T03:30 fired", "22T03:45 fired"]
    );
}

#[tokio::test]
async fn edits_that_leave_the_slots_alone_leave_them_due() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("slow").cron("0 * * * *")).await;
    stage.tick_at("2026-11-21T09:00:00Z").await;
    stage.clock.set(at("2026-11-21T10:00:01Z"));
    let patch = OrchestraPatch::default().with_name("Renamed").with_overlap(Overlap::Allow);
    let edited = stage.workspace.edit_orchestra(&orchestra.id, patch.clone(), None).await.unwrap();
    assert_eq!(edited.live.total(), 1, "live runs are counted, and go on");
    assert_eq!(edited.orchestra.id, orchestra.id);
    assert_eq!(edited.orchestra.next_fire_at, Some(at("2026-11-21T10:00:00Z")));
    assert_eq!(edited.orchestra.schedule_rev, orchestra.schedule_rev + 1);
    let same = stage.workspace.edit_orchestra(&orchestra.id, patch, None).await.unwrap();
    assert_eq!(same, edited, "a patch that changes nothing is no edit");
    stage.tick().await;
    assert_eq!(stage.lines(&orchestra.id).await, ["21T09:00 fired", "21T10:00 fired"]);
}

#[tokio::test]
async fn an_edit_of_what_somebody_else_edited_is_refused() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 9 * * *")).await;
    let edit = |name: &str, revision| {
        let patch = OrchestraPatch::default().with_name(name);
        stage.workspace.edit_orchestra(&orchestra.id, patch, Some(revision))
    };
    assert!(edit("first", orchestra.revision).await.is_ok());
    let error = edit("second", orchestra.revision).await.unwrap_err();
    assert!(matches!(error, Error::Revision { expected: 2, present: 3, .. }), "{error}");
    stage.tick_at("2026-11-21T09:00:00Z").await;
    assert!(edit("third", 3).await.is_ok(), "a slot that fired is no edit");
}

#[tokio::test]
async fn every_edit_of_many_at_once_is_kept_and_every_slot_has_its_row() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("* * * * *")).await;
    let mut edits = tokio::task::JoinSet::new();
    for number in 0_u64..8 {
        let (workspace, id) = (stage.another(number + 2).await.default_workspace(), orchestra.id.clone());
        edits.spawn(async move {
            for round in 0..5 {
                let patch = match number % 2 {
                    0 => OrchestraPatch::default().with_description(format!("{number} {round}")),
                    _ => OrchestraPatch::default().with_budget_cents(number * 10 + round),
                };
                workspace.edit_orchestra(&id, patch, None).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    while edits.try_join_next().is_some() || !edits.is_empty() {
        stage.clock.advance(std::time::Duration::from_secs(20));
        stage.tick().await;
        tokio::task::yield_now().await;
    }
    let now = stage.clock.now();
    let last = stage.workspace.orchestra(&orchestra.id).await.unwrap().orchestra;
    assert_eq!(last.revision, orchestra.revision + 40);
    assert_eq!(last.schedule_rev, orchestra.schedule_rev);
    stage.assert_covers(&orchestra.id, &slots(&orchestra, at("2026-11-21T08:30:00Z"), now)).await;
}
