//! A run as one JSON object.

use std::collections::BTreeMap;

use maestro::domain::{Money, RunId, StepKey};
use maestro::{Payload, Run, RunStep};
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

/// Inputs that rows leave out because they are the merge of outputs that stand in the record.
pub(crate) type Derived = BTreeMap<StepKey, Payload>;

/// Returns the text of that object, and a line break.
pub(super) fn text(run: &Run, steps: Vec<RunStep>, derived: &Derived) -> String {
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
