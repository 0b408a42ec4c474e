//! The schedule strip: past slots with what became of them, now, and the next.

use super::shapes::Percent;
use crate::dashboard::markup::Markup;

/// What became of a slot, as a sign that is told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It was played and went well.
    Played,
    /// It was played, and some of it failed.
    Partly,
    /// Its run plays.
    Live,
    /// Its run waits.
    Waits,
    /// Its run failed, or it could not be played.
    Failed,
    /// A run was live.
    Skipped,
    /// It was missed or folded into another.
    Missed,
    /// The orchestra was disabled.
    Disabled,
    /// It is to come.
    Next,
}

/// One slot on a strip or a lane.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) sign: Sign,
    /// Where, in per cent.
    pub(crate) x: f64,
    /// The time as clocks show it.
    pub(crate) clock: String,
    /// What became of it, in full.
    pub(crate) title: String,
    /// What became of it, in a word, where it is worth one.
    pub(crate) word: &'static str,
    /// Where its run is.
    pub(crate) href: Option<String>,
}

/// Draws a sign around the middle of a line at `y`.
pub(super) fn sign(out: &mut Markup, sign: Sign, y: f64) {
    let (above, below) = (y - 9.0, y + 2.0);
    match sign {
        Sign::Played => out.raw(format_args!(r#"<rect class="bar-ok" x="-4" y="{above}" width="8" height="18" rx="2"/>"#)),
        Sign::Partly => out.raw(format_args!(
            r#"<rect class="bar-ok" x="-4" y="{above}" width="8" height="10" rx="2"/><rect class="badseg" fill="url(#p-bad)" x="-3.5" y="{below}" width="7" height="7" rx="1"/>"#
        )),
        Sign::Live => out.raw(format_args!(r#"<rect class="bar-run" x="-4" y="{above}" width="8" height="18" rx="2"/>"#)),
        Sign::Waits => out.raw(format_args!(r#"<path class="parkend" d="M0 {above} 9 {y} 0 {} -9 {y}z"/>"#, y + 9.0)),
        Sign::Failed => out.raw(format_args!(r#"<path class="slash bad" d="m-5 {} 10 10m0-10-10 10"/>"#, y - 5.0)),
        Sign::Skipped => out.raw(format_args!(
            r#"<circle class="hollow" cy="{y}" r="6"/><path class="slash" d="M-4 {} 4 {}"/>"#,
            y + 4.0,
            y - 4.0
        )),
        Sign::Missed => out.raw(format_args!(r#"<circle class="hollow dash" cy="{y}" r="5.5"/>"#)),
        Sign::Disabled => out.raw(format_args!(
            r#"<circle class="hollow" cy="{y}" r="5.5"/><path class="slash" d="M-2.6 {y}h5.2"/>"#
        )),
        Sign::Next => out.raw(format_args!(r#"<circle class="hollow next" cy="{y}" r="4"/>"#)),
    };
}

/// Draws the strip. `now` is a place in per cent.
pub(crate) fn strip(marks: &[Mark], now: f64, label: &str) -> Markup {
    let mut out = Markup::new();
    out.raw(r#"<svg class="draw" height="86" role="group" aria-label=""#).text(label).raw(r#"">"#);
    out.raw(r#"<line class="base" x1="0" x2="100%" y1="26" y2="26"/>"#);
    // Labels that would run into each other are left out: one for every 9 % of the width.
    let mut labelled = f64::MIN;
    for (index, mark) in marks.iter().enumerate() {
        let x = Percent(mark.x);
        if let Some(href) = &mark.href {
            out.raw("<a href=\"").text(href).raw("\" aria-label=\"").text(&mark.title).raw("\">");
        }
        out.raw(format_args!(r#"<svg x="{x}" width="1" height="52" overflow="visible"><title>"#));
        out.text(&mark.title).raw("</title>");
        out.raw(r#"<rect class="hit" x="-12" y="10" width="24" height="32" rx="4"/>"#);
        sign(&mut out, mark.sign, 26.0);
        out.raw("</svg>");
        if mark.href.is_some() {
            out.raw("</a>");
        }
        if mark.x - labelled >= 7.5 && (3.0..=97.5).contains(&mark.x) {
            labelled = mark.x;
            let narrow = if index % 2 == 0 { "" } else { r#" class="alt""# };
            out.raw(format_args!(r#"<text x="{x}" y="66" text-anchor="middle"{narrow}>"#));
            out.text(&mark.clock).raw("</text>");
            if !mark.word.is_empty() {
                out.raw(format_args!(
                    r#"<text class="alt" x="{x}" y="80" text-anchor="middle">{}</text>"#,
                    mark.word
                ));
            }
        }
    }
    let now = Percent(now);
    out.raw(format_args!(r#"<line class="now" x1="{now}" x2="{now}" y1="6" y2="48"/>"#));
    out.raw(format_args!(r#"<text class="nowtext" x="{now}" y="2" text-anchor="middle">now</text></svg>"#));
    out
}
