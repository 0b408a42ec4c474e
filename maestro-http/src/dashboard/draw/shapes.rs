//! Shapes that several drawings have.

use std::fmt;

use crate::dashboard::{markup::Markup, words::Look};

/// A length in per cent, as SVG has it.
#[derive(Clone, Copy)]
pub(super) struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0.clamp(-1_000.0, 1_000.0) * 100.0).round() as i64;
        let (sign, hundredths) = (if hundredths < 0 { "-" } else { "" }, hundredths.abs());
        match (hundredths / 100, hundredths % 100) {
            (whole, 0) => write!(f, "{sign}{whole}%"),
            (whole, part) if part % 10 == 0 => write!(f, "{sign}{whole}.{}%", part / 10),
            (whole, part) => write!(f, "{sign}{whole}.{part:02}%"),
        }
    }
}

/// A bar from one place to another.
pub(super) struct Bar<'a> {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) y: f64,
    pub(super) height: f64,
    pub(super) paint: Paint,
    pub(super) title: &'a str,
    /// Attributes that let a script make it grow.
    pub(super) grows: Option<Grows>,
}

/// How a bar grows: from a moment on, by so many per cent in a second.
#[derive(Clone, Copy)]
pub(super) struct Grows {
    pub(super) since_ms: i64,
    pub(super) per_second: f64,
}

/// How a bar is painted: by colour, and by a pattern that is told apart without it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Queue,
    Work(Look),
    FailedTry,
}

impl Paint {
    /// Returns the attributes: a pattern must be named in the document, a style sheet would look for it in itself.
    pub(super) const fn attributes(self) -> &'static str {
        match self {
            Self::Queue => r#"class="queue" fill="url(#p-queue)""#,
            Self::Work(Look::Deterministic) => r#"class="det""#,
            Self::Work(Look::Llm) => r#"class="llm-s" fill="url(#p-llm)""#,
            Self::Work(Look::Control) => r#"class="ctl-s" fill="url(#p-ctl)""#,
            Self::FailedTry => r#"class="badseg" fill="url(#p-bad)""#,
        }
    }

    /// Returns how round its corners are: square for functions, round for models, a pill for control.
    const fn radius(self, height: f64) -> f64 {
        match self {
            Self::Work(Look::Llm) => 4.0,
            Self::Work(Look::Control) => height / 2.0,
            Self::Queue | Self::Work(Look::Deterministic) | Self::FailedTry => 1.5,
        }
    }
}

pub(super) fn bar(out: &mut Markup, bar: &Bar<'_>) {
    let Bar { y, height, paint, .. } = bar;
    out.raw(format_args!(
        r#"<rect {} x="{}" y="{y}" width="{}" height="{height}" rx="{}""#,
        paint.attributes(),
        Percent(bar.x),
        Percent(bar.width),
        paint.radius(*height)
    ));
    if let Some(Grows { since_ms, per_second }) = bar.grows {
        out.raw(format_args!(r#" data-since="{since_ms}" data-rate="{per_second:.5}""#));
    }
    out.raw("><title>").text(bar.title).raw("</title></rect>");
}

/// Draws a wait: a line, however long it is.
pub(super) fn park(out: &mut Markup, from: f64, until: f64, y: f64, title: &str) {
    let (from, until) = (Percent(from), Percent(until));
    out.raw(format_args!(r#"<line class="park" x1="{from}" x2="{until}" y1="{y}" y2="{y}"><title>"#));
    out.text(title).raw("</title></line>");
}

/// Writes the glyph of a state.
pub(crate) fn state_mark(name: &str) -> Markup {
    let mut out = Markup::new();
    out.raw(format_args!(r##"<svg class="st {name}" aria-hidden="true"><use href="#s-{name}"/></svg>"##));
    out
}

/// Writes the small bar that stands for a kind.
pub(crate) fn kind_mark(look: Look) -> Markup {
    let paint = Paint::Work(look);
    let mut out = Markup::new();
    out.raw(format_args!(
        r#"<svg class="kind" aria-hidden="true"><rect {} x=".5" y=".5" width="15" height="9" rx="{}"/></svg>"#,
        paint.attributes(),
        paint.radius(9.0)
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_and_never_scientific() {
        let text = |number| Percent(number).to_string();
        assert_eq!(
            [0.0, 12.0, 37.5, 0.9, 66.666, -0.5].map(text),
            ["0%", "12%", "37.5%", "0.9%", "66.67%", "-0.5%"]
        );
        assert_eq!(text(f64::NAN), "0%");
        assert_eq!(text(1e300), "1000%");
    }
}
