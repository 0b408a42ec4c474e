//! Orchestras that are declared, refused and deleted.

use maestro::{
    Error, NewOrchestra, OrchestraPatch,
    domain::{Misfire, OrchestraStatus, Overlap, PipelineKind},
    ports::store::{ConflictReason, StoreError},
};

use crate::stage::{Stage, at, plays, score};

const NOW: &str = "2026-11-21T08:30:00Z";

#[tokio::test]
async fn a_new_orchestra_is_disabled_and_has_its_next_slot() {
    let stage = Stage::at(NOW).await;
    let made = stage
        .workspace
        .create_orchestra(plays("quick").cron(" 0  9 * * 1-5 ").timezone("Europe/Berlin"))
        .await
        .unwrap();
    assert!(!made.enabled);
    assert_eq!(made.cron.as_ref().unwrap().as_str(), "0 9 * * 1-5");
    assert_eq!(made.next_fire_at, Some(at("2026-11-23T08:00:00Z")));
    assert_eq!(
        (made.overlap, made.misfire, made.catchup_window_s),
        (Overlap::Skip, Misfire::FireOnce, 86_400)
    );
    assert_eq!((made.revision, made.schedule_rev, made.created_at), (1, 1, at(NOW)));
    assert_eq!(made.status(0), OrchestraStatus::Paused);
    assert_eq!(stage.workspace.orchestra(&made.id).await.unwrap().orchestra, made);
    assert_eq!(stage.tick_at("2026-11-24T08:00:00Z").await.fired, 0);
}

#[tokio::test]
async fn ids_come_from_names_and_are_never_given_again() {
    let stage = Stage::at(NOW).await;
    let create = async |name: &str| {
        let new = NewOrchestra::new(name, &"quick".parse().unwrap());
        stage.workspace.create_orchestra(new).await.unwrap().id
    };
    assert_eq!(create("Cold leads: Q3 / DACH").await.as_str(), "cold-leads-q3-dach");
    let second = create("Cold leads, Q3 (DACH)").await;
    assert_eq!(second.as_str(), "cold-leads-q3-dach-2");
    stage.workspace.delete_orchestra(&second).await.unwrap();
    assert_eq!(create("cold leads q3 dach").await.as_str(), "cold-leads-q3-dach-3");
    assert_eq!(create("New").await.as_str(), "orchestra-new");
    assert_eq!(create("日本").await.as_str(), "orchestra");
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..200 {
        assert!(ids.insert(create("many").await));
    }
    assert!(ids.contains(&"many-50".parse().unwrap()) && !ids.contains(&"many-51".parse().unwrap()));
}

