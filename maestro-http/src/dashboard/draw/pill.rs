//! Timeline pills: a run in one bar. Its segments are its steps; what it waited in the queue stands apart.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::domain::Run;

use super::{
    Axis, Outline, Part,
    outline::Segment,
    shapes::{Bar, Grows, Paint, bar, park},
};
use crate::dashboard::{markup::Markup, words};

/// How wide a wait is drawn, however long it was, in per cent.
const WAIT: f64 = 5.0;
/// The least width of a segment, in per cent: one that cannot be seen is worse than one that is too long.
const LEAST: f64 = 0.9;
/// Between the queue and the first step, in per cent.
const APART: f64 = 0.5;
/// Steps that play side by side get rows of their own, at most so many.
const ROWS: usize = 3;
const HEIGHT: f64 = 14.0;

/// The scale of all pills of a page, so that their lengths compare.
pub(crate) struct Scale {
    now: DateTime<Utc>,
    /// Per cent of the width for a millisecond.
    rate: f64,
    /// What the whole width stands for, in milliseconds.
    pub(crate) whole_ms: i64,
}

/// A run as its pill sees it.
struct Shape<'a> {
    queued_from: DateTime<Utc>,
    started: Option<DateTime<Utc>>,
    outline: &'a Outline,
    axis: Axis,
    is_live: bool,
}

impl<'a> Shape<'a> {
    fn of(run: &'a Run, outline: &'a Outline, now: DateTime<Utc>) -> Self {
        let begin = run.started_at.unwrap_or(now);
        let end = run.finished_at.unwrap_or(now).max(begin);
        let work = outline.work(end);
        // Between two steps the engine records and decides: only what is longer than that is a wait.
        let axis = Axis::new(begin, end, work, (1_500.0, 0.0));
        let is_live = !run.status.is_final();
        Self { queued_from: run.queued_at, started: run.started_at, outline, axis, is_live }
    }

    fn queue_ms(&self, now: DateTime<Utc>) -> f64 {
        (self.started.unwrap_or(now) - self.queued_from).num_milliseconds().max(0) as f64
    }
}

