//! What people say to runs that no process plays just then.

use maestro::{
    Retry, RunStatus,
    domain::{Actor, StepStatus},
    ports::store::OrchestraStore,
};
use serde_json::json;

use crate::{
    fleet::{Process, effects::effect},
    house::{House, TTL},
};

const WORKER: [&str; 4] = ["--ttl-s", TTL, "--concurrency", "8"];

#[tokio::test]
async fn an_approval_outlives_the_worker_that_asked_for_it() {
    let house = House::new().await;
    let nodes = vec![
        effect("before", 0),
        json!({"id": "ok", "kind": "approval", "title": "Go on?"}),
        effect("after", 0),
    ];
    let edges = vec![json!({"from": "before", "to": "ok"}), json!({"from": "ok", "to": "after"})];
    let orchestra = house.deploy_nodes("Ask", nodes, edges).await;
    let asking = Process::start(house.database.url(), &WORKER);
    let run = house.enqueue(&orchestra).await;
    house.until_step(run, "ok", StepStatus::Waiting).await;
    house.until(run, RunStatus::Waiting).await; // nobody owns it
    asking.kill();
    let live = house.store.orchestra(house.workspace().id(), &orchestra).await.unwrap().live;
    assert_eq!((live.active, live.held), (1, 0), "it is live all the time");
    house.workspace().approve(run, &"ok".parse().unwrap(), None, None, &Actor::new("ann")).await.unwrap();
    let _other = Process::start(house.database.url(), &WORKER);
    assert_eq!(house.finished(run).await.status, RunStatus::Succeeded);
    let times: Vec<_> = house.effects().await.into_iter().map(|(key, times)| (key, times.len())).collect();
    assert_eq!(times, [(format!("{run}/after/0"), 1), (format!("{run}/before/0"), 1)]);
    house.close().await;
}

#[tokio::test]
async fn a_cancelled_run_is_played_on_by_another_process() {
    let house = House::new().await;
    let orchestra = house.deploy(4, 300).await;
    let first = Process::start(house.database.url(), &WORKER);
    let run = house.enqueue(&orchestra).await;
    house.until_step(run, "e1", StepStatus::Succeeded).await;
    let workspace = house.workspace();
    workspace.cancel(run, false, &Actor::new("bob")).await.unwrap();
    assert_eq!(house.finished(run).await.status, RunStatus::Cancelled);
    first.kill();
    workspace.retry(run, Retry::default(), &Actor::new("ann")).await.unwrap();
    let _other = Process::start(house.database.url(), &WORKER);
    assert_eq!(house.finished(run).await.status, RunStatus::Succeeded);
    let effects = house.effects().await;
    for done in ["e0", "e1"] {
        assert_eq!(effects[&format!("{run}/{done}/0")].len(), 1, "what was done is not done again");
    }
    assert_eq!(effects[&format!("{run}/e3/1")].len(), 1, "{effects:?}");
    house.close().await;
}
