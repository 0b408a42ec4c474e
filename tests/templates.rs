//! The templates that Maestro ships can be read, installed and enabled by whoever has their operations.

use maestro::{Maestro, MemoryStore, Roles, Skill, StepError, templates};
use serde_json::Value;

async fn nothing(_: maestro::Context, input: Value) -> Result<Value, StepError> {
    Ok(input)
}

fn skills() -> [Skill; 6] {
    [
        Skill::new("leads").operation("find", nothing).operation("enrich", nothing),
        Skill::new("crm").operation("save", nothing).operation("lookup", nothing),
        Skill::new("mail").operation("send", nothing),
        Skill::new("inbox").operation("fetch", nothing).operation("label", nothing),
        Skill::new("web").operation("search", nothing),
        Skill::new("docs").operation("save", nothing),
    ]
}

#[tokio::test]
async fn every_template_is_installed_once_and_left_as_people_made_it() {
    let builder =
        skills().into_iter().fold(Maestro::builder(MemoryStore::new()), |all, skill| all.skill(skill));
    let workspace = builder.roles(Roles::none()).build().await.unwrap().default_workspace();
    for template in templates::all() {
        let score = workspace.ensure_template(&template).await.unwrap();
        assert!(score.template && score.version == 1);
        let agent = workspace.agent(&template.agents[0].id, None).await.unwrap();
        workspace.save_agent(maestro::domain::Agent { name: "Mine".into(), ..agent.clone() }).await.unwrap();
        assert_eq!(workspace.ensure_template(&template).await.unwrap(), score);
        assert_eq!(workspace.agent(&agent.id, None).await.unwrap().name, "Mine");
    }
}
