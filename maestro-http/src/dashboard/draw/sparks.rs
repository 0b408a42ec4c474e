//! Small drawings beside numbers.

use super::shapes::Percent;
use crate::dashboard::markup::Markup;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;

/// Draws amounts as bars, the last in accent.
pub(crate) fn bars(amounts: &[f64]) -> Markup {
    let mut out = Markup::new();
    let most = amounts.iter().copied().fold(0.0, f64::max);
    let step = WIDTH / amounts.len().max(1) as f64;
    out.raw(
        r#"<svg class="spark" viewBox="0 0 120 28" preserveAspectRatio="xMinYMax meet" aria-hidden="true">"#,
    );
    for (index, amount) in amounts.iter().enumerate() {
        let height = if most > 0.0 { (amount / most * HEIGHT).max(1.0) } else { 1.0 };
        let class = if index + 1 == amounts.len() { r#" class="last""# } else { "" };
        let (x, y, width) = (index as f64 * step, HEIGHT - height, (step - 1.0).max(1.0));
        out.raw(format_args!(
            r#"<rect{class} x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        ));
    }
    out.raw("</svg>");
    out
}

/// Draws values as a line with its last point in accent. Values that are not known are left out.
pub(crate) fn line(values: &[Option<f64>]) -> Markup {
    let mut out = Markup::new();
    let known = || values.iter().flatten().copied();
    let (least, most) = (known().fold(f64::MAX, f64::min), known().fold(f64::MIN, f64::max));
    if known().count() < 2 {
        return out;
    }
    let step = WIDTH / (values.len() - 1) as f64;
    let y = |value: f64| if most > least { 25.0 - (value - least) / (most - least) * 22.0 } else { 14.0 };
    let points =
        values.iter().enumerate().filter_map(|(index, value)| Some((index as f64 * step, y((*value)?))));
    out.raw(r#"<svg class="spark" viewBox="0 0 120 28" preserveAspectRatio="xMinYMid meet" aria-hidden="true"><polyline points=""#);
    let mut last = (0.0, 0.0);
    for (x, y) in points {
        out.raw(format_args!("{x:.1},{y:.1} "));
        last = (x, y);
    }
    out.raw(format_args!(r#""/><circle cx="{:.1}" cy="{:.1}" r="2.5"/></svg>"#, last.0, last.1));
    out
}

/// Draws a share of a whole.
pub(crate) fn meter(share: f64) -> Markup {
    let mut out = Markup::new();
    let share = Percent((share * 100.0).clamp(0.0, 100.0));
    out.raw(format_args!(
        r#"<svg class="meter" aria-hidden="true"><rect width="100%" height="6" rx="3"/><rect width="{share}" height="6" rx="3"/></svg>"#
    ));
    out
}