impl Scale {
    /// Finds the scale on which the runs of a page fit. One that took many times as long as most is cut.
    pub(crate) fn of<'r>(runs: impl IntoIterator<Item = (&'r Run, &'r Outline)>, now: DateTime<Utc>) -> Self {
        let lengths = runs.into_iter().map(|(run, outline)| {
            let shape = Shape::of(run, outline, now);
            // What waits take of the width is not there for the rest.
            let share = 1.0 - (shape.axis.breaks as f64 * WAIT + 5.0).min(60.0) / 100.0;
            (shape.queue_ms(now).min(4.0 * shape.axis.length.max(1_000.0)) + shape.axis.length) / share
        });
        let mut lengths: Vec<f64> = lengths.collect();
        lengths.sort_by(f64::total_cmp);
        let longest = lengths.last().copied().unwrap_or(0.0);
        let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0);
        let whole = if longest > 8.0 * usual { 4.0 * usual } else { longest }.max(100.0);
        Self { now, rate: 100.0 / whole, whole_ms: whole as i64 }
    }

    /// Draws the pill of a run.
    pub(crate) fn pill(&self, run: &Run, outline: &Outline) -> Markup {
        let shape = Shape::of(run, outline, self.now);
        let mut out = Markup::new();
        out.raw(r#"<svg class="pill" role="img" aria-label=""#).text(self.label(run, outline)).raw(r#"">"#);
        let begin = self.draw_queue(&mut out, &shape);
        let end = match shape.started {
            Some(_) => self.draw_steps(&mut out, &shape, begin),
            None => begin,
        };
        if shape.is_live && end <= 99.6 {
            let grows = match outline.segments.iter().any(|segment| segment.until.is_none())
                || run.started_at.is_none()
            {
                true => format!(
                    r#" data-tip="{}" data-rate="{:.5}""#,
                    self.now.timestamp_millis(),
                    self.rate * 1_000.0
                ),
                false => String::new(),
            };
            let x = super::shapes::Percent(end);
            out.raw(format_args!(r#"<rect class="tip" x="{x}" y="0" width="2" height="16"{grows}/>"#));
        } else if end > 99.6 {
            out.raw(r#"<svg x="100%" width="1" height="16" overflow="visible"><path class="slash" d="m-6 4 4 4-4 4"/></svg>"#);
        }
        out.raw("</svg>");
        out
    }

    /// Draws what the run waited in the queue, and returns where its first step begins.
    fn draw_queue(&self, out: &mut Markup, shape: &Shape<'_>) -> f64 {
        let ms = shape.queue_ms(self.now);
        let width = (ms * self.rate).clamp(0.6, 30.0);
        let title = format!("queued {}", words::span(ms as i64));
        bar(
            out,
            &Bar { x: 0.0, width, y: 1.0, height: HEIGHT, paint: Paint::Queue, title: &title, grows: None },
        );
        width + APART
    }

    /// Draws the steps from `begin` on, and returns where they end.
    fn draw_steps(&self, out: &mut Markup, shape: &Shape<'_>, begin: f64) -> f64 {
        let place = |at: DateTime<Utc>| begin + shape.axis.place(at) * self.rate;
        let rows = rows_of(&shape.outline.segments, self.now);
        let used = rows.iter().copied().max().map_or(1, |most| most + 1);
        let height = (HEIGHT - (used as f64 - 1.0)) / used as f64;
        let (mut shift, mut end) = (0.0, begin);
        for (segment, row) in shape.outline.segments.iter().zip(rows) {
            let until = segment.until.unwrap_or(self.now);
            let (from, title) = (place(segment.from) + shift, segment.title(self.now));
            if from > 100.0 {
                end = f64::max(end, 100.1);
                break;
            }
            if segment.part == Part::Wait {
                let is_long = shape.axis.is_broken_between(segment.from, until);
                let until = if is_long { from + WAIT } else { place(until) + shift };
                shift += if is_long { WAIT } else { 0.0 };
                park(out, from, until.min(100.0), 8.0, &title);
                end = end.max(until);
                continue;
            }
            let width = (place(until) + shift - from).max(LEAST);
            let grows = segment
                .until
                .is_none()
                .then_some(Grows { since_ms: self.now.timestamp_millis(), per_second: self.rate * 1_000.0 });
            let paint = match segment.part {
                Part::Work(look) => Paint::Work(look),
                _ => Paint::FailedTry,
            };
            let y = 1.0 + row as f64 * (height + 1.0);
            let shown = width.min(100.0 - from).max(0.3);
            bar(out, &Bar { x: from, width: shown, y, height, paint, title: &title, grows });
            end = end.max(from + width);
        }
        end
    }

    fn label(&self, run: &Run, outline: &Outline) -> String {
        const TOLD: usize = 12;
        let mut told = vec![words::of_run(run.status).to_owned()];
        told.extend(outline.segments.iter().take(TOLD).map(|segment| segment.title(self.now)));
        if outline.segments.len() > TOLD {
            told.push(format!("and {} more", outline.segments.len() - TOLD));
        }
        told.join(", ")
    }
}

/// Gives segments that overlap rows of their own, as long as there are rows.
fn rows_of(segments: &[Segment], now: DateTime<Utc>) -> Vec<usize> {
    let mut free_at = [DateTime::<Utc>::MIN_UTC; ROWS];
    let row_of = |segment: &Segment| {
        if segment.part == Part::Wait {
            return 0;
        }
        // Ends and beginnings of neighbours lie a few milliseconds apart or within each other.
        let from = segment.from + TimeDelta::milliseconds(5);
        let row = free_at.iter().position(|free| *free <= from).unwrap_or(ROWS - 1);
        free_at[row] = segment.until.unwrap_or(now);
        row
    };
    segments.iter().map(row_of).collect()
}
