//! The vault: versions, what is in use, and what people are told.

use maestro::{Error, OrchestraPatch, RunStatus, WorkspaceId};
use serde_json::json;

use crate::house::{House, ONE, deploy, name, op, play, secret, steps};

#[tokio::test]
async fn a_step_is_given_the_present_version() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    workspace.put_secret(&name("crm"), &secret("version 1")).await.unwrap();
    let nodes = json!([op("a", "see"), op("wait", "gate"), op("b", "see")]);
    let edges = json!([{"from": "a", "to": "wait"}, {"from": "wait", "to": "b"}]);
    let orchestra = deploy(&workspace, nodes, edges).await;
    let run = workspace.run_now(&orchestra).await.unwrap();
    while house.seen.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let info = workspace.put_secret(&name("crm"), &secret("version 2")).await.unwrap();
    assert_eq!((info.version, info.oldest_version), (2, 1));
    house.gate.add_permits(1);
    assert_eq!(run.finished().await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(*house.seen.lock().unwrap(), ["version 1", "version 2"], "without another enqueue");

    let restored = workspace.restore_secret(&name("crm"), 1).await.unwrap();
    assert_eq!(restored.version, 3);
    house.gate.add_permits(1);
    play(&workspace, &orchestra).await;
    assert_eq!(house.seen.lock().unwrap()[2..], ["version 1", "version 1"]);
}

#[tokio::test]
async fn ten_versions_are_kept_and_values_are_never_listed() {
    let workspace = House::in_memory().engine(ONE, &[]).await.default_workspace();
    for version in 1..=12 {
        let info = workspace.put_secret(&name("crm"), &secret(&format!("sk-live-{version}"))).await.unwrap();
        assert_eq!(workspace.secrets(None, 10).await.unwrap(), [info]);
    }
    let listed = workspace.secrets(None, 10).await.unwrap();
    assert_eq!((listed[0].version, listed[0].oldest_version), (12, 3));
    assert!(!format!("{listed:?}").contains("sk-live"));
    assert!(matches!(workspace.restore_secret(&name("crm"), 2).await, Err(Error::Store(_))));
}

#[tokio::test]
async fn a_secret_that_an_orchestra_binds_is_not_deleted() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();
    let orchestra = deploy(&workspace, json!([op("a", "see")]), json!([])).await;
    let refused = workspace.delete_secret(&name("crm")).await.unwrap_err();
    assert_eq!(refused.to_string(), "secret crm: the orchestra s binds it; bind another one first");
    let unbound = OrchestraPatch::default().with_secret_bindings([].into());
    workspace.edit_orchestra(&orchestra, unbound, None).await.unwrap();
    workspace.delete_secret(&name("crm")).await.unwrap();
    assert_eq!(workspace.secrets(None, 10).await.unwrap(), []);
    assert!(matches!(workspace.delete_secret(&name("crm")).await, Err(Error::Store(_))));
}

#[tokio::test]
async fn a_secret_belongs_to_its_workspace() {
    let house = House::in_memory();
    let maestro = house.engine(ONE, &[]).await;
    let acme = maestro.workspace(&WorkspaceId::new("acme").unwrap());
    acme.put_secret(&name("crm"), &secret("sk-of-acme")).await.unwrap();
    let workspace = maestro.default_workspace();
    let orchestra = deploy(&workspace, json!([op("a", "see")]), json!([])).await;
    let missing = workspace.run_now(&orchestra).await.unwrap_err();
    assert!(missing.to_string().contains("no source has the secret crm"), "{missing}");
}

#[tokio::test]
async fn what_lacks_a_secret_is_told_before_it_is_played() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    let orchestra = deploy(&workspace, json!([op("a", "see")]), json!([])).await;
    let missing =
        "no source has the secret crm of the slot key; put it, or bind another one in secret_bindings";
    assert_eq!(workspace.readiness(&orchestra).await.unwrap(), [missing]);
    assert!(matches!(workspace.enable_orchestra(&orchestra).await, Err(Error::NotReady { .. })));
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();
    assert!(workspace.readiness(&orchestra).await.unwrap().is_empty());

    // One without a vault says what to do.
    let bare = House::in_memory().builder().build().await.unwrap().default_workspace();
    let refused = bare.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap_err();
    assert!(matches!(refused, Error::NoVault), "{refused}");
}

#[tokio::test]
async fn a_secret_that_is_gone_fails_the_step_before_it_begins() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();
    let mut second = op("b", "see");
    second["effect"] = json!("once"); // its effect has not happened for certain: nobody is asked
    let nodes = json!([op("a", "gate"), second]);
    let orchestra = deploy(&workspace, nodes, json!([{"from": "a", "to": "b"}])).await;
    let run = workspace.run_now(&orchestra).await.unwrap();
    // Behind the back of the engine, which would refuse.
    house.store.delete_secret(workspace.id(), &name("crm")).await.unwrap();
    house.gate.add_permits(1);
    let run = run.finished().await.unwrap();
    assert_eq!(run.status, RunStatus::Failed);
    let steps = steps(&workspace, &run).await;
    assert_eq!(steps.len(), 2, "it is not tried again");
    let error = steps[1].error.clone().unwrap();
    assert_eq!(error.code, "secret_missing");
    assert!(error.message.contains("secret crm of the slot key"), "{}", error.message);
}

#[tokio::test]
async fn only_declared_slots_are_given() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();
    let orchestra = deploy(&workspace, json!([op("a", "undeclared"), op("b", "blocks")]), json!([])).await;
    let run = play(&workspace, &orchestra).await;
    let steps = steps(&workspace, &run).await;
    assert_eq!(steps[0].error.clone().unwrap().code, "secret_not_declared");
    assert_eq!(steps[1].output.clone().unwrap(), json!(12).into(), "a blocking operation is given it too");
}
