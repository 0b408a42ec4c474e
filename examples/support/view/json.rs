//! A run as one JSON object.

use std::{collections::HashMap, sync::Arc};

use maestro::domain::play::{self, Plan, PlayedRun};
use maestro::domain::{Money, RunId, StepKey};
use maestro::{Payload, Run, RunStep, Score};
use serde::Serialize;

#[derive(Serialize)]
struct Shown<'a> {
    run: ShownRun<'a>,
    steps: Vec<ShownStep>,
}

/// A run with what follows from its fields.
#[derive(Serialize)]
struct ShownRun<'a> {
    #[serde(flatten)]
    run: &'a Run,
    duration_ms: Option<i64>,
    cost_cents: Option<Money>,
}

/// A step with what follows from its fields and its place.
#[derive(Serialize)]
struct ShownStep {
    run_id: RunId,
    #[serde(flatten)]
    step: RunStep,
    duration_ms: Option<i64>,
}

/// Returns the text of that object, and a line break.
pub(super) fn text<'a>(score: &Score, run: &Run, steps: impl Iterator<Item = &'a RunStep>) -> String {
    let steps: Vec<RunStep> = steps.cloned().collect();
    let derived = derived_inputs(score, run, &steps);
    let with_input = |step: RunStep| match (&step.input, step.started_at) {
        (None, Some(_)) => RunStep { input: derived.get(&step.key).cloned(), ..step },
        _ => step,
    };
    let shown_step = |step: RunStep| ShownStep {
        run_id: run.id,
        duration_ms: step
            .finished_at
            .zip(step.started_at)
            .map(|(end, start)| (end - start).num_milliseconds()),
        step: with_input(step),
    };
    let shown = Shown {
        run: ShownRun { run, duration_ms: run.duration_ms(), cost_cents: run.totals.cost() },
        steps: steps.into_iter().map(shown_step).collect(),
    };
    serde_json::to_string(&shown).expect("what was recorded is JSON") + "\n"
}

/// Returns the inputs that the record leaves out because they are the merge of outputs that stand in it.
fn derived_inputs(score: &Score, run: &Run, steps: &[RunStep]) -> HashMap<StepKey, Payload> {
    let (Ok(plan), Some(started_at)) = (Plan::new(Arc::new(score.clone())), run.started_at) else {
        return HashMap::new(); // it never began
    };
    let played = PlayedRun {
        workspace: run.workspace.clone(),
        orchestra_id: run.orchestra_id.clone(),
        run_id: run.id,
        score_id: run.score_id.clone(),
        score_version: run.score_version,
        agents: run.agents.clone(),
        trigger: run.trigger.clone(),
        input: run.input.clone(),
        queued_at: run.queued_at,
        started_at,
    };
    play::inputs(Arc::new(plan), played, steps.to_vec()).into_iter().collect()
}
