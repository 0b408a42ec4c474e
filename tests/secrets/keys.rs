//! Master keys: the wrong one refuses to start, and the right one can be changed while runs play.

use std::{sync::Arc, time::Duration};

use maestro::{BuildError, Error, RunStatus};
use maestro_core::{
    ports::SystemClock,
    testing::{Fault, FaultPlan, FaultStore, Method},
};
use serde_json::json;

use crate::house::{House, ONE, TWO, deploy, keys, name, op, play, secret};

#[tokio::test]
async fn an_engine_without_the_key_of_the_vault_does_not_start() {
    let house = House::in_memory();
    assert!(house.builder().build().await.is_ok(), "an empty vault needs no key");
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();

    let missing = house.builder().build().await.err().unwrap();
    assert!(matches!(missing, BuildError::NoMasterKey), "{missing}");
    assert!(missing.to_string().contains("MAESTRO_SECRET_KEY"), "{missing}");
    let wrong = house.builder().master_keys(keys(TWO, &[])).build().await.err().unwrap();
    let lacking = keys(ONE, &[]).current_id().to_owned();
    assert!(matches!(&wrong, BuildError::WrongMasterKey { lacking: told } if *told == [lacking]), "{wrong}");
    assert!(house.builder().master_keys(keys(TWO, &[ONE])).build().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_starts_before_its_store_stops_when_the_key_is_wrong() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();
    let plan = FaultPlan::new(Arc::new(SystemClock::new()));
    plan.fail_next(Method::SecretKeys, Fault::NotApplied);
    let store = Arc::new(FaultStore::new(Arc::clone(&house.store), plan));
    let wrong = house.builder_on(store).master_keys(keys(TWO, &[])).build().await.unwrap();
    let orchestra = deploy(&wrong.default_workspace(), json!([op("a", "gate")]), json!([])).await;
    let run = wrong.default_workspace().run_now(&orchestra).await.unwrap();
    assert!(matches!(run.finished().await, Err(Error::ShuttingDown)));
}

#[tokio::test]
async fn keys_change_while_runs_play_in_memory() {
    keys_change_while_runs_play(House::in_memory()).await;
}

#[tokio::test]
async fn keys_change_while_runs_play_in_postgres() {
    let (house, _database) = House::in_postgres().await;
    keys_change_while_runs_play(house).await;
}

async fn keys_change_while_runs_play(house: House) {
    let before = house.engine(ONE, &[TWO]).await;
    let workspace = before.default_workspace();
    for version in 1..=3 {
        workspace.put_secret(&name("crm"), &secret(&format!("sk-live-{version}"))).await.unwrap();
    }
    for number in 0..150 {
        let other = before.workspace(&format!("w{}", number % 3).parse().unwrap());
        other.put_secret(&name(&format!("s{number}")), &secret("another value")).await.unwrap();
    }
    let see = json!({"id": "each", "kind": "map_over", "items": "{{ range(60) | list }}", "body": ["a"]});
    let orchestra = deploy(&workspace, json!([see, op("a", "see")]), json!([])).await;

    let after = house.engine(TWO, &[ONE]).await;
    let runs = async {
        for _ in 0..3 {
            assert_eq!(play(&workspace, &orchestra).await.status, RunStatus::Succeeded);
        }
    };
    // Two at once share the work.
    let (_, one, two) = tokio::join!(runs, after.rotate_secrets(), after.rotate_secrets());
    assert_eq!(one.unwrap() + two.unwrap(), 153);
    assert_eq!(after.rotate_secrets().await.unwrap(), 0);
    let seen = house.seen.lock().unwrap().clone();
    assert!(seen.len() == 180 && seen.iter().all(|value| value == "sk-live-3"), "{seen:?}");

    before.shutdown(Duration::ZERO).await;
    after.shutdown(Duration::ZERO).await;
    let new = house.engine(TWO, &[]).await;
    assert_eq!(play(&new.default_workspace(), &orchestra).await.status, RunStatus::Succeeded);
    assert!(
        house.builder().master_keys(keys(ONE, &[])).build().await.is_err(),
        "the old key is of no more use"
    );
    new.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn an_interrupted_rotation_goes_on() {
    let house = House::in_memory();
    let workspace = house.engine(ONE, &[]).await.default_workspace();
    for number in 0..5 {
        workspace.put_secret(&name(&format!("s{number}")), &secret("some value")).await.unwrap();
    }
    let plan = FaultPlan::new(Arc::new(SystemClock::new()));
    plan.between(Method::ResealSecret, 3..=3, Fault::AppliedButError);
    let store = Arc::new(FaultStore::new(Arc::clone(&house.store), plan));
    let new = house.builder_on(store).master_keys(keys(TWO, &[ONE])).build().await.unwrap();
    assert!(matches!(new.rotate_secrets().await, Err(Error::Store(_))));
    assert_eq!(new.rotate_secrets().await.unwrap(), 2, "three were sealed before the answer was lost");
    assert_eq!(house.store.secret_keys().await.unwrap(), [keys(TWO, &[]).current_id()]);
}
