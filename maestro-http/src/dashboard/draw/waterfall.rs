//! The waterfall of a run: a row for each node, its tries on one axis, its parts folded below it.

use chrono::{DateTime, Utc};
use maestro_core::domain::{Money, Run, RunStep, StepStatus, Totals};

use super::{
    Axis, Outline, Part,
    outline::Segment,
    shapes::{Bar, Grows, Paint, Percent, bar, kind_mark, park, state_mark},
};
use crate::dashboard::{
    markup::Markup,
    words::{self, Look, Times},
};

/// Where the present stands in a run that is live, in per cent: what grows has room to grow.
const NOW: f64 = 97.0;
const LEAST: f64 = 0.9;

/// Draws the rows of one run.
pub(crate) struct Waterfall {
    times: Times,
    axis: Axis,
    /// Per cent for a millisecond of the axis.
    rate: f64,
    end: DateTime<Utc>,
    is_live: bool,
    /// The step that is looked at.
    selected: Option<(String, u32)>,
    /// What stands before the key in the address of a step.
    href: String,
}

/// A row with what lies within it.
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    pub(crate) note: String,
    /// Every try, the first one first.
    pub(crate) tries: Vec<&'a RunStep>,
    /// Rows within it, drawn already.
    pub(crate) parts: Markup,
    pub(crate) parts_open: bool,
    /// Tokens and money of what lies within it.
    pub(crate) totals: Totals,
    pub(crate) is_handled: bool,
}

impl Waterfall {
    /// Begins a waterfall: the axis is made of what the nodes of the run did.
    pub(crate) fn new(
        run: &Run,
        outline: &Outline,
        times: Times,
        selected: Option<(String, u32)>,
        href: String,
    ) -> Self {
        let begin = run.queued_at;
        let started = run.started_at.unwrap_or(times.now);
        let end = run.finished_at.unwrap_or(times.now).max(started);
        let active: f64 =
            outline.work(end).map(|(from, until)| (until - from).num_milliseconds() as f64).sum();
        let longest = (active / 5.0).max(2_000.0);
        let axis = Axis::new(begin, end, outline.work(end), (longest, (active / 12.0).max(400.0)));
        let is_live = !run.status.is_final();
        let whole = if is_live { NOW } else { 99.5 };
        let rate = whole / axis.length.max(1.0);
        Self { times, axis, rate, end, is_live, selected, href }
    }

    fn place(&self, at: DateTime<Utc>) -> f64 {
        self.axis.place(at) * self.rate
    }

