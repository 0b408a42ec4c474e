//! How a run is shown: drawn live, told in lines, or given as JSON.

mod json;
mod lines;
mod live;
mod words;

use maestro::domain::Problems;
use maestro::{Run, RunStep, Score};

pub(crate) use self::words::plain;
use self::{lines::Lines, live::Live};

/// One of the ways to show a run. Whoever reads may leave early: what cannot be written is dropped.
pub(crate) enum View {
    Json(Box<Score>),
    Lines(Lines),
    Live(Live),
}

impl View {
    /// Shows nothing until the end, then everything.
    pub(crate) fn json(score: &Score) -> Self {
        Self::Json(Box::new(score.clone()))
    }

    /// Writes a line for each event.
    pub(crate) fn lines(score: &Score) -> Self {
        Self::Lines(Lines::of(score))
    }

    /// Draws the timeline again and again in the same place.
    pub(crate) fn live(score: &Score) -> Self {
        Self::Live(Live::of(score))
    }

    /// Shows how the run stands, and the steps that are new or changed.
    pub(crate) fn show(&mut self, run: &Run, news: &[RunStep]) {
        match self {
            Self::Json(_) => {}
            Self::Lines(lines) => lines.show(run, news),
            Self::Live(live) => live.show(run, news),
        }
    }

    /// Shows how the run ended.
    pub(crate) fn end<'a>(&mut self, run: &Run, steps: impl Iterator<Item = &'a RunStep>) {
        match self {
            Self::Json(score) => json::print(score, run, steps),
            Self::Lines(_) => words::print_end(run),
            Self::Live(live) => {
                live.end(run);
                words::print_end(run);
            }
        }
    }

    /// Waits until it is time to draw again; for ever where nothing is drawn.
    pub(crate) async fn tick(&self) {
        match self {
            Self::Json(_) | Self::Lines(_) => std::future::pending().await,
            Self::Live(live) => live.tick().await,
        }
    }
}

/// Writes what is wrong with a score: where, what, why, and what to write instead.
pub(crate) fn problems(problems: &Problems) -> String {
    let lines = problems.iter().map(|problem| {
        let place = if problem.pointer.is_empty() { "(the whole score)" } else { &problem.pointer };
        format!("  {place}  {}: {}\n      fix: {}", problem.code, problem.message, problem.fix)
    });
    lines.collect::<Vec<_>>().join("\n")
}
