//! Rules for the examples: every score can be played with the skills that the examples have.

use std::collections::BTreeSet;

use maestro::domain::{AgentId, Catalog, JsonSchema, OperationName, SkillName};
use maestro::{Maestro, MemoryStore, Payload, Roles, Score};

use super::{File, demand_none, files};

#[path = "../../examples/support/skills.rs"]
mod skills;

/// The operations of the example programs.
struct Known(BTreeSet<(SkillName, OperationName)>);

impl Catalog for Known {
    fn has_operation(&self, skill: &SkillName, operation: &OperationName) -> bool {
        self.0.contains(&(skill.clone(), operation.clone()))
    }

    fn has_agent(&self, _agent: &AgentId) -> bool {
        false
    }
}

async fn known() -> Known {
    let builder = Maestro::builder(MemoryStore::new()).roles(Roles::none());
    let traces = skills::Traces::in_database("postgres://localhost/unused").expect("a good URL");
    let maestro = skills::all(Some(traces)).into_iter().fold(builder, |builder, skill| builder.skill(skill));
    let operations = maestro.build().await.expect("their names are good").operations();
    Known(operations.into_iter().map(|info| (info.operation.skill, info.operation.name)).collect())
}

fn scores() -> impl Iterator<Item = File> {
    let scores = files().into_iter().filter(|file| file.path.starts_with("examples/scores/"));
    scores.filter(|file| !file.path.ends_with(".input.json"))
}

#[tokio::test]
async fn every_example_score_is_valid() {
    let known = known().await;
    let mut broken = Vec::new();
    for File { path, text } in scores() {
        let checked = Score::parse(&text).and_then(|score| score.validate(&known));
        broken.extend(checked.err().map(|problems| format!("{path}: {problems}")));
    }
    demand_none(broken, "mend these");
    assert!(scores().count() >= 3);
}

#[test]
fn every_example_input_fits_its_score() {
    let inputs = files().into_iter().filter(|file| file.path.ends_with(".input.json"));
    for File { path, text } in inputs {
        let score = scores().find(|score| score.path == path.replace(".input.json", ".json"));
        let score =
            Score::parse(&score.unwrap_or_else(|| panic!("{path}: there is no such score")).text).unwrap();
        let schema = JsonSchema::compile(&score.input_schema.unwrap()).unwrap();
        schema
            .check(&Payload::parse(&text).unwrap())
            .unwrap_or_else(|violations| panic!("{path}: {violations:?}"));
    }
}
