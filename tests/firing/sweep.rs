//! The sweep: dead workers, held runs, old records.

use std::sync::Arc;

use maestro::{
    Maestro, NewOrchestra, Roles, RunStatus,
    domain::{ClaimId, Class, LiveCount, Overlap, WorkerId, WorkspaceId},
    ports::{
        Clock,
        store::{Quota, RunStore, WorkerStore},
    },
};
use maestro_core::testing::{Fault, FaultPlan, FaultStore, Method};

use crate::stage::{Stage, at, plays, seconds};

async fn claims_one(stage: &Stage, worker: u128) {
    let worker = WorkerId::from_u128(worker);
    stage.store.register_worker(worker, stage.clock.now()).await.unwrap();
    let quota =
        Quota { workspace: WorkspaceId::default(), class: Class::Normal, limit: 1.try_into().unwrap() };
    let claimed =
        stage.store.claim(worker, ClaimId::from_u128(1), stage.clock.now(), &[quota]).await.unwrap();
    assert_eq!(claimed.len(), 1);
}

#[tokio::test]
async fn runs_of_a_silent_worker_are_played_by_another() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.workspace.create_orchestra(plays("quick")).await.unwrap();
    let run = stage.workspace.run_now(&orchestra.id).await.unwrap().id();
    claims_one(&stage, 7).await;
    stage.clock.advance(seconds(29));
    stage.tick().await;
    assert_eq!(stage.workspace.run(run).await.unwrap().status, RunStatus::Running, "it may still be alive");
    stage.clock.advance(seconds(2));
    stage.tick().await;
    assert_eq!(stage.workspace.run(run).await.unwrap().status, RunStatus::Succeeded);
}

#[tokio::test]
async fn held_runs_that_nobody_let_go_are_found() {
    let stage = Stage::at("2026-11-21T08:59:00Z").await;
    let orchestra = stage.enabled(plays("slow").cron("0 * * * *").overlap(Overlap::QueueAll)).await;
    stage.tick_at("2026-11-21T09:00:00Z").await;
    stage.tick_at("2026-11-21T10:00:00Z").await;
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 1, held: 1 });
    // Whoever ended it died before it could let the next one go.
    let oldest = stage.runs(&orchestra.id).await.remove(0);
    let (workspace, actor) = (WorkspaceId::default(), maestro::domain::Actor::host());
    stage.store.cancel(&workspace, oldest.id, false, &actor, at("2026-11-21T10:00:00Z")).await.unwrap();
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 0, held: 1 });
    stage.tick().await;
    assert_eq!(stage.live(&orchestra.id).await, LiveCount { active: 1, held: 0 });
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_deleted() {
    let stage = Stage::at("2026-01-01T08:59:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("0 9 1 * *")).await;
    let waiting = stage.enabled(NewOrchestra::new("W", &"slow".parse().unwrap())).await;
    stage.workspace.run_now(&waiting.id).await.unwrap();
    for month in 1..=7 {
        stage.tick_at(&format!("2026-{month:02}-01T09:00:00Z")).await;
    }
    assert_eq!(stage.lines(&orchestra.id).await, ["01T09:00 fired", "01T09:00 fired", "01T09:00 fired"]);
    assert_eq!(stage.ledger(&orchestra.id).await[0].slot, at("2026-05-01T09:00:00Z"));
    assert_eq!(stage.runs(&orchestra.id).await.len(), 3);
    assert_eq!(stage.runs(&waiting.id).await.len(), 1, "what is live is kept");
}

#[tokio::test]
async fn the_loop_sweeps_while_old_records_are_deleted() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.workspace.create_orchestra(plays("quick")).await.unwrap();
    let run = stage.workspace.run_now(&orchestra.id).await.unwrap().id();
    claims_one(&stage, 7).await;
    let plan = FaultPlan::new(stage.clock.clone());
    plan.between(Method::PruneRuns, 1.., Fault::HangBefore);
    let store = FaultStore::new(Arc::new(stage.store.clone()), plan);
    let builder = Maestro::builder(store).roles(Roles::scheduler()).clock(stage.clock.clone());
    let sweeper = builder.build().await.unwrap();
    for _ in 0..41 {
        stage.clock.advance(seconds(1));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(stage.workspace.run(run).await.unwrap().status, RunStatus::Waiting, "taken from the dead");
    sweeper.shutdown(seconds(1)).await;
}

#[tokio::test]
async fn the_loop_sweeps_again_after_an_outage() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.workspace.create_orchestra(plays("quick")).await.unwrap();
    let run = stage.workspace.run_now(&orchestra.id).await.unwrap().id();
    claims_one(&stage, 7).await;
    let plan = FaultPlan::new(stage.clock.clone());
    let store = FaultStore::new(Arc::new(stage.store.clone()), plan.clone());
    let builder = Maestro::builder_on(Arc::new(store)).roles(Roles::scheduler()).clock(stage.clock.clone());
    let sweeper = builder.build().await.unwrap();
    let pass = async |span: u64| {
        for _ in 0..span {
            stage.clock.advance(seconds(1));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    };
    plan.partition();
    pass(120).await;
    assert_eq!(stage.workspace.run(run).await.unwrap().status, RunStatus::Running);
    plan.heal();
    pass(11).await;
    assert_eq!(
        stage.workspace.run(run).await.unwrap().status,
        RunStatus::Waiting,
        "due again, after a recovery"
    );
    sweeper.shutdown(seconds(1)).await;
}
