//! Plays a shipped template with invented companies and a fake provider of models, and shows what every step cost.
//!
//! ```text
//! templates [cold-leads | reply-triage | content-brief] [--reject]
//! ```
//!
//! Where a step asks a person, the program approves, or rejects when it is told to. With `ANTHROPIC_API_KEY`,
//! `OPENAI_API_KEY` or `GEMINI_API_KEY` in the environment the real models are asked; otherwise the sum is compared with
//! what the fake provider has counted by itself. Exits with 0 when the run ended well and the sums are the same.

#[path = "support/models.rs"]
mod models;
#[path = "support/office.rs"]
mod office;

use std::{error::Error, process::ExitCode, time::Duration};

use maestro::domain::{Actor, Money, RunStep, StepKind, StepStatus};
use maestro::engine::{Builder, ScoreTemplate};
use maestro::ports::{Clock, SystemClock, store::StepQuery};
use maestro::{Maestro, MemoryStore, NewOrchestra, Run, Workspace, templates};

const USAGE: &str = "usage: templates [cold-leads | reply-triage | content-brief] [--reject]";

/// More steps than any template plays.
const ALL: u32 = 10_000;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let approves = !args.iter().any(|arg| arg == "--reject");
    args.retain(|arg| arg != "--reject");
    let name = args.first().map_or("cold-leads", String::as_str);
    let Some(template) = templates::all().into_iter().find(|template| template.score.id.as_str() == name)
    else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };

    let builder = office::all().into_iter().fold(Maestro::builder(MemoryStore::new()), Builder::skill);
    let (builder, fake) = models::connect(builder).await?;
    let maestro = builder.build().await?;
    let workspace = maestro.default_workspace();
    let run = play(&workspace, template, approves).await?;
    let steps = workspace.steps(run.id, &StepQuery::default(), ALL).await?;
    maestro.shutdown(Duration::from_secs(1)).await;

    show(&run, &steps);
    let Some(fake) = fake else { return Ok(code(run.status.is_good())) };
    let billed = fake.billed();
    let same = run.totals.cost() == Some(billed.cost) && run.totals.tokens() == billed.tokens;
    println!(
        "the provider counted {} calls, {} tokens and {} nano-dollars: {}",
        billed.calls,
        billed.tokens,
        billed.cost.nanos(),
        if same { "the same" } else { "NOT THE SAME" }
    );
    Ok(code(run.status.is_good() && same))
}

fn code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a template to its end, in place of the person whom it asks.
async fn play(workspace: &Workspace, template: ScoreTemplate, approves: bool) -> Result<Run, maestro::Error> {
    let score = workspace.ensure_template(&template).await?;
    let orchestra = workspace.ensure_orchestra(NewOrchestra::new(&score.name, &score.id)).await?;
    let run = workspace.run_now(&orchestra.id).input(template.input).by_hand().await?;
    let (clock, actor) = (SystemClock::new(), Actor::new("the example"));
    loop {
        let found = workspace.run(run.id()).await?;
        if found.status.is_final() {
            return Ok(found);
        }
        let steps = workspace.steps(run.id(), &StepQuery::default(), ALL).await?;
        let asks = |step: &&RunStep| step.kind == StepKind::Approval && step.status == StepStatus::Waiting;
        if let Some(step) = steps.iter().find(asks) {
            let note = Some("said by the example".to_owned());
            match approves {
                true => workspace.approve(run.id(), &step.key, note, None, &actor).await?,
                false => workspace.reject(run.id(), &step.key, note, None, &actor).await?,
            }
        }
        clock.sleep(Duration::from_millis(20)).await;
    }
}

fn show(run: &Run, steps: &[RunStep]) {
    println!("{:<22} {:<12} {:<18} {:>8} {:>8} {:>11}", "step", "status", "what", "ms", "tokens", "cost");
    let mut steps: Vec<_> = steps.iter().collect();
    steps.sort_by_key(|step| (step.seq, step.finished_at));
    for step in steps {
        let span = step.finished_at.zip(step.started_at).map(|(end, start)| (end - start).num_milliseconds());
        let tokens = step.usage.as_ref().map(|usage| {
            let kinds = [usage.input, usage.output, usage.cache_read, usage.cache_write];
            kinds.into_iter().flatten().sum::<u64>()
        });
        println!(
            "{:<22} {:<12} {:<18} {:>8} {:>8} {:>11}",
            step.key.as_str(),
            step.status.name(),
            step.tool_name.as_deref().unwrap_or(step.kind.name()),
            or_blank(span),
            or_blank(tokens),
            or_blank(step.cost.map(dollars)),
        );
    }
    println!("\n{} after {} ms", run.status, or_blank(run.duration_ms()));
    if let Some(line) = &run.output {
        println!("{line}");
    }
    if let Some(error) = &run.error {
        println!("{}: {}", error.code, error.message);
    }
}

fn or_blank(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Writes money as far as it goes: `$0.0063`.
fn dollars(money: Money) -> String {
    let nanos = money.nanos();
    let text = format!("${}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
