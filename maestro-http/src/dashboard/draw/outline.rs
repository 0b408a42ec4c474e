//! The outline of a run: what its nodes did when, small enough to keep for as long as the run does not change.

use chrono::{DateTime, Utc};
use maestro_core::domain::{RunStep, StepKind, StepStatus};

use crate::dashboard::words::{self, Look};

/// What the nodes of a run did, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    pub(crate) segments: Vec<Segment>,
}

/// One stretch of time that belongs to a node.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) part: Part,
    pub(crate) from: DateTime<Utc>,
    /// `None` while it lasts.
    pub(crate) until: Option<DateTime<Utc>>,
    /// What is said of it besides its name and length.
    pub(crate) note: String,
}

/// What is done in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Work(Look),
    FailedTry,
    Wait,
}

impl Outline {
    /// Makes the outline of the tries of nodes, whatever their order.
    pub(crate) fn of<'a>(steps: impl IntoIterator<Item = &'a RunStep>) -> Self {
        let mut segments: Vec<_> = steps.into_iter().flat_map(Segment::of).collect();
        segments.sort_by(|a, b| (a.from, &a.name).cmp(&(b.from, &b.name)));
        Self { segments }
    }

    /// Returns when something was done; what still goes on ends at `now`.
    pub(crate) fn work(
        &self,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let work = self.segments.iter().filter(|segment| segment.part != Part::Wait);
        work.map(move |segment| (segment.from, segment.until.unwrap_or(now)))
    }
}

impl Segment {
    /// Returns what one try did: at most a stretch of work and a wait.
    pub(crate) fn of(step: &RunStep) -> impl Iterator<Item = Self> {
        let name = step.key.split().1.to_owned();
        let segment = |part, from, until, note: &str| Self {
            name: name.clone(),
            part,
            from,
            until,
            note: note.to_owned(),
        };
        let waits = matches!(step.kind, StepKind::Approval | StepKind::Delay);
        let work = Part::Work(Look::of_step(step.kind));
        let message = step.error.as_ref().map_or("", |error| error.message.as_str());
        let first = step.started_at.map(|from| match step.status {
            _ if waits => {
                let note = if step.kind == StepKind::Approval { "waits for a person" } else { "waits" };
                segment(Part::Wait, from, step.finished_at, note)
            }
            StepStatus::Failed => segment(Part::FailedTry, from, step.finished_at, message),
            StepStatus::Unknown => {
                segment(Part::FailedTry, from, step.finished_at.or(Some(from)), "outcome unknown")
            }
            StepStatus::Cancelled => segment(work, from, step.finished_at.or(Some(from)), "cancelled"),
            StepStatus::Running | StepStatus::Waiting | StepStatus::Succeeded | StepStatus::Skipped => {
                segment(work, from, step.finished_at, "")
            }
        });
        let second = match (step.status, step.started_at, step.finished_at) {
            (StepStatus::Failed, _, Some(failed)) if !waits => {
                step.resume_at.map(|resume| segment(Part::Wait, failed, Some(resume), "waits to try again"))
            }
            (StepStatus::Unknown, Some(from), ended) => Some(segment(
                Part::Wait,
                ended.unwrap_or(from),
                None,
                "waits for a person to say what happened",
            )),
            _ => None,
        };
        first.into_iter().chain(second)
    }

    /// Says what it is, in words.
    pub(crate) fn title(&self, now: DateTime<Utc>) -> String {
        let took = words::span((self.until.unwrap_or(now) - self.from).num_milliseconds());
        let name = &self.name;
        let so_far = if self.until.is_none() { " so far" } else { "" };
        let note: String = self.note.chars().take(120).collect();
        match (self.part, note.is_empty()) {
            (Part::Work(_), true) => format!("{name} {took}{so_far}"),
            (Part::Work(_), false) => format!("{name} {took}, {note}"),
            (Part::FailedTry, true) => format!("{name} failed after {took}"),
            (Part::FailedTry, false) => format!("{name} failed after {took}: {note}"),
            (Part::Wait, _) => format!("{name} {note} {took}{so_far}"),
        }
    }
}
