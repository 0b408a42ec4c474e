//! One step in full.

use maestro_core::{
    domain::{Payload, Run, RunId, RunStep, StepKey, StepKind, StepStatus},
    engine::Workspace,
    ports::store::StepQuery,
};
use serde_json::Value;

use crate::{
    dashboard::{json, markup::Markup, visit::Visit, words},
    problem::Problem,
};

/// The most tries of one step that are looked through.
const TRIES: u32 = 200;

/// A step as its panel shows it.
pub(crate) struct StepView {
    pub(crate) step: RunStep,
    pub(crate) tries: u32,
    pub(crate) title: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What a model said, where it is a turn.
    pub(crate) said: String,
    pub(crate) output: Option<Markup>,
    pub(crate) output_size: String,
    pub(crate) input: Option<Markup>,
    pub(crate) input_size: String,
    /// Whether the input is not on record, but follows from what is.
    pub(crate) is_derived: bool,
}

/// Returns a try of a step, the last one when none is named.
pub(super) async fn find(
    workspace: &Workspace,
    run: RunId,
    key: &StepKey,
    attempt: Option<u32>,
) -> Result<Option<RunStep>, Problem> {
    let mut query = StepQuery::default();
    query.prefix = Some(key.to_string());
    let found = workspace.steps(run, &query, TRIES).await?;
    let mut tries = found.into_iter().filter(|step| step.key == *key);
    Ok(match attempt {
        Some(attempt) => tries.find(|step| step.attempt == attempt),
        None => tries.last(),
    })
}

impl StepView {
    /// Reads a step; `None` where it has not begun.
    pub(super) async fn load(
        visit: &Visit,
        run: &Run,
        key: &StepKey,
        attempt: Option<u32>,
        of_run: &[RunStep],
    ) -> Result<Option<Self>, Problem> {
        let Some(last) = find(&visit.workspace, run.id, key, None).await? else { return Ok(None) };
        let tries = last.attempt;
        let step = match attempt {
            Some(attempt) if attempt != tries => find(&visit.workspace, run.id, key, Some(attempt)).await?,
            _ => Some(last),
        };
        let Some(mut step) = step else { return Ok(None) };
        let is_derived = step.input.is_none() && !key.as_str().contains('.');
        if is_derived {
            step.input = visit.workspace.derived_inputs(run, of_run.to_vec()).await?.remove(key);
        }
        Ok(Some(Self::of(visit, step, tries, is_derived)))
    }

    fn of(visit: &Visit, step: RunStep, tries: u32, is_derived: bool) -> Self {
        let size = |value: &Option<Payload>| {
            value.as_ref().map_or_else(String::new, |value| words::bytes(value.size()))
        };
        Self {
            title: super::rows::name_of(&step, ""),
            facts: facts(visit, &step),
            said: said(&step),
            output: step.output.as_ref().map(json::of_payload),
            output_size: size(&step.output),
            input: step.input.as_ref().map(json::of_payload),
            input_size: size(&step.input),
            is_derived,
            tries,
            step,
        }
    }
}

fn facts(visit: &Visit, step: &RunStep) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Kind", step.kind.name().replace('_', " "))];
    match (&step.tool_name, step.kind) {
        (Some(tool), StepKind::Deterministic | StepKind::ToolCall) => facts.push(("Operation", tool.clone())),
        (Some(model), _) if step.model.is_none() => facts.push(("Model", model.clone())),
        _ => {}
    }
    if let Some(model) = &step.model {
        facts.push(("Model", model.clone()));
    }
    let times = visit.times;
    if let Some(started) = step.started_at {
        let until = step.finished_at.map_or_else(|| "now".to_owned(), |at| times.exact(at));
        facts.push(("Time", format!("{} – {until}", times.exact(started))));
    }
    if let (StepStatus::Failed, Some(resume)) = (step.status, step.resume_at) {
        facts.push(("Next try", words::ago(resume, times.now)));
    }
    if let Some(usage) = &step.usage {
        let told = |tokens: Option<u64>| tokens.map_or_else(|| "unknown".to_owned(), words::count);
        let mut tokens = format!("{} in, {} out", told(usage.input), told(usage.output));
        if let Some(cached) = usage.cache_read.filter(|cached| *cached > 0) {
            tokens.push_str(&format!(", {} from the cache", words::count(cached)));
        }
        facts.push(("Tokens", tokens));
    }
    if let Some(price) = &step.price {
        let dollars = |micros: u64| format!("${}.{:02}", micros / 1_000_000, micros / 10_000 % 100);
        facts.push((
            "Price",
            format!("{} in, {} out, per million", dollars(price.input), dollars(price.output)),
        ));
    }
    if step.is_billed() {
        let cost = step.cost.map_or_else(
            || "unknown: the model has no price".to_owned(),
            |cost| format!("{} ¢", words::cents(cost)),
        );
        facts.push(("Cost", cost));
    }
    if step.generation > 0 {
        facts.push(("Done anew", words::many(u64::from(step.generation), "time")));
    }
    facts
}

/// Returns the text of a model's answer.
fn said(step: &RunStep) -> String {
    if step.kind != StepKind::ModelTurn {
        return String::new();
    }
    let output = step.output.as_ref().and_then(|output| output.value().ok());
    let text = output.and_then(|value| value.get("text")).and_then(Value::as_str).unwrap_or_default();
    text.chars().take(20_000).collect()
}
