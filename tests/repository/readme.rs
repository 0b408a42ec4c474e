//! The programs that the README shows: the same text as here or in the examples, so that they compile and work.

use maestro::domain::{Node, Overlap};
use maestro::{
    Context, Error, Maestro, MemoryStore, NewOrchestra, PgOptions, PostgresStore, Roles, Score, Skill,
    StepError,
};

use super::read;

/// There it is compiled and played with the other examples of the documentation.
#[test]
fn the_first_program_of_the_readme_stands_in_the_documentation() {
    let program = first_program();
    let lines = program.lines().count();
    assert!(lines < 30, "the first program of the README has {lines} lines; keep it under 30");
    let shown: String =
        program.lines().map(|line| format!("//! {line}").trim_end().to_owned() + "\n").collect();
    assert!(
        read("src/lib.rs").contains(&format!("//! ```\n{shown}//! ```\n")),
        "src/lib.rs does not show the first program of README.md as it is; copy it there"
    );
}

#[test]
fn the_first_program_of_the_readme_is_the_example_but_for_the_store() {
    let program = first_program().replace("Maestro::builder(MemoryStore::new())", CHOICE);
    let example = read("examples/quickstart.rs");
    let behind_the_imports = |text: &str| text[text.find("async fn").expect("a function")..].to_owned();
    assert_eq!(behind_the_imports(&example), behind_the_imports(&program));
}

/// How the example takes its store.
const CHOICE: &str = "Maestro::builder_on(store::chosen().await)";

fn first_program() -> String {
    let readme = read("README.md");
    let program = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```\n").next());
    program.expect("README.md shows a program").to_owned()
}

#[tokio::test]
async fn the_second_program_of_the_readme_switches_a_schedule_on() {
    async fn echo(_ctx: Context, text: String) -> Result<String, StepError> {
        Ok(text)
    }
    let skill = Skill::new("words").operation("echo", echo);
    let builder = Maestro::builder(MemoryStore::new()).skill(skill).roles(Roles::none());
    let maestro = builder.build().await.unwrap();
    let score = Score::builder("Echo").node(Node::operation("echo", "words.echo")).build().unwrap();
    let score = maestro.default_workspace().ensure_score(score).await.unwrap();
    switch_on(&maestro, &score).await.unwrap();
    let studio = maestro.default_workspace();
    let orchestras = studio.orchestras(None, 10).await.unwrap();
    assert!(orchestras[0].orchestra.enabled && orchestras[0].orchestra.next_fire_at.is_some());

    demand_shown(1);
}

/// What it does on a server is what the example `worker` does, which others test.
#[tokio::test]
async fn the_third_program_of_the_readme_says_which_database_does_not_answer() {
    let error = on_a_database("postgres://localhost:1/music", Skill::new("words")).await.err().unwrap();
    assert!(error.to_string().contains("localhost:1"), "{error}");
    demand_shown(3);
}

/// Demands that the README shows this part of this file, as they are divided by the marks.
fn demand_shown(part: usize) {
    let mut parts = include_str!("readme.rs").split("    // as in the README\n");
    let here = parts.nth(part).expect("the marks divide this file");
    let program: String =
        here.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n").collect();
    assert!(
        read("README.md").contains(&format!("```rust\n{program}```\n")),
        "README.md does not show:\n{program}"
    );
}

async fn switch_on(maestro: &Maestro, score: &Score) -> Result<(), Error> {
    // as in the README
    let studio = maestro.default_workspace();
    let mornings = NewOrchestra::new("Every working morning", &score.id)
        .cron("30 8 * * 1-5")
        .timezone("Europe/Berlin")
        .overlap(Overlap::QueueOne);
    let orchestra = studio.ensure_orchestra(mornings).await?;
    studio.enable_orchestra(&orchestra.id).await?;
    // as in the README
    Ok(())
}

async fn on_a_database(url: &str, words: Skill) -> Result<Maestro, Box<dyn std::error::Error>> {
    // as in the README
    let store = PostgresStore::connect(PgOptions::from_url(url)?).await?;
    store.migrate().await?;
    let maestro = Maestro::builder(store.clone()).skill(words).build().await?;
    // as in the README
    Ok(maestro)
}
