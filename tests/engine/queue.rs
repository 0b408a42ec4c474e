//! Asking for runs: keys, times, classes, fair shares, held runs, bulk, pause.

use std::{collections::BTreeMap, time::Duration};

use maestro::{
    Error, Options, RunStatus, Score,
    domain::{Actor, Class, OrchestraId, Overlap, Payload},
    engine::{BulkRun, OrchestraPatch},
    ports::store::{RunFilter, StoreError},
};
use serde_json::json;

use crate::house::{House, ask, op, play, workspace_id};

async fn echo(house: &House) -> OrchestraId {
    house.deploy("Echo", json!([op("a", "echo")]), json!([])).await
}

#[tokio::test(start_paused = true)]
async fn a_key_gives_one_run_and_the_same_answer_until_it_expires() {
    let house = House::new();
    let id = echo(&house).await;
    let maestro = house.builder(1).options(Options::default().with_key_ttl(Duration::from_secs(60)));
    let maestro = maestro.build().await.unwrap();
    let workspace = maestro.default_workspace();
    let keyed = |input: serde_json::Value| workspace.run_now(&id).idempotency_key("k").input(input);
    let first = keyed(json!({"a": 1, "b": 2})).await.unwrap();
    first.finished().await.unwrap();
    let again = keyed(json!({"b": 2, "a": 1})).await.unwrap();
    assert_eq!(first.id(), again.id(), "the order of keys in an object is no difference");
    let other = keyed(json!({"a": 2})).await.unwrap_err();
    assert!(matches!(other, Error::KeyReused { key } if key == "k"));
    house.sleep(61.0).await;
    let later = keyed(json!({"a": 2})).await.unwrap();
    assert_ne!(later.id(), first.id());
}

