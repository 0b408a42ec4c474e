//! A run as one JSON object.

use std::io::{self, Write};

use maestro::domain::{Money, RunId};
use maestro::{Run, RunStep};
use serde::Serialize;

#[derive(Serialize)]
struct Shown<'a> {
    run: ShownRun<'a>,
    steps: Vec<ShownStep<'a>>,
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
struct ShownStep<'a> {
    run_id: RunId,
    #[serde(flatten)]
    step: &'a RunStep,
    duration_ms: Option<i64>,
}

pub(super) fn print<'a>(run: &Run, steps: impl Iterator<Item = &'a RunStep>) {
    let shown_step = |step: &'a RunStep| ShownStep {
        run_id: run.id,
        step,
        duration_ms: step
            .finished_at
            .zip(step.started_at)
            .map(|(end, start)| (end - start).num_milliseconds()),
    };
    let shown = Shown {
        run: ShownRun { run, duration_ms: run.duration_ms(), cost_cents: run.totals.cost() },
        steps: steps.map(shown_step).collect(),
    };
    let text = serde_json::to_string(&shown).expect("what was recorded is JSON");
    let _ = writeln!(io::stdout(), "{text}");
}
