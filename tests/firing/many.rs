//! Many schedulers on one store, and many orchestras.

use chrono::TimeDelta;
use maestro::{NewOrchestra, OrchestraPatch, domain::Overlap, ports::Clock};
use tokio::task::JoinSet;

use crate::stage::{Stage, at, plays, seconds, slots};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_schedulers_at_once_fire_every_slot_once() {
    let stage = Stage::at("2026-11-21T08:30:30Z").await;
    let mut orchestras = Vec::new();
    for (cron, overlap) in [
        ("* * * * *", Overlap::Allow),
        ("*/2 * * * *", Overlap::Skip),
        ("*/3 * * * *", Overlap::QueueAll),
        ("*/5 * * * *", Overlap::QueueOne),
    ] {
        orchestras.push(stage.enabled(plays("quick").cron(cron).overlap(overlap)).await);
    }
    let mut processes = Vec::new();
    for seed in 0..10 {
        processes.push(stage.another(seed + 10).await);
    }
    for round in 0..40 {
        stage.clock.advance(seconds([7, 20, 61, 200][round % 4]));
        let mut ticks = JoinSet::new();
        for process in &processes {
            let process = process.clone();
            ticks.spawn(async move { process.tick().await.unwrap().fired });
        }
        if round == 20 {
            let patch = OrchestraPatch::default().with_timezone("Asia/Tokyo");
            stage.workspace.edit_orchestra(&orchestras[0].id, patch, None).await.unwrap();
        }
        ticks.join_all().await;
    }
    stage.tick().await;
    for orchestra in &orchestras {
        stage
            .assert_covers(&orchestra.id, &slots(orchestra, at("2026-11-21T08:30:30Z"), stage.clock.now()))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn schedulers_at_full_speed_fire_nothing_once_disable_has_returned() {
    let stage = Stage::at("2026-11-21T08:30:30Z").await;
    let orchestra = stage.enabled(plays("quick").cron("* * * * *").overlap(Overlap::Allow)).await;
    let mut processes = Vec::new();
    for seed in 0..4 {
        processes.push(stage.another(seed + 10).await);
    }
    for _ in 0..50 {
        stage.workspace.enable_orchestra(&orchestra.id).await.unwrap();
        stage.clock.advance(seconds(60));
        let mut passes = JoinSet::new();
        for process in &processes {
            let process = process.clone();
            passes.spawn(async move {
                for _ in 0..5 {
                    process.fire_due().await.unwrap();
                }
            });
        }
        let disabled = stage.workspace.disable_orchestra(&orchestra.id).await.unwrap().orchestra;
        let then = (stage.ledger(&orchestra.id).await, stage.runs(&orchestra.id).await.len());
        passes.join_all().await;
        assert_eq!((stage.ledger(&orchestra.id).await, stage.runs(&orchestra.id).await.len()), then);
        assert!(disabled.next_fire_at > Some(stage.clock.now()));
    }
    stage
        .assert_covers(&orchestra.id, &slots(&orchestra, at("2026-11-21T08:30:30Z"), stage.clock.now()))
        .await;
}

#[tokio::test]
async fn thousands_that_are_due_at_once_fire_in_one_turn() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    for number in 0..2_500 {
        let new = NewOrchestra::new(format!("O {number}"), &"quick".parse().unwrap());
        let new = new.cron(["0 9 * * *", "0 * * * *", "30 9 * * *"][number % 3]);
        stage.enabled(new).await;
    }
    let ticked = stage.tick_at("2026-11-21T09:00:00Z").await;
    assert_eq!((ticked.fired, ticked.next_slot_at), (1_667, Some(at("2026-11-21T09:30:00Z"))));
    stage.tick_until("2026-11-21T10:00:00Z", TimeDelta::minutes(30)).await;
    assert_eq!(stage.lines(&"o-1".parse().unwrap()).await, ["21T09:00 fired", "21T10:00 fired"]);
}
