//! Stores that lose answers, and orchestras that cannot play.

use std::sync::Arc;

use chrono::TimeDelta;
use maestro::{
    Error, Maestro, Orchestra, OrchestraPatch, Roles,
    domain::{Overlap, Trigger},
    ports::{
        Clock,
        store::{OrchestraStore, StoreError},
    },
};
use maestro_core::testing::{Fault, FaultPlan, FaultStore, Method};

use crate::stage::{Stage, at, plays, process, seconds, slots};

async fn faulty(stage: &Stage, plan: &FaultPlan) -> Maestro {
    let store = FaultStore::new(Arc::new(stage.store.clone()), plan.clone());
    process(Arc::new(store), &stage.clock, 99).await
}

#[tokio::test]
async fn a_lost_answer_of_fire_makes_one_run_per_slot() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("quick").cron("*/10 * * * *").overlap(Overlap::Allow)).await;
    let plan = FaultPlan::new(stage.clock.clone());
    let maestro = faulty(&stage, &plan).await;
    let faults = [Fault::AppliedButError, Fault::NotApplied, Fault::DroppedAfter(0), Fault::DroppedAfter(1)];
    for (round, fault) in faults.into_iter().cycle().take(24).enumerate() {
        stage.clock.advance(seconds(600));
        let method = if round % 3 == 2 { Method::DueSchedules } else { Method::Fire };
        plan.fail_next(method, fault);
        let error = maestro.tick().await.unwrap_err();
        assert!(matches!(&error, Error::Store(StoreError::Unavailable { .. })), "{error}");
        maestro.tick().await.unwrap();
    }
    let now = stage.clock.now();
    stage.assert_covers(&orchestra.id, &slots(&orchestra, at("2026-11-21T08:30:00Z"), now)).await;
    assert_eq!(stage.runs(&orchestra.id).await.len(), 24);
}

#[tokio::test]
async fn the_loop_outlives_an_outage() {
    let stage = Stage::at("2026-11-21T08:59:59Z").await;
    let orchestra = stage.enabled(plays("quick").cron("* * * * *").overlap(Overlap::Allow)).await;
    let plan = FaultPlan::new(stage.clock.clone());
    let store = FaultStore::new(Arc::new(stage.store.clone()), plan.clone());
    let builder = Maestro::builder_on(Arc::new(store)).roles(Roles::scheduler()).clock(stage.clock.clone());
    let scheduler = builder.skill(crate::stage::skill()).build().await.unwrap();
    let pass = async |span: u64| {
        for _ in 0..span {
            stage.clock.advance(seconds(1));
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
    };
    pass(2).await;
    plan.partition();
    pass(300).await;
    assert_eq!(stage.lines(&orchestra.id).await, ["21T09:00 fired"]);
    plan.heal();
    pass(5).await;
    assert_eq!(
        stage.lines(&orchestra.id).await,
        ["21T09:00 fired", "21T09:01..21T09:04 (4) coalesced", "21T09:05 fired"]
    );
    scheduler.shutdown(seconds(1)).await;
}

#[tokio::test]
async fn a_lost_answer_of_an_edit_is_found_out() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let plan = FaultPlan::new(stage.clock.clone());
    let workspace = faulty(&stage, &plan).await.default_workspace();
    plan.fail_next(Method::CreateOrchestra, Fault::AppliedButError);
    let id = workspace.create_orchestra(plays("quick").cron("0 9 * * *")).await.unwrap().id;
    plan.fail_next(Method::EditOrchestra, Fault::AppliedButError);
    assert!(workspace.enable_orchestra(&id).await.unwrap().orchestra.enabled);
    plan.fail_next(Method::EditOrchestra, Fault::NotApplied);
    assert!(workspace.disable_orchestra(&id).await.is_err());
    let state = stage.workspace.orchestra(&id).await.unwrap();
    assert_eq!((state.orchestra.enabled, state.orchestra.revision), (true, 2));
    assert_eq!(stage.workspace.orchestras(None, 10).await.unwrap(), [state]);
}

#[tokio::test]
async fn what_cannot_play_gets_error_rows_and_stops_nobody() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let healthy = stage.enabled(plays("quick").cron("0 * * * *")).await;
    // An orchestra of a score that is gone: no call makes one, but a store may have been restored from parts.
    let broken = Orchestra {
        id: "broken".parse().unwrap(),
        score_id: "gone".parse().unwrap(),
        next_fire_at: Some(at("2026-11-21T08:00:00Z")),
        ..healthy.clone()
    };
    stage.store.create_orchestra(&broken).await.unwrap();
    let unbound = stage.enabled(plays("sends").cron("0 * * * *").secret("key", "k")).await;
    let patch = OrchestraPatch::default().with_secret_bindings(Default::default());
    stage.workspace.edit_orchestra(&unbound.id, patch, None).await.unwrap();

    stage.tick_until("2026-11-21T10:00:00Z", TimeDelta::minutes(30)).await;
    assert_eq!(stage.lines(&healthy.id).await, ["21T09:00 fired", "21T10:00 fired"]);
    assert_eq!(stage.lines(&broken.id).await, ["21T08:00..21T09:00 (2) error", "21T10:00 error"]);
    assert_eq!(stage.ledger(&broken.id).await[0].reason.as_deref(), Some("score \"gone\" not found"));
    assert_eq!(stage.lines(&unbound.id).await, ["21T09:00 error", "21T10:00 error"]);
    let reason = stage.ledger(&unbound.id).await[0].reason.clone().unwrap();
    assert_eq!(reason, "bind the secret slot key of t.send in secret_bindings");
}

#[tokio::test]
async fn runs_are_pinned_to_the_score_as_it_was_when_they_fired() {
    let stage = Stage::at("2026-11-21T08:30:00Z").await;
    let orchestra = stage.enabled(plays("slow").cron("0 * * * *").overlap(Overlap::Allow)).await;
    stage.tick_at("2026-11-21T09:00:00Z").await;
    let longer = crate::stage::score("slow", serde_json::json!({"kind": "delay", "for_s": 40_000_000}));
    assert_eq!(stage.workspace.save_score(longer).await.unwrap().version, 2);
    stage.tick_at("2026-11-21T10:00:00Z").await;
    let runs = stage.runs(&orchestra.id).await;
    let told: Vec<_> = runs.iter().map(|run| (run.score_version, &run.trigger, run.input.as_str())).collect();
    let slot = |text| Trigger::Cron { slot: at(text) };
    let expected = [(1, &slot("2026-11-21T09:00:00Z"), "{}"), (2, &slot("2026-11-21T10:00:00Z"), "{}")];
    assert_eq!(told, expected);
}
