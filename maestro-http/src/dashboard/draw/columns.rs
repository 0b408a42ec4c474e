//! Columns: an amount for each day, on a scale of round numbers.

use super::shapes::Percent;
use crate::dashboard::markup::Markup;

const HEIGHT: f64 = 150.0;

/// Draws columns: what each is called, how high it is, its amount in words, and where it leads.
pub(crate) fn columns(bars: &[(String, f64, String, String)]) -> Markup {
    let mut out = Markup::new();
    let most = bars.iter().map(|(_, amount, ..)| *amount).fold(0.0, f64::max);
    let step = round(most / 4.0);
    let top = (most * 1.08).max(step);
    out.raw(r#"<svg class="draw" height="176" role="group" aria-label="Cost by day">"#);
    for line in 1..=4 {
        let amount = f64::from(line) * step;
        let y = HEIGHT - amount / top * HEIGHT;
        if y < 12.0 || most == 0.0 {
            break;
        }
        out.raw(format_args!(r#"<line class="grid" x1="0" x2="100%" y1="{y:.1}" y2="{y:.1}"/>"#));
        let (above, decimals) = (y - 4.0, if step < 1.0 { 2 } else { 0 });
        out.raw(format_args!(
            r#"<text x="100%" y="{above:.1}" text-anchor="end">${amount:.decimals$}</text>"#
        ));
    }
    let width = 96.0 / bars.len().max(1) as f64;
    let every = bars.len().div_ceil(8).max(1);
    for (index, (day, amount, words, href)) in bars.iter().enumerate() {
        let (x, height) = (width * index as f64, (amount / top * HEIGHT).max(1.0));
        let last = if index + 1 == bars.len() { " last" } else { "" };
        out.raw("<a href=\"")
            .text(href)
            .raw("\" aria-label=\"")
            .text(format_args!("{day}: {words}"))
            .raw("\"><title>");
        out.text(format_args!("{day}: {words}")).raw("</title>");
        let (at, whole) = (Percent(x), Percent(width));
        out.raw(format_args!(r#"<rect class="hit" x="{at}" y="0" width="{whole}" height="150"/>"#));
        let (at, inner, y) = (Percent(x + width * 0.2), Percent(width * 0.6), HEIGHT - height);
        out.raw(format_args!(
            r#"<rect class="bar{last}" x="{at}" y="{y:.1}" width="{inner}" height="{height:.1}" rx="1.5"/></a>"#
        ));
        if index % every == 0 {
            let (middle, narrow) =
                (Percent(x + width / 2.0), if index % (2 * every) == 0 { "" } else { r#" class="alt""# });
            let anchor = if index == 0 { "start" } else { "middle" };
            let middle = if index == 0 { Percent(0.0) } else { middle };
            out.raw(format_args!(r#"<text x="{middle}" y="168" text-anchor="{anchor}"{narrow}>"#))
                .text(day)
                .raw("</text>");
        }
    }
    out.raw(r#"<line class="base" x1="0" x2="96%" y1="150" y2="150"/></svg>"#);
    out
}

/// Returns the next larger number that reads well.
fn round(amount: f64) -> f64 {
    let mut unit = 0.01;
    while unit * 10.0 < amount {
        unit *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * unit).into_iter().find(|step| *step >= amount).unwrap_or(unit)
}
