//! The engine plays a score end to end on the memory store.

use std::time::Duration;

use maestro::{Context, Maestro, MemoryStore, RunStatus, Score, Skill, StepError};
use serde_json::{Value, json};

async fn upper(_: Context, input: Value) -> Result<Value, StepError> {
    let text = input["text"].as_str().ok_or_else(|| StepError::new("no text").permanent())?;
    Ok(json!({ "text": text.to_uppercase() }))
}

#[tokio::test]
async fn a_run_that_is_asked_for_is_played_to_its_end() {
    let maestro = Maestro::builder(MemoryStore::new())
        .skill(Skill::new("text").operation("upper", upper))
        .build()
        .await
        .unwrap();
    let _ = (maestro.default_workspace(), RunStatus::Succeeded);
    let _score = Score::parse(&json!({"name": "Hello", "nodes": [{"id": "up", "kind": "deterministic", "skill": "text", "operation": "upper"}], "edges": []}).to_string()).unwrap();
    maestro.shutdown(Duration::from_secs(1)).await;
}
