//! Lanes: the runs and slots of one orchestra over some hours.

use chrono::{DateTime, Utc};

use super::{
    shapes::Percent,
    strip::{Mark, Sign, sign},
};
use crate::dashboard::{markup::Markup, words::Times};

/// The hours that lanes show.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
}

impl Window {
    /// Returns where a moment stands, in per cent of the width.
    pub(crate) fn place(&self, at: DateTime<Utc>) -> f64 {
        let whole = (self.until - self.from).num_milliseconds().max(1) as f64;
        (at - self.from).num_milliseconds() as f64 / whole * 100.0
    }

    /// Draws the head of the lanes: the hours, and now.
    pub(crate) fn head(&self, times: &Times) -> Markup {
        let mut out = Markup::new();
        let now = self.place(times.now);
        out.raw(r#"<svg class="draw" height="34" aria-hidden="true">"#);
        let hours = (self.until - self.from).num_hours();
        let every = if hours > 30 { 6 } else { 2 };
        let marks: Vec<_> =
            (0..=hours).step_by(every).map(|hour| self.from + chrono::TimeDelta::hours(hour)).collect();
        for (index, at) in marks.iter().enumerate() {
            let x = self.place(*at);
            if (x - now).abs() < 7.0 || !(2.0..=97.5).contains(&x) {
                continue;
            }
            let narrow = if index % 2 == 0 { "" } else { r#" class="alt""# };
            let clock = times.zone.local(*at).format("%H:%M");
            out.raw(format_args!(
                r#"<text x="{}" y="22" text-anchor="middle"{narrow}>{clock}</text>"#,
                Percent(x)
            ));
        }
        let clock = times.zone.local(times.now).format("%H:%M");
        out.raw(format_args!(
            r#"<text class="nowtext" x="{}" y="22" text-anchor="middle">now {clock}</text>"#,
            Percent(now)
        ));
        out.raw(r#"<defs><g id="lane-grid">"#);
        for at in marks {
            let x = Percent(self.place(at));
            out.raw(format_args!(r#"<line class="grid" x1="{x}" x2="{x}" y1="0" y2="34"/>"#));
        }
        let now = Percent(now);
        out.raw(format_args!(r#"<line class="now" x1="{now}" x2="{now}" y1="0" y2="34"/></g></defs></svg>"#));
        out
    }
}

/// A run on a lane.
pub(crate) struct Played {
    pub(crate) sign: Sign,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    pub(crate) title: String,
    pub(crate) href: String,
}

/// What one orchestra did and will do.
#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) runs: Vec<Played>,
    pub(crate) marks: Vec<Mark>,
}

impl Lane {
    /// Draws the lane.
    pub(crate) fn draw(&self, window: &Window, label: &str) -> Markup {
        let mut out = Markup::new();
        out.raw(r#"<svg class="draw" height="34" role="group" aria-label=""#).text(label).raw(r#"">"#);
        out.raw(r##"<use href="#lane-grid"/><line class="base" x1="0" x2="100%" y1="17" y2="17"/>"##);
        for run in &self.runs {
            let from = window.place(run.from).max(0.0);
            let width = (window.place(run.until) - from).max(0.42);
            let (x, title) = (Percent(from), &run.title);
            out.raw("<a href=\"").text(&run.href).raw("\" aria-label=\"").text(title).raw("\">");
            match run.sign {
                Sign::Failed => {
                    out.raw(format_args!(r#"<svg x="{x}" width="1" height="34" overflow="visible"><title>"#));
                    out.text(title).raw(r#"</title><rect class="hit" x="-7" y="8" width="18" height="18"/>"#);
                    out.raw(r#"<path class="slash bad" d="m-3 12 9 10m0-10-9 10"/></svg>"#);
                }
                Sign::Waits => {
                    let end = Percent(from + width);
                    out.raw(format_args!(
                        r#"<rect class="bar-run" x="{x}" y="10" width="0.42%" height="14" rx="1.5"><title>"#
                    ));
                    out.text(title).raw("</title></rect>");
                    out.raw(format_args!(r#"<line class="park" x1="{x}" x2="{end}" y1="17" y2="17"/>"#));
                    out.raw(format_args!(r#"<svg x="{end}" y="11" width="1" height="12" overflow="visible"><path class="parkend" d="M0 1 5 6 0 11-5 6z"/></svg>"#));
                }
                played => {
                    let class = if played == Sign::Live { "bar-run" } else { "bar-ok" };
                    out.raw(format_args!(
                        r#"<rect class="{class}" x="{x}" y="10" width="{}" height="14" rx="1.5"><title>"#,
                        Percent(width)
                    ));
                    out.text(title).raw("</title></rect>");
                    if played == Sign::Partly {
                        out.raw(format_args!(r#"<rect class="badseg" fill="url(#p-bad)" x="{x}" y="19" width="0.42%" height="5"/>"#));
                    }
                }
            }
            out.raw("</a>");
        }
        for mark in &self.marks {
            out.raw(format_args!(
                r#"<svg x="{}" width="1" height="34" overflow="visible"><title>"#,
                Percent(mark.x)
            ));
            out.text(&mark.title).raw("</title>");
            sign(&mut out, mark.sign, 17.0);
            out.raw("</svg>");
        }
        out.raw("</svg>");
        out
    }
}