#[tokio::test]
async fn the_tag_comes_from_what_the_score_is_for() {
    let stage = Stage::at(NOW).await;
    let mut seo = score("seo", serde_json::json!({"kind": "delay", "for_s": 1}));
    seo.pipeline_kind = PipelineKind::Seo;
    stage.workspace.save_score(seo).await.unwrap();
    let tagged = async |new| stage.workspace.create_orchestra(new).await.unwrap();
    let auto = tagged(plays("seo")).await;
    assert_eq!(auto.tag, "Research");
    assert_eq!(tagged(plays("seo").tag("Auto")).await.tag, "Research");
    assert_eq!(tagged(plays("seo").tag(" CRM ")).await.tag, "CRM");
    assert_eq!(tagged(plays("quick")).await.tag, "");
    let edit = async |tag: &str| {
        let patch = OrchestraPatch::default().with_tag(tag);
        stage.workspace.edit_orchestra(&auto.id, patch, None).await.unwrap().orchestra.tag
    };
    assert_eq!(edit("Inbox").await, "Inbox");
    assert_eq!(edit("auto").await, "Research");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_says_what_to_write() {
    let stage = Stage::at(NOW).await;
    let named = |name: &str| NewOrchestra::new(name, &"quick".parse().unwrap());
    let cases = [
        (named("  "), "name: use 1 to 200 characters on one line"),
        (named(&"x".repeat(201)), "name: use 1 to 200 characters on one line"),
        (named("a\nb"), "name: use 1 to 200 characters on one line"),
        (plays("nope"), "score_id: there is no score \"nope\"; save it first"),
        (plays("quick").cron("0 9 * *"), "cron expression \"0 9 * *\""),
        (plays("quick").cron("61 * * * *"), "minute \"61\""),
        (plays("quick").timezone("Berlin"), "unknown time zone \"Berlin\": write `Europe/Berlin`"),
        (
            plays("quick").misfire(Misfire::FireAll),
            "misfire: fire_all needs overlap allow or queue_all, because skip",
        ),
        (plays("quick").catchup_window_s(u32::MAX), "catchup_window_s: use 0 to 31622400 seconds"),
        (plays("quick").max_concurrent_runs(0), "max_concurrent_runs: use at least 1"),
        (plays("quick").budget_cents(1_000_000_000_001), "budget_cents: use at most 10^12 cents"),
        (plays("quick").tag("x".repeat(51)), "tag: use at most 50 characters"),
        (plays("quick").description("\0"), "description: use at most 10,000 characters"),
        (plays("quick").secret("", "k"), "secret_bindings: use at most 100 pairs"),
        (
            plays("quick").on_finish(Some("o".parse().unwrap())),
            "on_finish: there is no orchestra \"o\"; create it first",
        ),
    ];
    for (new, expected) in cases {
        let error = stage.workspace.create_orchestra(new).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(stage.workspace.orchestras(None, 10).await.unwrap(), []);

    let made = stage.workspace.create_orchestra(plays("quick")).await.unwrap();
    let patch = OrchestraPatch::default().with_misfire(Misfire::FireAll);
    let error = stage.workspace.edit_orchestra(&made.id, patch.clone(), None).await.unwrap_err().to_string();
    assert!(error.starts_with("misfire: "), "{error}");
    let patch = patch.with_overlap(Overlap::QueueAll);
    assert!(stage.workspace.edit_orchestra(&made.id, patch, None).await.is_ok());
}

#[tokio::test]
async fn orchestras_that_follow_each_other_never_go_round() {
    let stage = Stage::at(NOW).await;
    let create = async |new| stage.workspace.create_orchestra(new).await.unwrap().id;
    let last = create(plays("quick")).await;
    let middle = create(plays("quick").on_finish(last.clone())).await;
    let first = create(plays("quick").on_finish(middle)).await;
    for back in [&first, &last] {
        let patch = OrchestraPatch::default().with_on_finish(back.clone());
        let error = stage.workspace.edit_orchestra(&last, patch, None).await.unwrap_err().to_string();
        assert!(error.starts_with("on_finish: it leads back to the orchestra itself"), "{error}");
    }
}

#[tokio::test]
async fn ensuring_creates_what_is_absent_and_leaves_what_people_made_of_it() {
    let stage = Stage::at(NOW).await;
    let declared = || plays("quick").cron("0 9 * * *");
    let made = stage.workspace.ensure_orchestra(declared()).await.unwrap();
    assert!(!made.enabled);
    let patch = OrchestraPatch::default().with_name("Ada's").with_cron("0 10 * * *").with_enabled(true);
    let edited = stage.workspace.edit_orchestra(&made.id, patch, None).await.unwrap().orchestra;
    assert_eq!(stage.workspace.ensure_orchestra(declared()).await.unwrap(), edited);

    let mut processes = tokio::task::JoinSet::new();
    for seed in 0..5 {
        let workspace = stage.another(seed).await.default_workspace();
        let new = NewOrchestra::new("Together", &"quick".parse().unwrap());
        processes.spawn(async move { workspace.ensure_orchestra(new).await.unwrap() });
    }
    let together = processes.join_all().await;
    assert!(together.iter().all(|one| *one == together[0]));
    stage.workspace.delete_orchestra(&together[0].id).await.unwrap();
    let again = NewOrchestra::new("Together", &"quick".parse().unwrap());
    let error = stage.workspace.ensure_orchestra(again).await.unwrap_err();
    assert!(
        matches!(&error, Error::Conflict { reason, .. } if reason.starts_with("it was deleted")),
        "{error}"
    );
}

#[tokio::test]
async fn enabling_needs_everything_that_is_played() {
    let stage = Stage::at(NOW).await;
    let made = stage.workspace.create_orchestra(plays("sends").cron("0 9 * * *")).await.unwrap();
    let missing = ["bind the secret slot key of t.send in secret_bindings".to_owned()];
    assert_eq!(stage.workspace.readiness(&made.id).await.unwrap(), missing);
    let error = stage.workspace.enable_orchestra(&made.id).await.unwrap_err();
    assert!(matches!(&error, Error::NotReady { missing: told, .. } if *told == missing), "{error}");
    assert!(!stage.workspace.orchestra(&made.id).await.unwrap().orchestra.enabled);

    let bindings = [("key".to_owned(), "crm".to_owned())].into();
    let patch = OrchestraPatch::default().with_secret_bindings(bindings).with_enabled(true);
    assert!(stage.workspace.edit_orchestra(&made.id, patch, None).await.unwrap().orchestra.enabled);

    // A process without the skill can neither enable nor would it lose slots.
    let bare = maestro::Maestro::builder(stage.store.clone()).clock(stage.clock.clone());
    let bare = bare.roles(maestro::Roles::none()).build().await.unwrap();
    let told = bare.default_workspace().readiness(&made.id).await.unwrap();
    assert_eq!(told, ["this process has no operation t.send; register it, or take it out of the score"]);
    stage.clock.set(at("2026-11-21T09:00:00Z"));
    assert_eq!(bare.tick().await.unwrap().fired, 1);
}

#[tokio::test]
async fn only_a_quiet_orchestra_is_deleted_and_its_ledger_stays() {
    let stage = Stage::at(NOW).await;
    let orchestra = stage.enabled(plays("slow").cron("0 * * * *")).await;
    stage.tick_at("2026-11-21T09:00:00Z").await;
    let refused = async || match stage.workspace.delete_orchestra(&orchestra.id).await {
        Err(Error::Store(error)) => error.conflict_reason(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused().await, Some(ConflictReason::Enabled));
    stage.workspace.disable_orchestra(&orchestra.id).await.unwrap();
    assert_eq!(refused().await, Some(ConflictReason::LiveRuns));
    stage.end_oldest(&orchestra.id).await;
    stage.clock.set(at("2026-11-21T11:30:00Z"));
    stage.workspace.delete_orchestra(&orchestra.id).await.unwrap();
    stage.clock.set(at("2026-11-21T15:00:00Z"));
    assert_eq!(stage.lines(&orchestra.id).await, ["21T09:00 fired", "21T10:00..21T11:00 (2) disabled"]);
    assert_eq!(stage.runs(&orchestra.id).await.len(), 1);
    let gone = stage.workspace.orchestra(&orchestra.id).await.unwrap_err();
    assert!(matches!(gone, Error::Store(StoreError::NotFound { .. })));
}