#[tokio::test(start_paused = true)]
async fn a_run_plays_the_version_that_is_asked_for() {
    let house = House::new();
    let id = echo(&house).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let newer = json!({"name": "Echo", "nodes": [op("a", "echo"), op("b", "echo")], "edges": []});
    assert_eq!(workspace.save_score(Score::from_json(&newer).unwrap()).await.unwrap().version, 2);
    let asked = |version| workspace.run_now(&id).score_version(version).idempotency_key("k");
    let older = asked(1).await.unwrap().finished().await.unwrap();
    assert_eq!((older.score_version, house.steps(older.id).await.len()), (1, 1));
    assert_eq!(play(&workspace, &id, json!({})).await.score_version, 2, "the latest, when none is named");
    assert!(matches!(asked(2).await, Err(Error::KeyReused { .. })), "another version is another request");
    let unknown = workspace.run_now(&id).score_version(3).await;
    assert!(matches!(unknown, Err(Error::Store(StoreError::NotFound { .. }))));
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_its_time() {
    let house = House::new();
    let id = echo(&house).await;
    let maestro = house.engine().await;
    let at = house.clock.now() + chrono::TimeDelta::seconds(3_601);
    let run = maestro.default_workspace().run_now(&id).run_at(at).await.unwrap();
    let run = run.finished().await.unwrap();
    assert_eq!(run.started_at, Some(at), "it is claimed the moment it is due");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_becomes_due_is_played_at_once_and_not_at_the_next_poll() {
    let house = House::new();
    let id = echo(&house).await;
    let options = Options::default().with_poll_interval(Duration::from_secs(3_600));
    let maestro = house.builder(1).options(options).build().await.unwrap();
    let workspace = maestro.default_workspace();
    house.sleep(10.0).await;
    let before = house.passed();
    play(&workspace, &id, json!({})).await;
    let flaky = house.deploy("Flaky", json!([op("a", "flaky")]), json!([])).await;
    play(&workspace, &flaky, json!({})).await;
    assert!(house.passed() - before < 21.0, "{}", house.passed() - before);
}

/// The order in which runs begin, where one plays at a time.
async fn order(house: &House) -> Vec<String> {
    let all = house.executions.all();
    all.into_iter().map(|it| it.input.as_str().trim_matches('"').to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn classes_are_served_8_to_4_to_1() {
    let house = House::new();
    let id = echo(&house).await;
    let office = house.office().await;
    for class in [Class::Low, Class::Normal, Class::High] {
        let run = BulkRun { input: Payload::from(json!(class.name())), class };
        office.enqueue_many(&id, vec![run; 130]).await.unwrap();
    }
    let options = Options::default().with_max_runs(2);
    let _maestro = house.builder(1).options(options).build().await.unwrap();
    house.executions.reached(130).await;
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for class in order(&house).await.into_iter().take(130) {
        *seen.entry(class).or_default() += 1;
    }
    assert!((76..=84).contains(&seen["high"]), "{seen:?}");
    assert!((36..=44).contains(&seen["normal"]), "{seen:?}");
    assert!((7..=13).contains(&seen["low"]), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_workspace_gets_its_share_whatever_the_backlog_of_the_others() {
    let house = House::new();
    let office = house.builder(7).roles(maestro::Roles::none()).build().await.unwrap();
    for name in ["huge", "small", "tiny"] {
        let workspace = office.workspace(&workspace_id(name));
        let score = maestro::Score::from_json(&json!({"name": "S", "nodes": [op("a", "echo")]})).unwrap();
        let score = workspace.save_score(score).await.unwrap();
        let id = workspace.create_orchestra(maestro::NewOrchestra::new("S", &score.id)).await.unwrap().id;
        let run = BulkRun { input: Payload::from(json!(name)), class: Class::Normal };
        let count = if name == "huge" { 3_000 } else { 50 };
        workspace.enqueue_many(&id, vec![run; count]).await.unwrap();
    }
    let options = Options::default().with_max_runs(4);
    let _maestro = house.builder(1).options(options).build().await.unwrap();
    house.executions.reached(150).await;
    let order = order(&house).await;
    let share = |name: &str| order.iter().take(150).filter(|it| *it == name).count();
    assert!(share("small") >= 40 && share("tiny") >= 40, "{} {}", share("small"), share("tiny"));
}

#[tokio::test(start_paused = true)]
async fn more_workspaces_than_one_look_shows_all_get_their_turn() {
    let house = House::new();
    let office = house.builder(7).roles(maestro::Roles::none()).build().await.unwrap();
    for n in 0..600 {
        let workspace = office.workspace(&workspace_id(&format!("w{n:03}")));
        let score = maestro::Score::from_json(
            &json!({"name": "S", "nodes": [crate::house::with("a", "slow", json!({"input": {"ms": 50}}))]}),
        )
        .unwrap();
        let score = workspace.save_score(score).await.unwrap();
        let id = workspace.create_orchestra(maestro::NewOrchestra::new("S", &score.id)).await.unwrap().id;
        let run = BulkRun { input: Payload::from(json!(n)), class: Class::Normal };
        workspace.enqueue_many(&id, vec![run; 5]).await.unwrap();
    }
    let options = Options::default().with_max_runs(64);
    let _maestro = house.builder(1).options(options).build().await.unwrap();
    house.executions.reached(1_300).await;
    let mut served = 0;
    for n in 0..600 {
        let workspace = office.workspace(&workspace_id(&format!("w{n:03}")));
        let runs = workspace.runs(&RunFilter::default(), None, 10).await.unwrap();
        served += u32::from(runs.iter().any(|run| run.status != RunStatus::Queued));
    }
    assert!(served > 580, "only {served} of 600 workspaces were served");
}

#[tokio::test(start_paused = true)]
async fn a_limit_holds_runs_and_raising_it_lets_them_go() {
    let house = House::new();
    let score = json!({"name": "S", "nodes": [op("a", "gate")]});
    let id = house.deploy_score("S", score, |new| new.max_concurrent_runs(2)).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let mut runs = Vec::new();
    for n in 0..6 {
        runs.push(ask(&workspace, &id, json!(n)).await);
    }
    house.sleep(30.0).await;
    assert_eq!(house.crowd.now("gate"), 2);
    house.gate.add_permits(1);
    house.sleep(0.5).await;
    assert_eq!(
        (house.crowd.now("gate"), house.executions.all().len()),
        (2, 3),
        "one ended, one follows at once"
    );
    let patch = OrchestraPatch::default().with_max_concurrent_runs(Some(4));
    workspace.edit_orchestra(&id, patch, None).await.unwrap();
    house.sleep(0.5).await;
    assert_eq!(house.crowd.now("gate"), 4);
    house.gate.add_permits(100);
    for run in runs {
        assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    }
    assert_eq!(house.crowd.most("gate"), 4);
}

#[tokio::test(start_paused = true)]
async fn slots_that_queue_play_one_after_the_other() {
    let house = House::new();
    let score = json!({"name": "S", "nodes": [op("a", "gate")]});
    let id = house.deploy_score("S", score, |new| new.cron("* * * * *").overlap(Overlap::QueueAll)).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    workspace.enable_orchestra(&id).await.unwrap();
    house.sleep(250.0).await;
    workspace.disable_orchestra(&id).await.unwrap();
    assert_eq!(house.executions.all().len(), 1);
    house.gate.add_permits(100);
    house.sleep(30.0).await;
    assert_eq!((house.executions.all().len(), house.crowd.most("gate")), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn five_thousand_runs_are_enqueued_together_and_played() {
    let house = House::new();
    let id = echo(&house).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    let run = BulkRun { input: Payload::from(json!({"x": 1})), class: Class::Normal };
    let handles = workspace.enqueue_many(&id, vec![run; 5_000]).await.unwrap();
    house.executions.reached(5_000).await;
    house.sleep(1.0).await;
    for handle in handles {
        assert_eq!(workspace.run(handle.id()).await.unwrap().status, RunStatus::Succeeded);
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_workspace_begins_nothing_until_it_is_resumed() {
    let house = House::new();
    let id = echo(&house).await;
    let maestro = house.engine().await;
    let workspace = maestro.default_workspace();
    workspace.pause(&Actor::new("ann")).await.unwrap();
    let run = ask(&workspace, &id, json!({})).await;
    house.sleep(100.0).await;
    assert_eq!(workspace.run(run.id()).await.unwrap().status, RunStatus::Queued);
    workspace.resume(&Actor::new("ann")).await.unwrap();
    let before = house.passed();
    run.finished().await.unwrap();
    assert!(house.passed() - before < 0.1);
}
