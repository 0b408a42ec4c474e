//! The first program of the README, with a choice of the store: `quickstart [--database-url URL]`.

#[path = "support/store.rs"]
mod store;

use maestro::{Context, Maestro, NewOrchestra, Score, Skill, StepError, domain::Node};

async fn greet(_ctx: Context, name: String) -> Result<String, StepError> {
    Ok(format!("Hello, {name}!"))
}

async fn join(_ctx: Context, lines: Vec<String>) -> Result<String, StepError> {
    Ok(lines.join(" "))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words = Skill::new("words").operation("greet", greet).operation("join", join);
    let maestro = Maestro::builder_on(store::chosen().await).skill(words).build().await?;
    let score = Score::builder("Greetings")
        .node(Node::map_over("each", "{{ input }}").body(["greet"]))
        .node(Node::operation("greet", "words.greet"))
        .node(Node::operation("join", "words.join").input("{{ from.each }}"))
        .then("each", "join");
    let studio = maestro.default_workspace();
    let score = studio.ensure_score(score.build()?).await?;
    let orchestra = studio.ensure_orchestra(NewOrchestra::new("Greetings", &score.id)).await?;
    let run = studio.run_now(&orchestra.id).input(["Ada", "Grace"]).await?.finished().await?;
    println!("{}: {}", run.status, run.result.unwrap_or_default().as_str());
    maestro.shutdown(std::time::Duration::from_secs(5)).await;
    Ok(())
}
