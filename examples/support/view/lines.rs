//! A run told in lines, one for each event: for pipes and logs.

use chrono::{DateTime, TimeDelta, Utc};
use maestro::domain::Totals;
use maestro::{Run, RunStatus, RunStep, Score};

use super::{
    Out,
    words::{self, Mark},
};

pub(crate) struct Lines {
    /// What is written once, before all else.
    title: Option<String>,
    status: Option<RunStatus>,
    /// How far the run was at the last event.
    at: TimeDelta,
}

impl Lines {
    pub(super) fn of(score: &Score) -> Self {
        let title = format!("{} · {} nodes", words::cut(&score.name, 100), score.nodes.len());
        Self { title: Some(title), status: None, at: TimeDelta::zero() }
    }

    pub(super) fn show(&mut self, run: &Run, news: &[RunStep], out: &mut Out) {
        if let Some(title) = self.title.take() {
            out.write(&(title + "\n"));
        }
        for step in news {
            self.tell(run, step, out);
        }
        if self.status.replace(run.status) != Some(run.status) && !run.status.is_final() {
            let Mark { sign, word, .. } = words::of_run(run.status);
            out.write(&format!("{} {sign} {word:<10} run {}\n", offset(self.at), run.id));
        }
    }

    fn tell(&mut self, run: &Run, step: &RunStep, out: &mut Out) {
        let since = |at: DateTime<Utc>| at - run.started_at.unwrap_or(run.queued_at);
        self.at = step.finished_at.or(step.started_at).map_or(self.at, since);
        let Mark { sign, word, .. } = words::of_step(step);
        let mut line = format!("{} {sign} {word:<10} {}", offset(self.at), step.key);
        if step.attempt > 1 {
            line += &format!(", try {}", step.attempt);
        }
        if let Some((from, until)) = step.started_at.zip(step.finished_at) {
            line += &format!(", {}", words::span(until - from));
        }
        if let Some(usage) = &step.usage {
            let mut totals = Totals::default();
            totals.add(usage, step.cost);
            line += &words::bill(&totals);
        }
        if let Some(error) = &step.error {
            line += &format!(" · {}: {}", words::cut(&error.code, 64), words::cut(&error.message, 400));
        }
        if let (Some(resume), Some(ended)) = (step.resume_at, step.finished_at) {
            line += &format!(" · again in {}", words::span(resume - ended));
        }
        out.write(&(line + "\n"));
    }
}

fn offset(at: TimeDelta) -> String {
    let ms = at.num_milliseconds();
    format!("{:>5}.{:03} s", ms / 1_000, ms % 1_000)
}
