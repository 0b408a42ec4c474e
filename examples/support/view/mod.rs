//! How a run is shown: drawn live, told in lines, or given as JSON.

mod json;
mod lines;
mod live;
mod out;
mod words;

use std::io;

use maestro::domain::Problems;
use maestro::{Run, RunStep, Score};

use self::{json::Derived, lines::Lines, live::Live};
pub(crate) use self::{out::Out, words::plain};

/// A run on its way to standard output.
pub(crate) struct View {
    way: Way,
    out: Out,
}

/// One of the ways to show a run.
enum Way {
    Json,
    Lines(Lines),
    Live(Live),
}

impl View {
    /// Shows nothing until the end, then everything.
    pub(crate) fn json() -> Self {
        Self::of(Way::Json)
    }

    /// Writes a line for each event.
    pub(crate) fn lines(score: &Score) -> Self {
        Self::of(Way::Lines(Lines::of(score)))
    }

    /// Draws the timeline again and again in the same place.
    pub(crate) fn live(score: &Score) -> Self {
        Self::of(Way::Live(Live::of(score)))
    }

    fn of(way: Way) -> Self {
        Self { way, out: Out::default() }
    }

    /// Shows how the run stands, and the steps that are new or changed.
    pub(crate) fn show(&mut self, run: &Run, news: &[RunStep]) {
        match &mut self.way {
            Way::Json => {}
            Way::Lines(lines) => lines.show(run, news, &mut self.out),
            Way::Live(live) => live.show(run, news, &mut self.out),
        }
    }

    /// Shows how the run ended. What rows leave out of their inputs stands in `derived`.
    pub(crate) fn end(&mut self, run: &Run, steps: Vec<RunStep>, derived: &Derived) {
        match &mut self.way {
            Way::Json => self.out.write(&json::text(run, steps, derived)),
            Way::Lines(_) => self.out.write(&words::end(run)),
            Way::Live(live) => {
                live.end(run, &mut self.out);
                self.out.write(&words::end(run));
            }
        }
    }

    /// Tells whether all of it was written.
    ///
    /// # Errors
    /// As [`Out::result`].
    pub(crate) fn result(self) -> io::Result<()> {
        self.out.result()
    }

    /// Waits until it is time to draw again; for ever where nothing is drawn.
    pub(crate) async fn tick(&self) {
        match &self.way {
            Way::Json | Way::Lines(_) => std::future::pending().await,
            Way::Live(live) => live.tick().await,
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
