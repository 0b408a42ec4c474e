//! The words and signs that the views share.

use chrono::TimeDelta;
use maestro::domain::{StepStatus, Totals};
use maestro::{Run, RunStatus, RunStep};

/// A sign, a word, and the colour of both as a terminal knows it.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) sign: char,
    pub(super) word: &'static str,
    pub(super) colour: u8,
}

const fn mark(sign: char, word: &'static str, colour: u8) -> Mark {
    Mark { sign, word, colour }
}

const GREEN: u8 = 32;
const RED: u8 = 31;
const YELLOW: u8 = 33;
const BLUE: u8 = 36;
const GREY: u8 = 90;

/// What has not begun.
pub(super) const PENDING: Mark = mark('·', "pending", GREY);

/// What is at work.
pub(super) const RUNNING: Mark = mark('▶', "running", BLUE);

/// Returns how a step stands.
pub(super) fn of_step(step: &RunStep) -> Mark {
    match step.status {
        StepStatus::Running => RUNNING,
        StepStatus::Waiting => mark('◷', "waiting", YELLOW),
        StepStatus::Succeeded => mark('✓', "succeeded", GREEN),
        StepStatus::Failed if step.is_retried() => mark('↻', "retrying", YELLOW),
        StepStatus::Failed => mark('✗', "failed", RED),
        StepStatus::Skipped => mark('○', "skipped", GREY),
        StepStatus::Cancelled => mark('■', "cancelled", YELLOW),
        StepStatus::Unknown => mark('?', "unknown", RED),
    }
}

/// Returns how a run stands.
pub(super) fn of_run(status: RunStatus) -> Mark {
    match status {
        RunStatus::Queued => PENDING,
        RunStatus::Running => RUNNING,
        RunStatus::Waiting => mark('◷', "waiting", YELLOW),
        RunStatus::Succeeded => mark('✓', "succeeded", GREEN),
        RunStatus::Completed => mark('✓', "completed", GREEN),
        RunStatus::Failed => mark('✗', "failed", RED),
        RunStatus::Cancelled => mark('■', "cancelled", YELLOW),
    }
}

/// Writes a span as people read it.
pub(super) fn span(span: TimeDelta) -> String {
    match span.num_milliseconds() {
        ms @ ..1_000 => format!("{ms} ms"),
        ms @ ..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        ms => format!("{} min {:02} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// Writes tokens and money, each led by a dot; nothing where no call was billed.
pub(super) fn bill(totals: &Totals) -> String {
    let cost = match totals.cost() {
        None => " · cost unknown".to_owned(),
        Some(cost) => format!(" · {cost}"),
    };
    match totals.tokens() {
        0 if !totals.has_unknown => String::new(),
        tokens @ ..1_000 => format!(" · {tokens} tokens{cost}"),
        tokens => format!(" · {}.{}K tokens{cost}", tokens / 1_000, tokens % 1_000 / 100),
    }
}

/// Leaves out what would move the cursor or change colours: texts come from scores, files and servers.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// Returns at most `most` characters of a text, on one line.
pub(super) fn cut(text: &str, most: usize) -> String {
    let line = plain(text).replace('\n', " ");
    match line.chars().count() > most {
        false => line,
        true => line.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// Tells how a run ended: its status, and the line that it has for people.
pub(super) fn end(run: &Run) -> String {
    let Mark { sign, word, .. } = of_run(run.status);
    let took =
        run.duration_ms().map(|ms| format!(" in {}", span(TimeDelta::milliseconds(ms)))).unwrap_or_default();
    let mut text = format!("{sign} run {word}{took}{}\n", bill(&run.totals));
    if let Some(error) = &run.error {
        text += &format!("  {}: {}\n", error.code, error.message);
    }
    if let Some(output) = &run.output {
        text += &format!("  {output}\n");
    }
    plain(&text)
}
