//! One node's line of the timeline.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use maestro::RunStep;
use maestro::domain::{Node, StepStatus, Totals};

use super::{
    super::words::{self, Mark},
    cells_of, paint,
};

const LABEL: usize = 36; // characters
const BAR: i64 = 30; // characters

pub(super) struct Lane {
    id: String,
    label: String,
    is_loop: bool,
    mark: Mark,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    tries: u32,
    /// The iterations of a loop that began, each with whether a step in it failed for good.
    iterations: BTreeMap<u32, bool>,
    totals: Totals,
    error: Option<String>,
}

impl Lane {
    pub(super) fn of(node: &Node) -> Self {
        Self {
            id: node.id.to_string(),
            label: words::cut(node.label.as_deref().unwrap_or(node.id.as_str()), LABEL),
            is_loop: node.kind.is_loop(),
            mark: words::PENDING,
            from: None,
            until: None,
            tries: 0,
            iterations: BTreeMap::new(),
            totals: Totals::default(),
            error: None,
        }
    }

    pub(super) fn is_of(&self, node: &str) -> bool {
        self.id == node
    }

    pub(super) fn has_begun(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }

    /// Takes a step of the node, or of its loop's body, that is new or changed.
    pub(super) fn take(&mut self, step: &RunStep) {
        if step.status.is_final()
            && let Some(usage) = &step.usage
        {
            self.totals.add(usage, step.cost);
        }
        let began = step.started_at.or(step.finished_at);
        self.from = self.from.into_iter().chain(began).min();
        if step.key.as_str() != self.id {
            return self.take_iteration(step);
        }
        self.mark = words::of_step(step);
        self.tries = step.attempt;
        self.until = step.finished_at.filter(|_| !step.is_retried());
        self.error =
            step.error.as_ref().map(|error| words::cut(&format!("{}: {}", error.code, error.message), 60));
    }

    fn take_iteration(&mut self, step: &RunStep) {
        let index = step.key.as_str().split('.').nth(1).and_then(|index| index.parse().ok());
        if let (true, Some(index)) = (self.is_loop, index) {
            let failed = step.status == StepStatus::Failed && !step.is_retried();
            *self.iterations.entry(index).or_default() |= failed;
        }
        if self.mark.word == words::PENDING.word {
            self.mark = words::RUNNING; // the row of the loop itself may come only at its end
        }
    }

    pub(super) fn line(&self, run_from: DateTime<Utc>, now: DateTime<Utc>, colours: bool) -> String {
        let Mark { sign, word, colour } = self.mark;
        let status = paint(colours, colour, &format!("{sign} {word:<9}"));
        let bar = paint(colours, colour, &self.bar(run_from, now));
        let mut line = format!("{status} {:<LABEL$} {bar}", self.label);
        if let Some(from) = self.from {
            line += &format!(" {:>8}", words::span(self.until.unwrap_or(now) - from));
        }
        if self.tries > 1 {
            line += &format!(" · try {}", self.tries);
        }
        if !self.iterations.is_empty() {
            line += &format!(" · {} iterations", self.iterations.len());
            match self.iterations.values().filter(|failed| **failed).count() {
                0 => {}
                failed => line += &format!(", {failed} with failures"),
            }
        }
        line += &words::bill(&self.totals);
        match &self.error {
            Some(error) => line + " · " + error,
            None => line,
        }
    }

    /// Draws when in the run the node was at work.
    fn bar(&self, run_from: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let Some(from) = self.from else { return " ".repeat(BAR as usize) };
        let begin = cells_of(from, run_from, now, BAR).min(BAR - 1);
        let end = cells_of(self.until.unwrap_or(now), run_from, now, BAR).max(begin + 1);
        let cell = |at| if (begin..end).contains(&at) { '━' } else { ' ' };
        (0..BAR).map(cell).collect()
    }
}
