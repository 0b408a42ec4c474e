//! A first score: one function of yours, played once.

use std::time::Duration;

use maestro::engine::NewOrchestra;
use maestro::{Context, Maestro, MemoryStore, Score, Skill, StepError};
use serde_json::json;

async fn greet(_ctx: Context, name: String) -> Result<String, StepError> {
    Ok(format!("Hello, {name}!"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let people = Skill::new("people").operation("greet", greet);
    let maestro = Maestro::builder(MemoryStore::new()).skill(people).build().await?;
    let studio = maestro.default_workspace();
    let score = studio.ensure_score(Score::from_json(&json!({
        "name": "Hello",
        "nodes": [{"id": "hello", "kind": "map_over", "items": "{{ input.names }}", "body": ["one"]},
                  {"id": "one", "kind": "deterministic", "skill": "people", "operation": "greet"}],
    }))?).await?;
    let orchestra = studio.ensure_orchestra(NewOrchestra::new("Hello", &score.id)).await?;
    let run = studio.run_now(&orchestra.id).input(json!({"names": ["Ada", "Grace"]})).await?.finished().await?;
    println!("{} {}", run.status, run.result.unwrap_or_default().as_str());
    maestro.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
