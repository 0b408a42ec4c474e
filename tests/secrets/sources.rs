//! Sources: who is asked first, and what becomes of one that does not answer.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use maestro::{EnvSecrets, RunStatus, Secret, SecretName, SecretSource, WorkspaceId, ports::SecretError};
use maestro_core::{
    ports::SystemClock,
    testing::{FaultPlan, FaultStore, Method},
};
use serde_json::json;

use crate::house::{House, ONE, deploy, keys, name, op, play, secret, steps};

/// Does not answer one question, the how manieth.
struct Silent {
    at: u32,
    asked: AtomicU32,
}

impl Silent {
    fn at(at: u32) -> Self {
        Self { at, asked: AtomicU32::new(0) }
    }
}

#[async_trait]
impl SecretSource for Silent {
    async fn secret(&self, _: &WorkspaceId, name: &SecretName) -> Result<Option<Secret>, SecretError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            return Ok(Some(secret("from the source")));
        }
        let reason = "no answer".to_owned();
        Err(SecretError::Unavailable { name: name.clone(), reason, source: None })
    }
}

#[tokio::test]
async fn the_first_source_that_has_it_gives_it_and_the_vault_is_the_last() {
    let house = House::in_memory();
    let env = |name: &str| (name == "MAESTRO_SECRET_CRM").then(|| "from the environment".to_owned());
    let engine = house.builder().master_keys(keys(ONE, &[]));
    let nothing = EnvSecrets::new(|_| None);
    let workspace = engine.secrets(nothing).secrets(EnvSecrets::new(env)).build().await.unwrap();
    let workspace = workspace.default_workspace();
    workspace.put_secret(&name("crm"), &secret("from the vault")).await.unwrap();
    workspace.put_secret(&name("other"), &secret("the other one")).await.unwrap();
    let orchestra = deploy(&workspace, json!([op("a", "see")]), json!([])).await;
    play(&workspace, &orchestra).await;
    let bindings = [("key".to_owned(), "other".to_owned())].into();
    let patch = maestro::OrchestraPatch::default().with_secret_bindings(bindings);
    workspace.edit_orchestra(&orchestra, patch, None).await.unwrap();
    play(&workspace, &orchestra).await;
    assert_eq!(*house.seen.lock().unwrap(), ["from the environment", "the other one"]);
}

#[tokio::test]
async fn a_source_that_does_not_answer_costs_a_try() {
    let house = House::in_memory();
    // The first question is that of run-now.
    let workspace = house.builder().secrets(Silent::at(2)).build().await.unwrap().default_workspace();
    let mut node = op("a", "see");
    node["retry"] = json!({"max_attempts": 2, "initial_s": 0.001, "jitter": 0});
    node["effect"] = json!("once"); // nothing has happened for certain: it may be tried again
    let orchestra = deploy(&workspace, json!([node]), json!([])).await;
    let run = play(&workspace, &orchestra).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    let steps = steps(&workspace, &run).await;
    let codes: Vec<_> =
        steps.iter().map(|step| step.error.as_ref().map(|error| error.code.as_str())).collect();
    assert_eq!(codes, [Some("secret_unavailable"), None]);

    let maestro = house.builder().secrets(Silent::at(1)).build().await.unwrap();
    let refused = maestro.default_workspace().run_now(&orchestra).await.unwrap_err();
    assert!(refused.to_string().contains("the secret crm cannot be read now: no answer"), "{refused}");
}

#[tokio::test]
async fn runs_without_slots_ask_for_nothing() {
    let house = House::in_memory();
    let plan = FaultPlan::new(Arc::new(SystemClock::new()));
    let store = Arc::new(FaultStore::new(Arc::clone(&house.store), plan.clone()));
    let engine = house.builder_on(store).master_keys(keys(ONE, &[])).build().await.unwrap();
    let workspace = engine.default_workspace();
    workspace.put_secret(&name("crm"), &secret("sk-live-0123")).await.unwrap();
    let without = deploy(&workspace, json!([op("a", "gate"), op("b", "gate")]), json!([])).await;
    let run = workspace.run_now(&without).await.unwrap();
    let (looks, reads) = (plan.count(Method::Orchestra), plan.count(Method::Secret));
    house.gate.add_permits(2);
    let run = run.finished().await.unwrap();
    assert_eq!((plan.count(Method::Orchestra), plan.count(Method::Secret)), (looks, reads));
    assert_eq!(steps(&workspace, &run).await.len(), 2);

    // One look at the bindings for a claimed run, one at the secret for a try.
    let with = deploy(&workspace, json!([op("a", "see"), op("b", "see"), op("c", "see")]), json!([])).await;
    let run = workspace.run_now(&with).await.unwrap();
    let (looks, reads) = (plan.count(Method::Orchestra), plan.count(Method::Secret));
    run.finished().await.unwrap();
    assert_eq!((plan.count(Method::Orchestra), plan.count(Method::Secret)), (looks + 1, reads + 3));
}