    /// Draws the head: the seconds of the axis, as far as it is not broken before them.
    pub(crate) fn head(&self) -> Markup {
        let mut out = Markup::new();
        out.raw(r#"<li class="r cap" aria-hidden="true"><span class="name">Step</span><svg class="draw" height="32">"#);
        let step = nice(self.axis.length / 5.0);
        let marks: Vec<f64> =
            (0..8).map(|n| f64::from(n) * step).filter(|ms| ms * self.rate <= 100.0).collect();
        out.raw(r#"<defs><g id="wf-grid">"#);
        for ms in &marks {
            let x = Percent(ms * self.rate);
            out.raw(format_args!(r#"<line class="grid" x1="{x}" x2="{x}" y1="0" y2="32"/>"#));
        }
        if self.is_live {
            out.raw(format_args!(r#"<line class="now" x1="{NOW}%" x2="{NOW}%" y1="0" y2="32"/>"#));
        }
        out.raw("</g></defs>");
        let room = if self.is_live { 88.0 } else { 95.0 };
        for (index, ms) in marks.iter().enumerate().filter(|(_, ms)| *ms * self.rate < room) {
            let anchor = if index == 0 { "start" } else { "middle" };
            let narrow = if index % 2 == 0 { "" } else { r#" class="alt""# };
            let x = Percent(ms * self.rate);
            out.raw(format_args!(r#"<text x="{x}" y="20" text-anchor="{anchor}"{narrow}>"#));
            out.text(words::span(*ms as i64)).raw("</text>");
        }
        if self.is_live {
            out.raw(r#"<text class="nowtext" x="100%" y="20" text-anchor="end">now</text>"#);
        }
        out.raw(r#"</svg><span class="num">Time</span><span class="num x">Tokens</span><span class="num">Cost, ¢</span></li>"#);
        out
    }

    /// Draws what the run waited in the queue.
    pub(crate) fn queue(&self, run: &Run) -> Markup {
        let mut out = Markup::new();
        let until = run.started_at.unwrap_or(self.end);
        let took = words::span((until - run.queued_at).num_milliseconds());
        let title = format!("queued {took}");
        out.raw(r#"<li><div class="r"><span class="name">"#).raw(state_mark("queued"));
        out.raw(r#"<svg class="kind" aria-hidden="true"></svg><span>Queued</span></span>"#);
        self.begin_drawing(&mut out, &title);
        let (x, width) = (self.place(run.queued_at), self.place(until).max(LEAST));
        bar(
            &mut out,
            &Bar { x, width, y: 9.0, height: 14.0, paint: Paint::Queue, title: &title, grows: None },
        );
        out.raw(r#"</svg><span class="num">"#).text(took);
        out.raw(r#"</span><span class="num x">–</span><span class="num">–</span></div></li>"#);
        out
    }

    /// Draws a node that has not begun.
    pub(crate) fn not_begun(&self, name: &str, look: Look, note: &str) -> Markup {
        let mut out = Markup::new();
        out.raw(r#"<li><div class="r"><span class="name">"#).raw(state_mark("queued")).raw(kind_mark(look));
        out.raw(r#"<span class="faint">"#).text(name).raw("</span><small>").text(note).raw("</small></span>");
        self.begin_drawing(&mut out, "not begun");
        out.raw(r#"</svg><span class="num">–</span><span class="num x">–</span><span class="num">–</span></div></li>"#);
        out
    }

    /// Draws a row with its tries and, folded, its parts.
    pub(crate) fn row(&self, row: &Row<'_>) -> Markup {
        let mut out = Markup::new();
        let Some(last) = row.tries.last() else { return out };
        let is_selected = self.selected.as_ref().is_some_and(|(key, _)| key == last.key.as_str());
        let glyph = glyph_of(last, row.is_handled);
        out.raw(format_args!(
            r#"<li id="w-{0}"><div class="r{1}">"#,
            last.key,
            if is_selected { " sel" } else { "" }
        ));
        out.raw(r#"<span class="name">"#).raw(state_mark(glyph)).raw(kind_mark(Look::of_step(last.kind)));
        out.raw("<a href=\"").text(&self.href).text(last.key.as_str()).raw("#step\" data-row");
        if is_selected {
            out.raw(r#" aria-current="true""#);
        }
        out.raw(">").text(&row.name).raw("</a><small>").text(&row.note).raw(r#"</small><span class="vh">, "#);
        out.text(words::of_step(last.status).to_lowercase()).raw("</span></span>");
        self.drawing(&mut out, &row.tries);
        self.numbers(&mut out, row);
        out.raw("</div>");
        if last.status == StepStatus::Failed
            && let Some(error) = &last.error
        {
            let tries =
                if row.tries.len() > 1 { format!(" ({} tries)", row.tries.len()) } else { String::new() };
            let message: String = error.message.chars().take(300).collect();
            out.raw(r#"<p class="err">"#).text(&error.code).raw(": ").text(message).text(tries).raw("</p>");
        }
        self.parts(&mut out, row, last);
        out.raw("</li>");
        out
    }

    fn parts(&self, out: &mut Markup, row: &Row<'_>, last: &RunStep) {
        let tries = row.tries.len() > 1;
        if row.parts.is_empty() && !tries {
            return;
        }
        let open = if row.parts_open { " open" } else { "" };
        out.raw(format_args!(r#"<details{open} id="p-{}"><summary aria-label="Parts of "#, last.key))
            .text(&row.name);
        out.raw(r##""><svg class="tw" aria-hidden="true"><use href="#tw"/></svg></summary><ol>"##);
        if tries {
            row.tries.iter().for_each(|step| self.one_try(out, step));
        }
        out.raw(&row.parts).raw("</ol></details>");
    }

    fn one_try(&self, out: &mut Markup, step: &RunStep) {
        let note = match (&step.error, step.resume_at) {
            (Some(error), Some(_)) => format!("{}, tried again", error.code),
            (Some(error), None) => error.code.clone(),
            (None, _) => String::new(),
        };
        out.raw(r#"<li><div class="r"><span class="name">"#).raw(state_mark(glyph_of(step, false)));
        out.raw(r#"<svg class="kind" aria-hidden="true"></svg>"#);
        out.raw("<a href=\"").text(&self.href).text(step.key.as_str());
        out.raw(format_args!("&amp;try={0}#step\">Try {0}</a><small>", step.attempt)).text(note);
        out.raw(r#"</small><span class="vh">, "#)
            .text(words::of_step(step.status).to_lowercase())
            .raw("</span></span>");
        self.drawing(out, &[step]);
        out.raw(r#"<span class="num">"#).text(took(step, self.end));
        out.raw(r#"</span><span class="num x">–</span><span class="num">–</span></div></li>"#);
    }

    fn numbers(&self, out: &mut Markup, row: &Row<'_>) {
        let active: i64 = row.tries.iter().filter_map(|step| ms_of(step, self.end)).sum();
        let has_time = row.tries.iter().any(|step| step.started_at.is_some());
        let mut totals = row.totals.clone();
        for step in &row.tries {
            if step.is_billed() {
                totals.add(&step.usage.clone().unwrap_or_default(), step.cost);
            }
        }
        let time = if has_time { words::span(active) } else { "–".to_owned() };
        let tokens = if totals.tokens() > 0 { words::tokens(totals.tokens()) } else { "–".to_owned() };
        let cost = match (totals.has_unknown, totals.known) {
            (true, Money::ZERO) => "?".to_owned(),
            (true, known) => format!("≥ {}", words::cents(known)),
            (false, Money::ZERO) if totals.tokens() == 0 => "–".to_owned(),
            (false, known) => words::cents(known),
        };
        out.raw(r#"<span class="num">"#).text(time).raw(r#"</span><span class="num x">"#).text(tokens);
        out.raw(r#"</span><span class="num">"#).text(cost).raw("</span>");
    }

    fn begin_drawing(&self, out: &mut Markup, label: &str) {
        out.raw(r#"<svg class="draw" height="32" role="img" aria-label=""#).text(label);
        out.raw(r##""><use href="#wf-grid"/>"##);
    }

    fn drawing(&self, out: &mut Markup, tries: &[&RunStep]) {
        let segments: Vec<_> = tries.iter().flat_map(|step| Segment::of(step)).collect();
        let label = match segments.is_empty() {
            true => "not played".to_owned(),
            false => segments.iter().map(|segment| segment.title(self.end)).collect::<Vec<_>>().join(", "),
        };
        self.begin_drawing(out, &label.chars().take(400).collect::<String>());
        segments.iter().for_each(|segment| self.segment(out, segment));
        out.raw("</svg>");
    }

    fn segment(&self, out: &mut Markup, segment: &Segment) {
        let until = segment.until.unwrap_or(self.end);
        let (from, to, title) = (self.place(segment.from), self.place(until), segment.title(self.end));
        let paint = match segment.part {
            Part::Wait => {
                park(out, from, to.max(from + 0.5), 16.0, &title);
                // Where there is no room for a gap, the length stands over an unbroken line.
                if self.axis.is_broken_between(segment.from, until) && to - from > 5.0 {
                    let (gap, middle) = (Percent((from + to) / 2.0 - 0.7), Percent((from + to) / 2.0));
                    out.raw(format_args!(r#"<rect class="gap" x="{gap}" y="8" width="1.4%" height="16"/>"#));
                    let took = words::span((until - segment.from).num_milliseconds());
                    out.raw(format_args!(r#"<text x="{middle}" y="9" text-anchor="middle">{took}</text>"#));
                }
                if segment.until.is_none() && self.is_live {
                    let x = Percent(to);
                    out.raw(format_args!(r#"<svg x="{x}" y="10" width="1" height="12" overflow="visible"><path class="parkend" d="M0 1 5 6 0 11-5 6z"/></svg>"#));
                }
                return;
            }
            Part::Work(look) => Paint::Work(look),
            Part::FailedTry => Paint::FailedTry,
        };
        let grows = (segment.until.is_none() && self.is_live).then_some(Grows {
            since_ms: self.times.now.timestamp_millis(),
            per_second: self.rate * 1_000.0,
        });
        let (from, width) = (from.min(100.0 - LEAST), (to - from).max(LEAST));
        bar(out, &Bar { x: from, width, y: 9.0, height: 14.0, paint, title: &title, grows });
    }
}

fn glyph_of(step: &RunStep, is_handled: bool) -> &'static str {
    match step.status {
        StepStatus::Succeeded if is_handled => "completed",
        StepStatus::Failed if step.resume_at.is_some() => "waiting",
        status => status.name(),
    }
}

fn ms_of(step: &RunStep, end: DateTime<Utc>) -> Option<i64> {
    Some((step.finished_at.unwrap_or(end) - step.started_at?).num_milliseconds())
}

fn took(step: &RunStep, end: DateTime<Utc>) -> String {
    ms_of(step, end).map_or_else(|| "–".to_owned(), words::span)
}

/// Returns the next larger number that reads well on an axis.
fn nice(ms: f64) -> f64 {
    const STEPS: [f64; 22] = [
        10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3,
        1_800e3, 3_600e3, 7_200e3, 21_600e3, 43_200e3, 86_400e3,
    ];
    STEPS.into_iter().find(|step| *step >= ms).unwrap_or(ms.max(1.0))
}
